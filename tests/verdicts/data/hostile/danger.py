import ctypes
import os
import sys
import threading

LOCK = threading.Lock()


def count_down(n):
    while n > 0:
        n -= 1  # mutate: n -= 1 => n += 1 [timeout] ;; n -= 1 => n -= 2 [killed]
    return n


def add(a, b):
    return a + b  # mutate: a + b => a - b [killed] ;; a + b => b + a [survived]


def leave(n):
    if n > 5:  # mutate: n > 5 => n > 0 [broken]
        os._exit(0)
    return n


def fail_hard(n):
    if n > 5:  # mutate: n > 5 => n > 0 [broken]
        ctypes.string_at(0)
    return n


def raise_exit(n):
    if n > 5:  # mutate: n > 5 => n > 0 [killed]
        sys.exit(0)
    return n


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)  # mutate: n - 1 => n [detected] ;; n == 0 => n <= 0 [survived]


def locked():
    LOCK.acquire()
    LOCK.release()  # mutate: LOCK.release() => LOCK.acquire() [timeout]
    return True


def grow(n):
    things = [0]
    while len(things) < n:  # mutate: len(things) < n => things [detected]
        things.extend([0] * len(things))
    return len(things)


def stop(n):
    if n > 5:  # mutate: n > 5 => n > 0 [broken]
        os.kill(os.getpid(), 9)
    return n


def multiply(a, b):
    return a * b  # mutate: a * b => a / b [killed] ;; a * b => b * a [survived]
