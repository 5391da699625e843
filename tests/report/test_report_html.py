"""The HTML page: what is in it, that nothing from others gets out of its place, and how it behaves in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from browsing import npm, start_chromium

from pytest_llmgen.records import (
    Anchor,
    Decision,
    DecisionClass,
    GapState,
    Mutant,
    MutantReport,
    MutantStatus,
    MutantVerdict,
    Region,
    SourceFile,
)
from pytest_llmgen.report import html

HOSTILE = "</script><script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'>\u2028\u202e\x1b[31mred\ud800"
CART = "shop/cart.py"


def source_of(path=CART):
    """Eighty lines, of which 36-53 are a function with everything on it."""
    lines = [f"line_{n} = {n}" for n in range(1, 81)]
    lines[35] = "    def apply_voucher(self, voucher):"
    lines[40] = "           if subtotal >= voucher.minimum:  # here"
    lines[46] = f'        text = "{HOSTILE.replace(chr(0xD800), "")}"'
    lines[48] = "        long = '" + "x" * 5000 + "'"
    statements = frozenset(range(37, 54))
    mutants = tuple(
        MutantReport(
            Mutant(f"{CART}:M-{n}", CART, "f", "f", "op", 0, 1, ">=", new, new, Region(41, 12, 41, 39)),
            status,
            MutantVerdict(f"M-{n}", status),
        )
        for n, (new, status) in enumerate([(">", MutantStatus.SURVIVED), ("<", MutantStatus.KILLED)])
    )
    return SourceFile(
        path,
        "\n".join(lines) + "\n",
        statements,
        statements - {47, 48},
        frozenset({(46, 47), (46, 49)}),
        frozenset({(46, 49)}),
        mutants=mutants,
    )


@pytest.fixture(scope="module")
def full(report_of):
    """A report with all that the page can show, part of it hostile."""
    report = report_of("full")
    facts = report.facts
    gaps = list(facts.gaps)
    made = Decision(
        "M-0x5ra8v",
        DecisionClass.WONT_TEST,
        HOSTILE,
        "dev <dev@example.org>",
        date(2026, 11, 1),
        Anchor("surviving-mutant", CART, "f", "a"),
    )
    at = {gap.id: number for number, gap in enumerate(gaps)}
    gaps[at["M-0x5ra8v"]] = replace(gaps[at["M-0x5ra8v"]], state=GapState.ACCEPTED, decision=made)
    diff = f"- {HOSTILE}\n+ {HOSTILE}"
    gaps[at["M-7zz0000"]] = replace(gaps[at["M-7zz0000"]], reason=HOSTILE, hint=HOSTILE, diff=diff)
    bug = replace(facts.suspected_bugs[0], summary=HOSTILE, quote=HOSTILE, test_source=HOSTILE)
    tests = tuple(replace(test, source=f"def {HOSTILE}", reason=HOSTILE) for test in facts.tests)
    facts = replace(facts, gaps=tuple(gaps), suspected_bugs=(bug,), tests=tests, warnings=(HOSTILE,))
    return replace(report, facts=facts, sources=(source_of(),))


@pytest.fixture(scope="module")
def page(full):
    return html.render(full)


# --- The text -----------------------------------------------------------------------------------


class Outline(HTMLParser):
    """Ids, headings, and the attributes and content that a policy would refuse."""

    def __init__(self):
        super().__init__()
        self.ids, self.headings, self.scripts, self.styles, self.forbidden = [], [], [], [], []
        self._open = None

    def handle_starttag(self, tag, attributes):
        self._open = tag if tag in ("script", "style") else None
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name == "style" or name.startswith("on") or (name in ("src", "href") and not value.startswith("#")):
                self.forbidden.append((tag, name, value))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("script", "style"):
            (self.scripts if tag == "script" else self.styles).append([dict(attributes), ""])

    def handle_data(self, data):
        if self._open:
            (self.scripts if self._open == "script" else self.styles)[-1][1] += data

    def handle_endtag(self, tag):
        self._open = None


@pytest.fixture(scope="module")
def outline(page):
    found = Outline()
    found.feed(page)
    return found


def test_the_eight_sections_are_there(outline):
    wanted = {"gains", "conditions", "review", "bugs", "tests", "functions", "settled", "run"}
    assert wanted <= set(outline.ids)


def test_ids_are_unique_and_headings_skip_no_level(outline):
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))


def test_nothing_is_loaded_and_nothing_is_inline(outline):
    assert outline.forbidden == []


def test_the_policy_names_the_style_and_the_script_by_their_hashes(page, outline):
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    code = [text for attributes, text in outline.scripts if not attributes.get("type")]
    assert policy.startswith("default-src &#39;none&#39;;")
    for kind, text in (("script", *code), ("style", outline.styles[0][1])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src &#39;sha256-{digest}&#39;" in policy


def test_text_of_others_is_escaped_and_its_hidden_characters_are_shown(page):
    assert "<script>window" not in page
    assert "<img" not in page
    assert not set("\u2028\u202e\x1b\ud800") & set(page)
    assert "\\u202e" in page
    assert "\\x1b[31mred" in page
    page.encode("utf-8")


def test_a_huge_line_is_cut(page):
    assert "x" * 500 not in page
    assert "more characters" in page


def test_lines_branches_and_mutants_are_shown_in_place(page):
    lines = dict(
        re.findall(r'<span class="l ([^"]*)"><span class="no">(\d+)</span>', page)
        and [
            (number, state)
            for state, number in re.findall(r'<span class="l ([^"]*)"><span class="no">(\d+)</span>', page)
        ]
    )
    assert lines["48"].startswith("never")
    assert lines["46"].startswith("part")
    assert lines["45"].strip() == "run"
    assert '<span class="mc">1/2</span>' in page
    assert re.search(r"<mark>.*voucher", page)


def test_decisions_are_shown_with_who_and_why(page):
    section = page[page.index('id="settled"') :]
    assert "wont-test" in section
    assert "dev &lt;dev@example.org&gt;, 2026-11-01" in section


@pytest.mark.parametrize("name", ["report_only", "clean", "inconclusive", "nothing", "red", "no_tests"])
def test_every_report_has_a_page(name, report_of):
    page = html.render(report_of(name))
    assert html.is_ours(page)
    assert "</html>" in page


def test_a_report_with_very_many_gaps_stays_small_and_says_what_is_left_out(full):
    gaps = [replace(full.facts.gaps[0], id=f"M-{n:07}", rank=n, reason="y" * 3000) for n in range(1, 1500)]
    page = html.render(replace(full, facts=replace(full.facts, gaps=tuple(gaps))))
    assert len(page.encode()) < 2_000_000
    assert re.search(r"\d+ more gaps; all of what is known of them is in report.json", page)


def test_the_mutants_outside_the_score_are_explained(full):
    totals = replace(full.facts.totals.new, by_status={MutantStatus.KILLED: 54, MutantStatus.IGNORED: 3})
    facts = replace(full.facts, totals=replace(full.facts.totals, new=totals))
    assert "3 of 57 mutants are not in the score: 3 Ignored." in html.render(replace(full, facts=facts))


# --- In a browser -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def browser(folder, page):
    chromium = start_chromium(folder)
    (folder / "report.html").write_text(page, encoding="utf-8")
    yield chromium
    chromium.quit()


@pytest.fixture
def opened(browser, folder):
    """The page, fresh, with nothing remembered."""

    def open_at(fragment=""):
        browser.get("about:blank")
        set_media(browser)
        browser.get(f"file://{folder}/report.html{fragment}")
        browser.execute_script("localStorage.clear()")
        browser.refresh()
        return browser

    return open_at


def shown(browser):
    cards = "[...document.querySelectorAll('.card:not(.bug)')]"
    return browser.execute_script(f"return {cards}.filter(c => !c.hidden).map(c => c.id)")


def until(holds):
    """What a browser does in its own time."""
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(holds)


def press(browser, keys):
    from selenium.webdriver import ActionChains

    ActionChains(browser).send_keys(keys).perform()


def focused(browser):
    return browser.execute_script("return document.activeElement.id || document.activeElement.name")


def test_the_page_breaks_no_policy_and_runs_no_code_of_others(opened):
    browser = opened()
    assert browser.execute_script("return window.hurt") is None
    assert browser.execute_script("return document.documentElement.className") == "scripted"
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_filters_are_in_the_fragment_and_their_effect_is_announced(opened):
    browser = opened("#kind=uncovered-line")
    assert shown(browser) == ["L-p2n61ch"]
    assert browser.find_element("id", "count").text == "1 of 5 gaps"
    browser.execute_script(
        "const f = document.forms.filters; f.elements.kind.value = ''; f.elements.text.value = '__format__';"
        "f.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert browser.execute_script("return location.hash") == "#text=__format__"
    assert shown(browser) == ["M-m8e2w1y"]


def test_keys_move_and_decide_and_can_be_switched_off(opened):
    browser = opened()
    press(browser, "j")
    first = focused(browser)
    press(browser, "j")
    assert focused(browser) != first
    press(browser, "k")
    assert focused(browser) == first
    press(browser, "w")
    assert focused(browser) == "reason"
    pressed = "return document.querySelector(`#${arguments[0]} [aria-pressed='true']`)?.textContent"
    assert browser.execute_script(pressed, first) == "wont-test"
    browser.find_element("id", "keys").click()
    browser.execute_script("document.activeElement.blur()")
    press(browser, "j")
    assert focused(browser) != first


def test_decisions_are_downloaded_as_a_file_and_shown_as_commands(opened, folder):
    browser = opened()
    press(browser, "j")
    card = focused(browser)
    press(browser, "u")
    press(browser, "too short")
    assert "1 without a reason" in browser.find_element("id", "decided").text
    press(browser, ", but it's longer now")
    browser.execute_script("document.querySelector('.tests').open = true")
    browser.execute_script("document.querySelector('.test [data-choice=accept]').click()")
    assert browser.find_element("id", "decided").text == "1 decision, 1 test"
    browser.find_element("id", "download").click()
    place = folder / "llmgen-decisions.json"
    until(place.exists)
    data = json.loads(place.read_text())
    reason = "too short, but it's longer now"
    assert data["version"] == 1
    assert data["decisions"] == [{"id": card, "class": "unreachable", "reason": reason, "ref": None, "expires": None}]
    assert data["tests"][0]["decision"] == "accept"
    assert data["tests"][0]["nodeid"].startswith("tests/llmgen/")
    browser.find_element("css selector", "#shown button").click()
    browser.find_element("id", "copy").click()
    reason = r"--llm-reason='too short, but it'\''s longer now'"
    wanted = f"pytest --llm-accept={card} --llm-class=unreachable {reason}"
    until(lambda: wanted in browser.execute_script("return document.querySelector('#shown textarea').value"))


def test_ids_and_commands_can_be_copied(opened):
    browser = opened()
    button = "document.querySelector('#M-7k3qd2m [data-copy]')"
    browser.execute_script(f"{button}.click()")
    copied, told = f"return {button}.textContent", "return document.querySelector('#shown textarea').value"
    until(lambda: browser.execute_script(copied) == "Copied" or browser.execute_script(told) == "M-7k3qd2m")
    commands = browser.execute_script("return [...document.querySelectorAll('#L-p2n61ch li [data-copy]')].length")
    assert commands == 3


def test_a_folded_card_says_what_it_is_about(opened):
    browser = opened()
    gist = browser.find_element("css selector", "#M-m8e2w1y .gist")
    assert not gist.is_displayed()
    browser.execute_script("document.querySelector('#M-m8e2w1y > details').open = false")
    assert gist.is_displayed()
    assert "→" in gist.text


def test_decisions_survive_a_reload(opened):
    browser = opened()
    press(browser, "j")
    press(browser, "t")
    press(browser, "the other suite does")
    browser.refresh()
    assert browser.find_element("id", "decided").text == "1 decision, 0 tests"


def test_a_link_to_a_folded_gap_opens_it(opened):
    browser = opened("#fold")
    browser.execute_script("document.querySelectorAll('.card > details').forEach(d => d.open = false)")
    browser.execute_script("location.hash = '#L-p2n61ch'")
    until(lambda: focused(browser) == "L-p2n61ch")
    assert browser.execute_script("return document.querySelector('#L-p2n61ch details').open")


def test_functions_can_be_sorted(opened):
    browser = opened()
    head = browser.find_element("css selector", "#functions thead th:nth-child(2)")
    head.find_element("tag name", "button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    cells = "document.querySelectorAll('#functions tbody th')"
    names = browser.execute_script(f"return [...{cells}].map(c => c.textContent)")
    assert names == sorted(names, key=str.lower)


def test_everything_can_be_read_without_a_script(browser, folder, page):
    (folder / "still.html").write_text(re.sub(r"<script>.*</script>", "", page, flags=re.DOTALL), encoding="utf-8")
    browser.get(f"file://{folder}/still.html")
    visible = browser.find_element("tag name", "body").text
    assert "Gate failed" in visible
    assert "if subtotal >= voucher.minimum" in visible
    assert not browser.find_element("id", "filters").is_displayed()


def set_media(browser, **features):
    features = {"prefers_reduced_motion": "reduce", **features}  # nothing moves while it is clicked
    values = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": values})


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_no_violation(theme, width, opened):
    axe = (npm("axe-core") / "axe.min.js").read_text("utf-8")
    browser = opened()
    set_media(browser, prefers_color_scheme=theme)
    browser.set_window_size(width, 1000)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    press(browser, "jw")
    browser.execute_script("document.querySelector('.card:nth-of-type(3) > details').open = false")
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})  # as a script of the page it would be refused
    result = browser.execute_async_script("axe.run().then(arguments[0])")
    found = [(v["id"], [node["target"] for node in v["nodes"]][:3]) for v in result["violations"]]
    assert found == []
    assert len(result["passes"]) > 20


def test_no_line_of_the_page_is_wider_than_a_narrow_window(opened):
    browser = opened()
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    who = browser.execute_script(
        "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 361 &&"
        "!e.closest('.wide, .src, .skip')).map(e => e.outerHTML.slice(0, 90)).slice(0, 5)"
    )
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide <= 360, who
