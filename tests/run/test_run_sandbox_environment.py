"""The environment of a worker is the project's own: no secrets, nothing of the outer run."""

import pytest

from pytest_llmgen.run.sandbox.environment import child_environment

SECRETS = (
    *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"),
    *("GITHUB_TOKEN", "GH_TOKEN", "CI_JOB_TOKEN", "ACTIONS_RUNTIME_URL", "NPM_TOKEN", "DB_PASSWORD", "pgpassword"),
    *("STRIPE_SECRET", "GOOGLE_APPLICATION_CREDENTIALS", "SSH_AUTH_SOCK", "TWINE_PASSWORD", "SENTRY_DSN", "MY_PAT"),
    *("DJANGO_SECRET_KEY", "BASIC_AUTH", "SIGNING_KEY", "DOCKER_HOST", "KUBECONFIG_TOKEN", "SLACK_API_TOKEN"),
)
OUTER = (
    *("COVERAGE_PROCESS_START", "COVERAGE_RCFILE", "COV_CORE_SOURCE", "COV_CORE_DATAFILE", "PYTEST_ADDOPTS"),
    *("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_CURRENT_TEST"),
    *("PYTHONSTARTUP", "LD_PRELOAD", "LLMGEN_LIFELINE"),
)
NEEDED = (
    *("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH", "DJANGO_SETTINGS_MODULE", "SHOP_MODE"),
    *(
        "TZ",
        "CI",
        "PYTHONHOME",
        "PYTEST_PLUGINS",
        "PWD",
        "TERM",
        "PYTHONWARNINGS",
        "AUTHOR",
        "KEYBOARD_LAYOUT",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
    ),
)


@pytest.mark.parametrize("name", SECRETS + OUTER)
def test_secrets_and_the_outer_run_are_left_out(name):
    assert name not in child_environment({name: "value", "PATH": "/bin"}, "/p/home", "/p/tmp")


@pytest.mark.parametrize("name", NEEDED)
def test_what_programs_and_projects_need_is_kept(name):
    assert child_environment({name: "value"}, "/p/home", "/p/tmp")[name] == "value"


def test_a_harmless_name_with_a_password_in_its_value_is_left_out():
    parent = {"DATABASE_URL": "postgres://me:hunter2@db/shop", "HOMEPAGE": "https://example.org:80/a@b"}
    assert set(parent) & set(child_environment(parent, "/h", "/t")) == {"HOMEPAGE"}


def test_home_and_temporary_folders_are_private():
    parent = {"HOME": "/home/me", "TMPDIR": "/tmp", "XDG_CONFIG_HOME": "/home/me/.config", "TEMP": "/tmp"}
    env = child_environment(parent, "/p/home", "/p/tmp")
    assert (env["HOME"], env["TMPDIR"], env["TEMP"], env["XDG_CONFIG_HOME"]) == (
        *("/p/home", "/p/tmp", "/p/tmp", "/p/home/.config"),
    )
    assert not [value for value in env.values() if value.startswith(("/home", "/tmp"))]


def test_bytecode_is_not_written_and_the_worker_is_marked():
    env = child_environment({}, "/h", "/t")
    assert (env["PYTHONDONTWRITEBYTECODE"], env["LLMGEN_WORKER"]) == ("1", "1")


def test_extra_variables_win_and_the_parent_is_not_changed():
    parent = {"TZ": "UTC"}
    env = child_environment(parent, "/h", "/t", {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"})
    assert (env["TZ"], env["PYTHONHASHSEED"]) == ("Asia/Tokyo", "7")
    assert parent == {"TZ": "UTC"}
