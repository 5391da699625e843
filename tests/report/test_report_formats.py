"""The machine formats and the formats of CI systems: against their public schemas, and safe with hostile text."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import jsonschema
import pytest
from browsing import npm, start_chromium
from test_report_html import HOSTILE, source_of

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.outlets import Outlets
from pytest_llmgen.records import Decisions, GapState, InvalidEntry, MutantStatus, MutantVerdict, State
from pytest_llmgen.report import formats, github, gitlab, markdown, sarif, stryker
from pytest_llmgen.report.gains import gains
from pytest_llmgen.report.terminal import render
from pytest_llmgen.settings import REPORT_TYPES, defaults

NAMES = ["full", "report_only", "clean", "inconclusive", "nothing", "red", "no_tests"]
CODE_QUALITY = {  # https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "not": {"pattern": "^(/|\\./)"}},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}


@pytest.fixture
def full(report_of):
    return replace(report_of("full"), sources=(source_of(),))


@pytest.fixture
def hostile(full):
    gap = replace(full.facts.gaps[0], before=f"a`b``c {HOSTILE}", reason=f"@team ::error::x {HOSTILE}\n::set-output::y")
    bug = replace(full.facts.suspected_bugs[0], summary="```\n# not a heading | <b>", path="shop/a,b:c%.py")
    facts = replace(full.facts, gaps=(gap,), suspected_bugs=(bug,))
    return replace(full, facts=facts)


def accepted(report):
    gaps = (replace(report.facts.gaps[0], state=GapState.ACCEPTED), *report.facts.gaps[1:])
    return replace(report, facts=replace(report.facts, gaps=gaps))


def schema_of(package, path):
    return json.loads((npm(package) / path).read_text("utf-8"))


# --- Registry -----------------------------------------------------------------------------------


def test_every_type_is_written_or_goes_to_the_log(tmp_path):
    reports = [kind for kind in REPORT_TYPES if kind not in ("term", "github")]
    found = formats.destinations(reports, tmp_path, tmp_path / ".llmgen")
    assert {each.type for each in found} == set(reports)
    assert len({each.path for each in found}) == len(reports)


@pytest.mark.parametrize("kind", list(formats.FORMATS))
@pytest.mark.parametrize("name", NAMES)
def test_every_format_knows_its_own_files_and_no_others(kind, name, report_of):
    text = formats.FORMATS[kind].render(report_of(name))
    assert [other for other, form in formats.FORMATS.items() if form.is_ours(text)] == [kind]
    assert not formats.FORMATS[kind].is_ours("[project]\nname = 'shop'\n")


@pytest.mark.parametrize(
    ("given", "slug"),
    [
        ("pdf", "unknown-report"),
        ("html:", "bad-report-place"),
        ("term:out.txt", "bad-report-place"),
        ("github:log", "bad-report-place"),
    ],
)
def test_a_wrong_report_is_named_with_a_fix(given, slug, tmp_path):
    with pytest.raises(LlmgenError, match=f"--llm-report={given}") as caught:
        defaults(tmp_path, reports=(given,))
    assert caught.value.slug == slug


def test_two_types_cannot_go_to_one_file(tmp_path):
    with pytest.raises(LlmgenError, match="goes to out as well"):
        defaults(tmp_path, reports=("html:out", "json:out"))


# --- Before and after ---------------------------------------------------------------------------


def test_the_gains_of_a_generating_run_are_told_with_their_cost(full):
    rows = {row.title: row for row in gains(full.facts)}
    assert (rows["line coverage"].before, rows["line coverage"].after) == ("65.0% (41 of 63)", "93.6% (59 of 63)")
    assert rows["branch coverage"].change == "+9 branches"
    assert rows["mutation score"].change == "+25 mutants"
    assert (rows["tests"].before, rows["tests"].after) == ("212", "229")
    assert rows["cost"].after == "$0.37 of $1.00"
    assert rows["cost of a newly killed mutant"].after == "$0.015"


def test_a_check_has_no_before(report_of):
    assert all(not row.before and not row.change for row in gains(report_of("clean").facts))


def test_the_terminal_too_says_why_the_score_counts_fewer_mutants(full):
    counts = {MutantStatus.KILLED: 54, MutantStatus.IGNORED: 3, MutantStatus.COMPILE_ERROR: 1}
    metrics = replace(full.facts.totals.new, by_status=counts)
    facts = replace(full.facts, totals=replace(full.facts.totals, new=metrics))
    lines = [line.text.strip() for line in render(replace(full, facts=facts), width=120)]
    assert "4 of 58 mutants are not in the score: 3 Ignored, 1 CompileError" in lines


# --- Stryker ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_stryker_fits_its_schema(name, report_of):
    schema = schema_of("mutation-testing-report-schema", "src/mutation-testing-report-schema.json")
    report = replace(report_of(name), sources=(source_of(),))
    jsonschema.Draft7Validator(schema).validate(json.loads(stryker.render(report)))


def test_stryker_has_every_mutant_with_its_status_and_accepted_ones_are_ignored(full):
    found = stryker.to_stryker(full)["files"]["shop/cart.py"]["mutants"]
    assert [mutant["status"] for mutant in found] == ["Survived", "Killed"]
    assert found[0]["location"]["start"] == {"line": 41, "column": 12}


@pytest.mark.parametrize(("tests_run", "status"), [(0, "Pending"), (3, "RuntimeError")])
def test_a_mutant_that_no_test_met_is_pending_in_the_stryker_file_as_well(full, tests_run, status):
    (source,) = (each for each in full.sources if each.path == "shop/cart.py")
    known = source.mutants[1]
    verdict = MutantVerdict(known.mutant.id, MutantStatus.PENDING, tests_run=tests_run, detail="the budget was spent")
    mutants = (source.mutants[0], replace(known, status=MutantStatus.PENDING, verdict=verdict))
    report = replace(full, sources=(replace(source, mutants=mutants),))
    found = stryker.to_stryker(report)["files"]["shop/cart.py"]["mutants"]
    assert found[1]["status"] == status


def test_stryker_opens_in_the_elements_that_others_use(full, tmp_path):
    script = npm("mutation-testing-elements") / "dist/mutation-test-elements.js"
    report = stryker.render(full).replace("<", "\\u003c")
    (tmp_path / "page.html").write_text(
        "<!DOCTYPE html><meta charset=utf-8><mutation-test-report-app></mutation-test-report-app>"
        f"<script src='file://{script}'></script><script>"
        f"document.querySelector('mutation-test-report-app').report = {report};</script>",
        encoding="utf-8",
    )
    browser = start_chromium(tmp_path)
    try:
        browser.get(f"file://{tmp_path}/page.html#mutant/cart.py")
        text = browser.execute_async_script(
            "const done = arguments[0], root = () => document.querySelector('mutation-test-report-app').shadowRoot;"
            "const all = (n) => [...n.querySelectorAll('*')].map(e => e.shadowRoot ? all(e.shadowRoot) : '').join(' ')"
            " + ' ' + (n.textContent || '');"
            "let tries = 0; const look = () => { const seen = root() ? all(root()) : '';"
            "if (seen.includes('apply_voucher') || ++tries > 100) done(seen); else setTimeout(look, 50); }; look();"
        )
    finally:
        browser.quit()
    assert "cart.py" in text
    assert "apply_voucher" in text
    assert "Survived" in text


# --- SARIF --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_sarif_fits_its_schema(name, report_of):
    schema = schema_of("@microsoft/jest-sarif", "lib/schemas/sarif-2.1.0-rtm.5.json")
    report = replace(report_of(name), sources=(source_of(),))
    jsonschema.validate(json.loads(sarif.render(report, accepted=True)), schema)


def test_sarif_names_one_survivor_of_a_line_and_leaves_accepted_gaps_out(full):
    results = sarif.to_sarif(accepted(full))["runs"][0]["results"]
    ids = [result["properties"]["id"] for result in results if "properties" in result]
    assert "M-7zz0000" in ids
    assert "M-7k3qd2m" not in ids
    assert "M-7zz0000" not in [r.get("properties", {}).get("id") for r in sarif.to_sarif(full)["runs"][0]["results"]]
    assert not any("fixes" in result for result in results)
    with_accepted = sarif.to_sarif(accepted(full), accepted=True)["runs"][0]["results"]
    assert [result["suppressions"][0]["status"] for result in with_accepted if "suppressions" in result] == ["accepted"]


def test_sarif_results_have_different_fingerprints_and_snippets(full):
    results = sarif.to_sarif(full)["runs"][0]["results"]
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert len(set(prints)) == len(prints)
    assert all(re.fullmatch("[0-9a-f]{16}:1", each) for each in prints)
    place = next(r for r in results if r["ruleId"] == "LLMGEN002")["locations"][0]["physicalLocation"]
    assert place["region"]["snippet"]["text"].startswith("        text = ")


def test_sarif_says_when_nothing_was_proved(report_of):
    states = {n: sarif.to_sarif(report_of(n))["runs"][0]["invocations"][0]["executionSuccessful"] for n in NAMES}
    assert [name for name, ok in states.items() if not ok] == [
        name for name in NAMES if report_of(name).verdict.state is State.INCONCLUSIVE
    ]


def test_sarif_shows_entries_of_the_review_file_that_are_not_valid(full):
    wrong = Decisions("llmgen-review.toml", invalid=(InvalidEntry("llmgen-review.toml", 7, "no reason"),))
    results = sarif.to_sarif(replace(full, facts=replace(full.facts, decisions=wrong)))["runs"][0]["results"]
    (found,) = [result for result in results if result["ruleId"] == "LLMGEN006"]
    assert found["locations"][0]["physicalLocation"]["region"] == {"startLine": 7}


# --- GitLab -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_gitlab_fits_its_format(name, report_of):
    found = json.loads(gitlab.render(report_of(name)))
    jsonschema.validate(found, CODE_QUALITY)
    assert len({each["fingerprint"] for each in found}) == len(found)


def test_gitlab_gets_an_empty_list_when_all_is_resolved(report_of):
    assert json.loads(gitlab.render(report_of("clean"))) == []


# --- GitHub -------------------------------------------------------------------------------------


def test_annotations_are_single_lines_with_everything_escaped(hostile):
    for line in github.commands(hostile, "sub/"):
        assert re.fullmatch(r"::(warning|error|notice) [^\n\r]*?::[^\n\r]*", line)
        line.encode("utf-8")
    (bug,) = [line for line in github.commands(hostile, "sub/") if "suspected bug" in line]
    assert "file=sub/shop/a%2Cb%3Ac%25.py,line=77" in bug
    assert "%0A# not a heading" in bug


def test_a_failing_gate_makes_errors_and_a_report_warnings(full, report_of):
    assert {line.split(" ")[0] for line in github.commands(full)} == {"::error"}
    assert {line.split(" ")[0] for line in github.commands(report_of("report_only"))} == {"::warning"}


def test_there_are_ten_annotations_at_most_and_the_rest_is_counted(full):
    gap = full.facts.gaps[-1]
    gaps = tuple(replace(gap, id=f"M-{n:07}", region=replace(gap.region, start_line=n)) for n in range(1, 31))
    lines = github.commands(replace(full, facts=replace(full.facts, gaps=gaps)))
    assert len(lines) == github.MOST_ANNOTATIONS + 1
    assert lines[-1] == "::notice title=pytest-llmgen::21 more, see the summary of this step"


def test_on_github_summary_and_outputs_are_appended(full, tmp_path):
    summary, outputs = tmp_path / "summary.md", tmp_path / "outputs"
    summary.write_text("of an earlier step\n")
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_WORKSPACE": str(tmp_path),
    }
    (tmp_path / "sub").mkdir()
    outlets = Outlets(defaults(tmp_path / "sub"), environment)
    outlets.write(full)
    assert summary.read_text().startswith("of an earlier step\n<!-- pytest-llmgen report -->")
    assert "verdict=fail\nopen_gaps=6\nsuspected_bugs=1\nnew_lines=59/63\nnew_mutants=54/58\n" in outputs.read_text()
    assert "report=.llmgen/report.html" in outputs.read_text()
    assert all("file=sub/shop/" in line for line in outlets.workflow_commands(full))


def test_elsewhere_nothing_is_said_to_github(full, tmp_path):
    assert Outlets(defaults(tmp_path), {}).workflow_commands(full) == ()


# --- Markdown -----------------------------------------------------------------------------------


def test_markdown_has_the_table_the_conditions_and_each_gap(full):
    text = markdown.render(full)
    assert "| line coverage | 65.0% (41 of 63) | 93.6% (59 of 63) | +18 lines |" in text
    assert "❌ **fail** | unreviewed gaps" in text
    assert "```diff\n-         if subtotal >= voucher.minimum:" in text


def test_markdown_of_hostile_text_holds_it_in_code(hostile):
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").enable("table").render(markdown.render(hostile))
    outside = re.sub(r"<(code|pre)[ >].*?</\1>", "", html, flags=re.DOTALL)
    assert "@team" not in outside
    assert "<img" not in outside
    assert "<script" not in html
    assert "<h1>" not in html


@pytest.mark.parametrize(("most", "render"), [(60_000, markdown.render), (900 * 1024, github.summary)])
def test_markdown_is_cut_between_gaps_and_says_so(most, render, full):
    gap = full.facts.gaps[0]
    gaps = tuple(
        replace(gap, id=f"M-{n:07}", diff="é" * 3000, region=replace(gap.region, start_line=n)) for n in range(1, 1000)
    )
    text = render(replace(full, facts=replace(full.facts, gaps=gaps)))
    assert most * 0.8 < len(text.encode()) <= most
    assert re.search(r"_\d+ more places in the HTML report", text)
    assert text.count("<details>") == text.count("</details>")


# --- All of them --------------------------------------------------------------------------------


def test_one_report_that_cannot_be_written_does_not_cost_the_others(full, tmp_path):
    (tmp_path / "taken").write_text("")
    outlets = Outlets(defaults(tmp_path, reports=("json:taken/x.json", "html", "sarif")), {})
    with pytest.raises(LlmgenError, match="was not written"):
        outlets.write(full)
    assert sorted(path.name for path in (tmp_path / ".llmgen").glob("[!.]*")) == ["llmgen.sarif", "report.html"]


@pytest.mark.parametrize("kind", list(formats.FORMATS))
def test_hostile_text_can_be_written_in_every_format(kind, hostile, tmp_path):
    outlets = Outlets(defaults(tmp_path, reports=(kind,)), {})
    outlets.write(hostile)
    (place,) = outlets.destinations
    assert place.format.is_ours(place.path.read_text("utf-8"))
