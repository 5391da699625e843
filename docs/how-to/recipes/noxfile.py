"""noxfile.py: ``nox -s gate``, ``nox -s generate -- --llm-target=src/shop/cart.py``."""

import nox


@nox.session
def gate(session: nox.Session) -> None:
    """Judge the tests; no model, nothing written but reports."""
    session.install("-e", ".[test]", "pytest-llmgen")
    session.run("pytest", "--llm-check", *session.posargs)


@nox.session(default=False)
def generate(session: nox.Session) -> None:
    """Write tests for review."""
    session.install("-e", ".[test]", "pytest-llmgen")
    session.run("pytest", "--llm-generate", *session.posargs)
