import os
import signal


def _ignore(number, frame):
    CAUGHT.append(number)


CAUGHT = []


def with_handler():
    before = signal.signal(signal.SIGUSR2, _ignore)
    os.kill(os.getpid(), signal.SIGUSR2)
    signal.signal(signal.SIGUSR2, before)  # mutate: signal.signal(signal.SIGUSR2, before) => pass [survived]
    return bool(CAUGHT)  # mutate: bool(CAUGHT) => not CAUGHT [killed]


def default():
    return signal.getsignal(signal.SIGUSR2) is signal.SIG_DFL  # mutate: is signal.SIG_DFL => is not signal.SIG_DFL [killed]
