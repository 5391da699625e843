"""Which tier is chosen, what a plan says, and what a copy holds."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

import pytest_llmgen
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run.process import Child
from pytest_llmgen.run.sandbox import choice
from pytest_llmgen.run.sandbox.choice import choose, prepare
from pytest_llmgen.run.sandbox.copy import copy_project
from pytest_llmgen.run.sandbox.plan import Limits, Plan, Tier, TierName, View
from pytest_llmgen.run.sandbox.private import create, private_folder, remove

PACKAGE = str(Path(pytest_llmgen.__file__).parents[1])
ENTER = (
    "import os, sys; sys.path[:0] = [sys.argv[1], *sys.argv[3:]]\n"
    "from pytest_llmgen.run.sandbox import entry, plan; entry.enter(plan.Plan.from_json(sys.argv[2]))\n"
)


@pytest.fixture
def private():
    with private_folder() as folder:
        yield folder


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "src" / "shop.py").write_text("PRICE = 3\n")
    return root


def _output(plan, code, *arguments, env=None):
    argv = [sys.executable, "-B", "-c", ENTER + code, PACKAGE, plan.to_json(), *arguments]
    with Child.start(argv, env=env or {}, cwd=Path(plan.private), private=Path(plan.private)) as child:
        assert child.wait(20) == 0, child.output()
        return child.output().strip()


def _refusing(monkeypatch, **refusals):
    monkeypatch.setattr(choice, "trial", lambda name, *_: refusals.get(name.value, ("a wall",)))


def test_auto_takes_the_strongest_tier_and_says_why_not_a_stronger(monkeypatch):
    _refusing(monkeypatch)
    assert choose("auto") == Tier(TierName.NAMESPACES, "", ("a wall",))
    _refusing(monkeypatch, namespaces="unshare: EPERM")
    assert choose("auto") == Tier(TierName.LANDLOCK, "no namespaces: unshare: EPERM", ("a wall",))
    _refusing(monkeypatch, namespaces="a", landlock="b")
    assert choose("auto") == Tier(TierName.PORTABLE, "no namespaces: a; no Landlock: b", ("a wall",))


def test_require_names_the_refusal_and_the_fix(monkeypatch):
    _refusing(monkeypatch, namespaces="unshare: EPERM")
    with pytest.raises(LlmgenError, match=r"unshare: EPERM.*allow unprivileged user namespaces") as caught:
        choose("require")
    assert caught.value.slug == "sandbox-unavailable"


@pytest.mark.parametrize("asked", ["portable", "off"])
def test_weaker_tiers_are_taken_when_asked_for(asked):
    assert choose(asked).name == asked


def test_the_tier_chosen_here_can_be_entered(project, private):
    plan = prepare(choose("auto"), project, private)
    assert _output(plan, "print(os.getcwd())") == plan.seen


@pytest.mark.parametrize("asked", ["auto", "require"])
def test_where_the_kernel_gives_no_namespaces_landlock_is_taken_and_the_reason_said(asked):
    # A namespace without room for others is like a container that refuses them.
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pytest_llmgen.run.sandbox.choice import choose\n"
        "try: print(choose(sys.argv[2]))\n"
        "except Exception as problem: print(problem)"
    )
    refuse = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    argv = ["unshare", "-Ur", "sh", "-c", refuse, "sh", sys.executable, "-B", "-c", code, PACKAGE, asked]
    if not shutil.which("unshare") or subprocess.run(["unshare", "-Ur", "true"], check=False).returncode:
        pytest.skip("no namespaces to refuse them in")
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert "no namespaces" in told
    assert "unshare: No space left on device" in told
    if asked == "require":
        assert told.startswith("llmgen: --llm-sandbox=require")
    else:
        assert told.startswith(("Tier(name=<TierName.LANDLOCK", "Tier(name=<TierName.PORTABLE"))


def test_a_refusal_is_the_reason_of_the_kernel(private, project):
    plan = prepare(Tier(TierName.PORTABLE), project, private)
    assert choice._probe(plan, 20) == ("limits", "no capabilities", "audit hook, against accident only")
    broken = replace(plan, seen=str(project / "missing"))
    assert choice._probe(broken, 20) == f"[Errno 2] No such file or directory: '{project}/missing'"


def test_a_plan_survives_json(project, private):
    plan = prepare(Tier(TierName.PORTABLE), project, private, limits=Limits(memory_mb=5), writable=["/a"])
    assert Plan.from_json(plan.to_json()) == plan


def test_paths_are_translated_between_project_and_copy():
    plan = Plan(TierName.PORTABLE, View.COPY, "/home/me/shop", "/tmp/llmgen-1/project", "/tmp/llmgen-1")
    assert plan.inside("/home/me/shop/a.py") == "/tmp/llmgen-1/project/a.py"
    assert plan.inside("/home/me/shopping/a.py") == "/home/me/shopping/a.py"
    assert plan.outside(plan.inside("/home/me/shop")) == "/home/me/shop"


def test_the_copy_is_imported_instead_of_the_project(project, private):
    plan = prepare(Tier(TierName.PORTABLE), project, private)
    code = "import shop; print(shop.__file__); print(os.environ['PYTHONPATH'])"
    seen = f"{plan.seen}/src"
    outside = f"{PACKAGE}{os.pathsep}{project}/.venv"  # not copied: stays
    env = {"PYTHONPATH": f"{project}/src{os.pathsep}{outside}"}
    lines = _output(plan, code, f"{project}/src", env=env).splitlines()
    assert lines == [f"{seen}/shop.py", f"{seen}{os.pathsep}{outside}"]


def test_a_temporary_folder_inside_the_project_is_refused(project):
    with pytest.raises(LlmgenError, match="set TMPDIR") as caught:
        prepare(Tier(TierName.PORTABLE), project, project / "tmp")
    assert caught.value.slug == "sandbox-temporary-folder"


def test_the_copy_leaves_out_history_environments_and_caches(project, tmp_path):
    names = (".git/HEAD", "env/pyvenv.cfg", "node_modules/a.js", "data/__pycache__/shop.cpython-29.pyc", ".llmgen/x")
    for name in (*names, "data/a"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x")
    (project / "link").symlink_to("src")
    (project / "broken").symlink_to("nowhere")
    os.mkfifo(project / "pipe")
    copy_project(project, tmp_path / "copy", limit_mb=1)
    found = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*")}
    assert found == {"src", "src/shop.py", "link", "broken", "data", "data/a"}
    assert (tmp_path / "copy" / "link").readlink() == Path("src")


def test_a_project_too_large_to_copy_is_named(project, tmp_path):
    (project / "big").write_bytes(bytes(1 << 20))
    with pytest.raises(LlmgenError, match="larger than 1 MB") as caught:
        copy_project(project, tmp_path / "copy", limit_mb=1)
    assert caught.value.slug == "sandbox-copy-too-large"


def test_secrets_of_a_home_folder_are_hidden_even_where_the_project_is_all_of_it(private, tmp_path, monkeypatch):
    tier = choose("auto")
    if tier.name is not TierName.NAMESPACES:
        pytest.skip(f"nothing can be hidden here: {tier.why}")
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text("secret")
    (home / ".netrc").write_text("secret")
    (home / "notes").write_text("open")
    monkeypatch.setenv("HOME", str(home))
    code = (
        "h = sys.argv[3]; print(os.listdir(h + '/.ssh'), repr(open(h + '/.netrc').read()), open(h + '/notes').read())"
    )
    assert _output(prepare(tier, home, private), code, str(home)) == "[] '' open"


def test_named_folders_can_be_written(project, private, tmp_path):
    (tmp_path / "shared").mkdir()
    plan = prepare(choose("auto"), project, private, writable=[str(tmp_path / "shared")])
    _output(plan, "open(sys.argv[3] + '/new', 'w').write('x')", str(tmp_path / "shared"))
    assert (tmp_path / "shared" / "new").read_text() == "x"


def test_memory_and_processes_are_limited(project, private):
    plan = prepare(choose("auto"), project, private, limits=Limits(memory_mb=300, open_files=50))
    code = (
        "import resource\n"
        "try: bytearray(400 << 20)\n"
        "except MemoryError: print('refused', resource.getrlimit(resource.RLIMIT_NOFILE), "
        "resource.getrlimit(resource.RLIMIT_CORE))"
    )
    assert _output(plan, code) == "refused (50, 50) (0, 0)"


def test_no_capability_is_left_and_none_can_be_gained(project, private):
    plan = prepare(choose("auto"), project, private)
    if plan.tier not in {TierName.NAMESPACES, TierName.LANDLOCK}:
        pytest.skip("the portable tier holds nothing back")
    code = "import subprocess; print(open('/proc/self/status').read() + subprocess.getoutput('cat /proc/self/status'))"
    lines = _output(plan, code, env={"PATH": "/usr/bin:/bin"}).splitlines()
    sets = {line for line in lines if line.startswith(("CapPrm", "CapEff", "CapInh", "CapAmb", "NoNewPrivs"))}
    assert sets == {*(f"{name}:\t{0:016x}" for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")), "NoNewPrivs:\t1"}


def test_off_is_the_project_itself(project, private):
    plan = prepare(choose("off"), project, private)
    assert (plan.view, plan.seen) == (View.DIRECT, str(project.resolve()))


def test_a_private_folder_is_for_its_owner_and_goes_with_whatever_is_in_it(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = create()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / "tmp" / "locked").mkdir()
    (folder / "tmp" / "locked" / "file").touch()
    (folder / "tmp" / "locked").chmod(0)
    (folder / "tmp" / "out").symlink_to(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "tmp" / "s"))
    remove(folder)
    assert list(tmp_path.iterdir()) == []
