import pytest

from pytest_llmgen.prompt.redact import Private, literals_in, private, redact

SECRETS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1" * 18,
    "github_pat_" + "a1" * 20,
    "glpat-" + "a1b2c3d4e5f6g7h8i9j0",
    "sk-ant-" + "api03-abcdefghijkl",
    "sk-proj-" + "abcdefghijklmnopqrstuvwx",
    "sk_live_" + "abcdefghijklmnop1234",
    "xoxb-" + "123456789012-abcdef",
    "AIza" + "a" * 35,
    "npm_" + "a" * 36,
    "pypi-" + "AgEIcHlwaS5vcmcCJDU2",
    "hf_" + "a" * 34,
    "dop_v1_" + "0f" * 32,
    "SG." + "a" * 22 + "." + "b" * 43,
    "hvs." + "a" * 24,
    "dapi" + "0f" * 16,
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0" + ".c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nabc\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:8])
def test_a_secret_is_replaced_by_a_placeholder_of_the_same_length_and_lines(secret):
    text = f"before {secret} after\n"
    redacted = redact(text)
    assert [len(line) for line in redacted.split("\n")] == [len(line) for line in text.split("\n")]
    assert redacted.startswith("before ")
    assert redacted.endswith(" after\n")
    assert secret not in redacted
    assert "REDACTED" in redacted


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('password = "hunter2!"', "hunter2!"),
        ("DB_PASSWORD: str = 'hunter2!'", "hunter2!"),
        ('connect(api_key="q7f-key")', "q7f-key"),
        ('{"client_secret": "c0ffee"}', "c0ffee"),
        ('config["api_key"] = "q7f-key"', "q7f-key"),
        ('access_token = "abc123def"', "abc123def"),
        ('token = "AbCdEfGhIjKlMnOpQr"', "AbCdEfGhIjKlMnOpQr"),
        ("SERVICE_TOKEN=abc123def", "abc123def"),
        ("postgres://anna:pa55w0rd@db/shop", "pa55w0rd"),
        ("Authorization: Bearer abcdef0123456789abcd", "abcdef0123456789abcd"),
    ],
)
def test_a_literal_under_a_secret_name_is_redacted(text, secret):
    redacted = redact(text)
    assert secret not in redacted
    assert len(redacted) == len(text)
    assert redacted.replace(redacted[text.index(secret) : text.index(secret) + len(secret)], secret) == text


@pytest.mark.parametrize(
    "text",
    [
        'token = "+"',
        'TOKEN_BEGIN = "begin"',
        'token_type = "content-transfer-encoding"',
        '{Token: "#d8dee9"}',
        'token = "block_begin"',
        'if password == "hunter2!": pass',
        'password = "password"',
        'password = "{value}"',
        "def check(password: str, token: str) -> bool: ...",
        "url = 'https://example.org/a:b@c'",
        'tokens = ["a", "b"]',
        "BEGIN = '-----BEGIN PRIVATE KEY-----'\nEND = '-----END'\ndef f(): ...",
        "the secret of the sauce: patience",
    ],
)
def test_ordinary_code_stays_as_it_is(text):
    assert redact(text) == text


def test_a_key_that_is_cut_off_is_redacted_as_far_as_it_goes():
    text = 'KEY = """-----BEGIN PRIVATE KEY-----\n' + ("a1b2c3d4" * 8 + "\n") * 2 + '"""\nprint(KEY)\n'
    redacted = redact(text)
    assert "a1b2c3d4" not in redacted
    assert redacted.endswith('"""\nprint(KEY)\n')
    assert [len(line) for line in redacted.split("\n")] == [len(line) for line in text.split("\n")]


def test_values_of_secret_named_variables_are_redacted_wherever_they_stand():
    env = {"SHOP_API_KEY": "plain-words-key", "PATH": "/usr/bin:/bin", "AUTH_FILE": "/etc/auth", "TOKEN": "on"}
    assert private(env) == Private(values=("plain-words-key",))
    assert redact("assert 'plain-words-key' != on", private(env)) == "assert 'REDACTEDxxxxxxx' != on"


def test_the_author_of_a_commit_is_no_secret():
    assert private({"GIT_AUTHOR_NAME": "Anna Perenna"}) == Private()


def test_home_folder_and_user_name_become_placeholders_of_the_same_length():
    known = private({}, ["/home/anna", "/home/anna/work/"], ["anna"])
    text = 'File "/home/anna/work/shop.py", line 1 by anna@example.org, /srv/anna/x, annalist, banana'
    redacted = redact(text, known)
    assert redacted == 'File "/xxxxxxxxxxxxxx/shop.py", line 1 by xxxx@example.org, /srv/xxxx/x, annalist, banana'
    assert len(redacted) == len(text)


def test_a_folder_is_only_taken_as_a_whole_path():
    known = private({}, ["/root"])
    assert redact("/root/x /rooted/x a/root/b", known) == "/xxxx/x /rooted/x a/root/b"


def test_user_names_that_are_common_words_stay():
    assert private({}, [], ["root", "runner", "al"]) == Private()


def test_redacting_twice_changes_nothing_more():
    text = "\n".join([*SECRETS, 'password = "hunter2!"', "postgres://anna:pa55w0rd@db/shop"])
    assert redact(redact(text)) == redact(text)


def test_literals_under_secret_names_are_found_and_gone_wherever_they_stand():
    source = 'password = "hunter2-and-more"\nURL = "https://u:pass-4711-word@host/"\ntoken = "if"\nsecret = "short1"\n'
    literals = literals_in(source)
    assert literals == {"hunter2-and-more", "pass-4711-word"}
    known = private({}, literals=literals)
    assert redact("E  assert 'hunter2-and-more' == 1", known) == "E  assert 'REDACTEDxxxxxxxx' == 1"


@pytest.mark.parametrize("source", ['password = "default"', 'secret_backend = "database"', 'token = "comment"'])
def test_words_that_code_also_uses_are_no_literals_to_take_out_everywhere(source):
    assert literals_in(source) == set()
