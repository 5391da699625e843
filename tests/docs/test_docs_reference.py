"""The reference pages say what the code says."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MESSAGES = (ROOT / "docs/reference/messages.md").read_text("utf-8")
SOURCES = sorted((ROOT / "pytest_llmgen").rglob("*.py"))


@pytest.fixture(scope="module")
def reference():
    return runpy.run_path(str(ROOT / "docs/make_reference.py"))


def test_made_pages_are_what_the_code_says(reference):
    stale = [path.name for path, text in reference["pages"]().items() if path.read_text("utf-8") != text]
    assert stale == [], "run: python docs/make_reference.py"


def test_every_slug_in_the_code_is_explained():
    slugs = {slug for path in SOURCES for slug in re.findall(r'slug="([a-z0-9-]+)"', path.read_text("utf-8"))}
    assert len(slugs) > 20
    assert [slug for slug in sorted(slugs) if f"`{slug}`" not in MESSAGES] == []


def test_every_reason_code_in_the_code_is_explained():
    text = "".join(path.read_text("utf-8") for path in SOURCES)
    codes = set(re.findall(r'Refusal\(\s*"([a-z-]+)"', text)) | set(re.findall(r'code="([a-z-]+)"', text))
    assert len(codes) > 10
    assert [code for code in sorted(codes) if f"`{code}`" not in MESSAGES] == []


@pytest.mark.parametrize("page", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"], ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
