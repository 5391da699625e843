total = 0


class Account:
    opened = 0
    names = []

    def open(self, name):
        Account.opened += 1
        self.names.append(name)
        return name

    def close(self):
        Account.opened -= 1  # mutate: -= 1 => += 1 [killed] ;; -= 1 => -= 0 [killed]
        self.names.clear()  # mutate: self.names.clear() => pass [survived]


def add(n):
    global total
    total += n
    result = total
    total = 0  # mutate: total = 0 => total = 1 [survived]
    return result


def fresh():
    return total == 0  # mutate: == 0 => != 0 [killed]


def free_names():
    return len(Account.names) == 0  # mutate: == 0 => >= 0 [survived] ;; == 0 => < 0 [killed]
