"""The analysis plan is the study file read aloud: nothing missing, nothing from elsewhere, in both languages."""

import html
import inspect
import re

import pytest
from snapshot_cast import smart

from trialist.cli.main import main
from trialist.criteria import prose
from trialist.report import plan
from trialist.report.plan_references import REFERENCES


def said(language="en"):
    return html.unescape(plan.text(smart(), language))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_estimand_has_its_five_attributes_and_every_event_its_strategy(language):
    text = said(language)
    for one in smart().estimands.values():
        start = text.index(f">{one.label.say(language)}")
        own = text[start : text.index("</table>", start)] if one.intercurrent else text[start : start + 3000]
        assert one.treatment.say(language) in own
        assert smart().endpoints[one.endpoint].definition.say(language) in own
        for strategy in one.intercurrent:
            assert smart().intercurrent_events[strategy.event].label.say(language) in own
            assert strategy.reason.say(language) in own


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_rule_of_an_endpoint_and_an_event_is_read_aloud(language):
    text = said(language).lower()
    rules = smart().rules
    for rule in [
        *rules.endpoint.values(),
        *rules.event.values(),
        *rules.stratum.values(),
        *rules.time.values(),
    ]:
        assert prose(rule, smart().dictionary, language).lower() in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_sensitivity_analysis_cut_grade_and_assumption_is_there(language):
    text = said(language)
    primary = next(one for one in smart().estimands.values() if one.level == "primary")
    assert primary.analysis.sensitivity
    section = text[text.index('id="sensitivity"') : text.index('id="missing"')]
    assert "<td>—</td>" not in section
    assert section.count("<tr") == len(primary.analysis.sensitivity) + 1
    for found in (smart().data_cuts, smart().assumptions):
        for one in found.values():
            assert (getattr(one, "label", None) or one.text).say(language) in text
    assert text.count('class="assumed"') > len(smart().assumptions)


def test_citations_and_references_agree():
    text = said()
    body, _, listed = text.partition('id="h-references"')
    cited = {
        int(number) for found in re.findall(r"\[(\d+(?:, \d+)*)\]", body) for number in found.split(", ")
    }
    assert cited == set(range(1, len(REFERENCES) + 1))
    assert all(f"[{turn}] " in listed for turn in cited)


def test_the_shells_have_no_number_and_no_word_of_a_result():
    shells = said()[said().index('id="shells"') : said().index('id="tables"')]
    cells = re.findall(r"<td[^>]*>([^<]*)<", shells)
    assert cells
    assert not [cell for cell in cells if re.search(r"[1-9]", cell)]


def test_it_is_made_of_the_study_file_alone_and_the_same_file_gives_the_same_bytes():
    assert list(inspect.signature(plan.text).parameters) == ["protocol", "language"]
    assert plan.text(smart()) == plan.text(smart())
    assert smart().hash in plan.text(smart())


def test_in_chinese_no_heading_stays_english():
    heads = re.findall(r"<h[23][^>]*>([^<]+)<", said("zh"))
    assert all(re.search(r"[一-鿿]", head) for head in heads)


def test_the_command_writes_it_without_a_ledger(tmp_path, capsys):
    out = tmp_path / "plan"
    assert main(["analyze", "smart", "--plan", "--out", str(out), "--language", "zh"]) == 0
    assert capsys.readouterr().out.strip() == str(out / "plan.html")
    assert "统计分析计划" in (out / "plan.html").read_text(encoding="utf-8")


def test_without_a_ledger_an_analysis_says_what_it_needs(tmp_path, capsys):
    assert main(["analyze", "smart", "--out", str(tmp_path / "a")]) == 2
    assert "--plan" in capsys.readouterr().err
    words = ["--board", "half", "--ledger", "x", "--as-of", "2026-01-01"]
    assert main(["analyze", "smart", *words, "--out", str(tmp_path / "a")]) == 2
    assert "--as-of" in capsys.readouterr().err
