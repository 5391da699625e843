"""What no unit test has any business using, by name, and which modules of the standard library are ordinary."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_llmgen.vet.known import words

_PROCESS = "it starts or ends processes: test the project's function with a stand-in instead"
_DYNAMIC = "it runs code made of strings or loaded by name: write the code out"
_NATIVE = "it reaches below Python"
_INTERPRETER = "it changes the interpreter for all other tests: use monkeypatch on the project's own names"
_FILES = "it works on files outside tmp_path: use tmp_path and pathlib"

MODULES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        (
            "multiprocessing",
            "concurrent.futures.process",
            "psutil",
            "distutils",
            "pty",
            "posix",
            "nt",
            "popen2",
            "venv",
            "ensurepip",
            "pip",
            "webbrowser",
            "asyncio.subprocess",
            "antigravity",
            "turtle",
            "tkinter",
            "curses",
        ),
        ("starts-process", _PROCESS),
    ),
    **dict.fromkeys(
        (
            "importlib",
            "imp",
            "runpy",
            "pkgutil",
            "code",
            "codeop",
            "builtins",
            "pydoc",
            "zipimport",
            "pdb",
            "bdb",
            "trace",
            "cProfile",
            "profile",
            "doctest",
            "timeit",
            "logging.config",
            "symtable",
            "compileall",
            "py_compile",
            "modulefinder",
            "zipapp",
            "sqlite3.dump",
            "_frozen_importlib",
            "annotationlib",
            "lib2to3",
            "idlelib",
        ),
        ("dynamic-code", _DYNAMIC),
    ),
    **dict.fromkeys(
        (
            "ctypes",
            "cffi",
            "mmap",
            "fcntl",
            "resource",
            "termios",
            "tty",
            "winreg",
            "msvcrt",
            "marshal",
            "readline",
            "syslog",
            "nis",
            "spwd",
            "grp",
            "crypt",
        ),
        ("native-code", _NATIVE),
    ),
    **dict.fromkeys(
        ("atexit", "site", "faulthandler", "tracemalloc", "sitecustomize", "usercustomize"),
        ("interpreter-state", _INTERPRETER),
    ),
    **dict.fromkeys(
        (
            *("ftplib", "smtplib", "smtpd", "telnetlib", "poplib", "imaplib", "nntplib", "xmlrpc", "socketserver"),
            *("urllib.robotparser", "asyncore", "asynchat"),
        ),
        ("network", "it talks to a network service: use a stand-in"),
    ),
}
PARTIAL: Mapping[str, tuple[frozenset[str], str, str]] = {
    "subprocess": (
        words("CompletedProcess CalledProcessError TimeoutExpired SubprocessError PIPE DEVNULL STDOUT"),
        "starts-process",
        _PROCESS,
    ),
    "logging.handlers": (
        words(
            "RotatingFileHandler TimedRotatingFileHandler WatchedFileHandler MemoryHandler BufferingHandler "
            "QueueHandler QueueListener"
        ),
        "network",
        "it sends records away",
    ),
    "os": (
        words(
            "altsep curdir devnull environ extsep fsdecode fsencode fspath get_terminal_size getcwd getenv getpid "
            "linesep listdir lstat mkdir makedirs name pardir path pathsep PathLike DirEntry scandir sep stat "
            "strerror stat_result urandom walk cpu_count access R_OK W_OK X_OK F_OK error remove unlink rmdir "
            "removedirs rename renames replace symlink link chmod utime truncate"
        ),
        "starts-process",
        "tests use of os only paths, listings and os.environ (reading)",
    ),
    "sys": (
        words(
            "stdin stdout stderr version version_info platform maxsize maxunicode float_info int_info hash_info "
            "byteorder builtin_module_names excepthook __stdin__ __stdout__ __stderr__ "
            "getsizeof getrecursionlimit getdefaultencoding getfilesystemencoding getrefcount "
            "executable implementation argv exc_info intern int_max_str_digits get_int_max_str_digits hexversion"
        ),
        "interpreter-state",
        _INTERPRETER,
    ),
    "signal": (
        frozenset({"Signals", "SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"}),
        "signals",
        "it sends or handles signals",
    ),
    "gc": (frozenset({"collect"}), "introspection", "it walks the interpreter's objects"),
    "shutil": (
        words(
            "rmtree move copy copy2 copyfile copytree copymode copystat copyfileobj which disk_usage make_archive "
            "unpack_archive get_terminal_size Error SameFileError get_archive_formats"
        ),
        "file-outside-tmp",
        _FILES,
    ),
}
NAMES: Mapping[str, tuple[str, str]] = {
    "os._exit": ("exit", "it ends the test run"),
    "os.abort": ("exit", "it ends the test run"),
    "sys.exit": ("exit", "it ends the test run: to test an exit use pytest.raises(SystemExit)"),
    "builtins.exit": ("exit", "it ends the test run"),
    "builtins.quit": ("exit", "it ends the test run"),
    "os.chdir": ("file-outside-tmp", "it changes the folder for all other tests: use monkeypatch.chdir(tmp_path)"),
    "os.putenv": ("environment", "use monkeypatch.setenv"),
    "os.unsetenv": ("environment", "use monkeypatch.delenv"),
    "os.open": ("file-outside-tmp", _FILES),
    "builtins.eval": ("dynamic-code", _DYNAMIC),
    "builtins.exec": ("dynamic-code", _DYNAMIC),
    "builtins.compile": ("dynamic-code", _DYNAMIC),
    "builtins.__import__": ("dynamic-code", _DYNAMIC),
    "builtins.__loader__": ("dynamic-code", _DYNAMIC),
    "builtins.__spec__": ("dynamic-code", _DYNAMIC),
    "builtins.breakpoint": ("interactive", "nobody is there to answer"),
    "builtins.input": ("interactive", "nobody is there to answer: monkeypatch builtins.input"),
    "builtins.help": ("interactive", "nobody is there to answer"),
    "builtins.globals": ("introspection", "it reaches into the module's namespace"),
    "builtins.__builtins__": ("introspection", "it reaches into the interpreter"),
    "types.FunctionType": ("dynamic-code", _DYNAMIC),
    "types.CodeType": ("dynamic-code", _DYNAMIC),
    "types.ModuleType": ("dynamic-code", _DYNAMIC),
    "asyncio.create_subprocess_exec": ("starts-process", _PROCESS),
    "asyncio.create_subprocess_shell": ("starts-process", _PROCESS),
    "concurrent.futures.ProcessPoolExecutor": ("starts-process", _PROCESS),
    "threading.settrace": ("interpreter-state", _INTERPRETER),
    "threading.setprofile": ("interpreter-state", _INTERPRETER),
    "time.tzset": ("interpreter-state", _INTERPRETER),
    "socket.setdefaulttimeout": ("interpreter-state", _INTERPRETER),
    "pickle.Unpickler": ("pickle", "unpickle only what the same test pickled: pickle.loads(pickle.dumps(x))"),
    "shelve.open": ("pickle", "shelve unpickles files"),
    "operator.methodcaller": ("dynamic-code", "it calls a method by name: write the call out"),
    "inspect.trace": ("introspection", "it walks the interpreter's frames"),
    "inspect.getmodule": ("introspection", "it gives modules as values"),
    "traceback.walk_stack": ("introspection", "it walks the interpreter's frames"),
    "traceback.walk_tb": ("introspection", "it walks the interpreter's frames"),
    "typing.ForwardRef": ("dynamic-code", _DYNAMIC),
    "typing.evaluate_forward_ref": ("dynamic-code", _DYNAMIC),
    "unittest.main": ("dynamic-code", "it runs tests by name"),
    "unittest.TestLoader": ("dynamic-code", "it runs tests by name"),
    "unittest.TestProgram": ("dynamic-code", "it runs tests by name"),
    "unittest.defaultTestLoader": ("dynamic-code", "it runs tests by name"),
    "unittest.loader": ("dynamic-code", "it runs tests by name"),
    "yaml.load": ("pickle", "use yaml.safe_load"),
    "yaml.unsafe_load": ("pickle", "use yaml.safe_load"),
    "yaml.full_load": ("pickle", "use yaml.safe_load"),
    "joblib.load": ("pickle", "it unpickles files"),
    "pandas.read_pickle": ("pickle", "it unpickles files"),
    "torch.load": ("pickle", "it unpickles files"),
    "argparse.FileType": ("file-outside-tmp", _FILES),
    "hypothesis.database": ("file-outside-tmp", _FILES),
    "hypothesis.internal": ("introspection", "it is private to hypothesis"),
    "hypothesis.configuration": ("interpreter-state", _INTERPRETER),
    "http.cookiejar": ("file-outside-tmp", _FILES),
    "time.clock_settime": ("interpreter-state", _INTERPRETER),
    "time.clock_settime_ns": ("interpreter-state", _INTERPRETER),
    "codecs.register": ("interpreter-state", _INTERPRETER),
    "codecs.register_error": ("interpreter-state", _INTERPRETER),
    "copyreg.pickle": ("interpreter-state", _INTERPRETER),
    "asyncio.set_event_loop_policy": ("interpreter-state", _INTERPRETER),
    "getpass.getpass": ("interactive", "nobody is there to answer: monkeypatch getpass.getpass"),
    "ssl.get_server_certificate": ("network", "it connects to a host"),
    "socket.AF_PACKET": ("network", "it speaks below the loopback interface"),
    "socket.AF_NETLINK": ("network", "it speaks to the kernel"),
    "socket.AF_ALG": ("network", "it speaks to the kernel"),
    "socket.AF_VSOCK": ("network", "it speaks to the machine's host"),
    "socket.SOCK_RAW": ("network", "it speaks below the loopback interface"),
    "inspect.currentframe": ("introspection", "it walks the interpreter's frames"),
    "inspect.stack": ("introspection", "it walks the interpreter's frames"),
}
ATTRIBUTES = words(
    "__globals__ __builtins__ __subclasses__ __bases__ __base__ __mro__ mro __code__ __closure__ __loader__ __spec__ "
    "__import__ __getattribute__ __reduce__ __reduce_ex__ __self__ __func__ gi_frame gi_code cr_frame "
    "ag_frame f_globals f_builtins f_locals f_back tb_frame tb_next subprocess_exec "
    "subprocess_shell enable_load_extension load_extension"
)
STRONG = words(
    "__globals__ __builtins__ __subclasses__ __import__ __code__ __loader__ __getattribute__ __mro__ f_globals"
)
"""Words that no string of a unit test has in it."""
METADATA = words("__annotations__ __defaults__ __kwdefaults__ __code__ __globals__ __class__ __bases__")
"""Attributes that are read by what runs code; a test does not set them."""
ORDINARY = words(
    "__future__ abc argparse array ast asyncio base64 binascii bisect bz2 calendar cmath codecs collections colorsys "
    "concurrent configparser contextlib contextvars copy copyreg csv dataclasses datetime dbm decimal difflib email "
    "enum errno filecmp fnmatch fractions functools gc getpass gettext glob graphlib gzip hashlib heapq hmac html http "
    "inspect io ipaddress itertools json keyword linecache locale logging lzma math mimetypes ntpath numbers operator "
    "optparse os pathlib pickle platform plistlib posixpath pprint queue random re reprlib sched secrets select "
    "selectors shelve shlex shutil signal socket sqlite3 ssl stat statistics string stringprep struct subprocess sys "
    "sysconfig tarfile tempfile textwrap threading time token tokenize tomllib traceback types typing unicodedata "
    "unittest urllib uuid warnings wave weakref xml zipfile zlib zoneinfo"
)
"""Top-level modules of the standard library that any project's tests may import; others only where the project does."""
SUBMODULES = words(
    "os.path unittest.mock concurrent.futures urllib.request urllib.parse urllib.error importlib.metadata "
    "importlib.resources xml.etree.ElementTree xml.dom.minidom logging.handlers http.client http.server "
    "collections.abc "
    "json.decoder asyncio.events asyncio.base_events email.utils"
)
"""Modules that ``from ... import`` gives."""
HARMLESS_IMPORTS = frozenset({"importlib.metadata", "importlib.resources", "multiprocessing.pool.ThreadPool"})
