import os


def with_flag():
    os.environ["STATE_FLAG"] = "1"
    shown = os.environ["STATE_FLAG"]
    del os.environ["STATE_FLAG"]  # mutate: del os.environ["STATE_FLAG"] => pass [survived]
    return shown


def in_folder(path):
    before = os.getcwd()
    os.chdir(path)
    here = os.getcwd()
    os.chdir(before)  # mutate: os.chdir(before) => pass [survived]
    return here


def price(n):
    if "STATE_FLAG" in os.environ:
        return n
    return n + 0 * n  # mutate: n + 0 * n => n + 1 [killed]


def relative():
    return os.path.exists("environment.py")  # mutate: "environment.py" => "no such file" [killed]
