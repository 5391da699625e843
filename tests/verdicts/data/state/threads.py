import threading
import time

STOP = threading.Event()
LEVEL = [1]


def start():
    STOP.clear()
    thread = threading.Thread(target=_loop, daemon=True)
    thread.start()
    STOP.set()  # mutate: STOP.set() => pass [survived]
    if STOP.is_set():
        thread.join()
    LEVEL[0] = 1
    return thread.ident is not None


def _loop():
    while not STOP.wait(0.001):
        LEVEL[0] = 2


def level():
    time.sleep(0.005)
    return LEVEL[0]  # mutate: LEVEL[0] => LEVEL[0] + 1 [killed] ;; LEVEL[0] => 1 [survived]
