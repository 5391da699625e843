SEEN = {}


def remember(key):
    SEEN[key] = len(key)  # mutate: len(key) => len(key) + 1 [killed] ;; SEEN[key] = len(key) => pass [killed]
    return SEEN.pop(key)  # mutate: SEEN.pop(key) => SEEN[key] [survived]


def size(key):
    if key in SEEN:
        return SEEN[key]
    return len(key)  # mutate: len(key) => 7 [killed] ;; len(key) => len(key) * 1 [survived]
