"""The report as a document: what stands in it, in both languages, opened and blinded."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

import report_cast as cast
from trialist import report
from trialist.protocol import load
from trialist.report import svg
from trialist.report.words import WORDS

CHINESE = re.compile(r"[\u4e00-\u9fff]")
VOID = {"meta", "br", "link", "img", "input"}


@pytest.fixture(scope="module")
def protocol():
    return load("smart").complete()


@pytest.fixture(scope="module")
def pages(protocol):
    return {
        (blinded, language): report.render(
            cast.results(blinded=blinded), protocol, cast.snapshot(protocol, blinded=blinded), language
        )
        for blinded in (False, True)
        for language in ("en", "zh")
    }


class Reader(HTMLParser):
    """Checks that every element is closed, and gathers ids, links and visible words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.ids, self.links, self.words, self.attributes = [], [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name == "href"]

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


def test_every_element_is_closed_every_id_is_its_own_and_every_link_leads_somewhere(pages):
    for page in pages.values():
        found = Reader(page)
        assert found.open == []
        assert len(found.ids) == len(set(found.ids))
        assert {link for link in found.links if not link.startswith("#")} == set()
        assert {link[1:] for link in found.links} <= set(found.ids)


def test_the_file_is_whole_in_itself_and_runs_nothing(pages):
    for page in pages.values():
        found = Reader(page)
        assert "<script" not in page
        assert "@import" not in page
        assert "url(" not in page
        assert not [
            name for tag, name, _ in found.attributes if name in ("style", "src") or name.startswith("on")
        ]
        assert "default-src 'none'" in page


def test_the_same_results_are_the_same_bytes(protocol, pages, tmp_path):
    path = report.write(cast.results(), protocol, cast.snapshot(protocol), tmp_path / "report.html")
    assert path.read_bytes() == pages[False, "en"].encode()


def test_a_rehearsal_says_simulated_in_words_in_every_figure_and_in_the_metadata(pages):
    for (_, language), page in pages.items():
        word = WORDS["simulated"][language == "zh"]
        assert '<meta name="trialist:simulated" content="true">' in page
        assert word in page[page.index("<header>") : page.index("<main")]
        figures = re.findall(r"<svg class=\"fig.*?</svg>", page, re.DOTALL)
        assert len(figures) == 10
        assert all(word in figure for figure in figures)


def test_a_rehearsal_carries_no_registry_number_and_a_real_trial_says_what_it_is(protocol, pages):
    numbers = [registration.number for registration in protocol.study.registrations]
    assert numbers
    assert not [number for number in numbers for page in pages.values() if number in page]
    real = report.render(cast.results(simulated=False), protocol, cast.snapshot(protocol, simulated=False))
    assert protocol.study.standing.en in real
    assert "SIMULATED" not in real


def test_the_standing_sentence_keeps_everything_but_the_number(pages):
    assert "neither run nor checked nor endorsed by the sponsor" in pages[False, "en"]
    assert "不由申办方" in pages[False, "zh"]


def test_a_blinded_report_names_no_arm_and_shows_no_color_of_one(protocol, pages):
    for language in ("en", "zh"):
        page = pages[True, language]
        body = page[page.index("<article>") : page.index('<section id="made"')]
        title = protocol.study.brief_title.say(language)
        shown = body.replace(title, "").replace(protocol.study.standing.say(language), "")
        for arm in protocol.arms.values():
            assert arm.label.say(language) not in shown
        assert '<body class="is-blinded">' in page
        assert WORDS["blinded"][language == "zh"] in page
    assert ".is-blinded { --arm-1: var(--ink); --arm-2: var(--ink-3); }" in pages[True, "en"]


def test_blinded_safety_is_of_everybody_together_and_names_what_is_withheld(pages):
    page = pages[True, "en"]
    table = page[page.index('<section id="safety"') : page.index('<section id="made"')]
    assert "All (83)" in table
    assert "Dummy" not in table
    assert "Mouth ulcer" in table[table.index('class="mask"') :]
    assert "Mouth ulcer" not in table[: table.index('class="mask"')]


def test_the_main_result_is_said_with_its_interval_and_every_number_can_be_asked(pages):
    lead = re.search(r'<p class="lead">(.*?)</p>', pages[False, "en"], re.DOTALL)[1]
    plain = re.sub("<[^>]+>", "", lead).replace("\u00a0", " ")
    assert "26 of 42 responded on Sirolimus and 4 of 42 on Placebo" in plain
    assert "a difference of 52 percentage points (95 % confidence interval 33 to 72; p &lt; 0.001)" in plain
    assert lead.count('href="#made-overall_response"') == 3


def test_the_blinded_lead_claims_nothing_about_the_arms(pages):
    lead = re.search(r'<p class="lead">(.*?)</p>', pages[True, "en"], re.DOTALL)[1]
    assert "is chance" in lead
    assert "26 of 84" in lead


def test_zero_is_shown_as_zero(pages):
    page = pages[False, "en"]
    deaths = re.search(r"<th scope=\"row\">Death</th>(.*?)</tr>", page, re.DOTALL)[1]
    assert re.findall(r">(\d+)<", deaths) == ["0", "0"]


def test_nobody_at_the_limit_is_said_and_not_left_out(protocol):
    results = cast.results() | {"boundary": []}
    page = report.render(results, protocol, cast.snapshot(protocol))
    assert "0 participants had a count of exactly 100" in page


def test_who_stood_exactly_at_the_limit_is_listed(pages):
    section = pages[False, "en"].split('<section id="boundary"')[1].split("</section>")[0]
    assert section.count("<tr") == 3
    assert "04-003" in section
    assert "non-response" in section


def test_every_assumption_stands_there_with_its_reason(protocol, pages):
    for language in ("en", "zh"):
        words = "".join(Reader(pages[False, language]).words)
        for one in protocol.assumptions.values():
            assert one.text.say(language) in words
            assert one.reason.say(language) in words


def test_where_it_comes_from_is_printed_whole(protocol, pages):
    section = pages[False, "en"].split('<section id="provenance"')[1]
    assert cast.HEAD in section
    assert f"--head {cast.HEAD}" in section
    assert protocol.hash in section
    assert protocol.study.version in section


def test_numbers_that_do_not_add_up_are_not_hidden(protocol):
    results = cast.results()
    results["consort"]["screened"] += 1
    page = report.render(results, protocol, cast.snapshot(protocol))
    assert WORDS["adds_up_not"][0] in page
    assert WORDS["adds_up"][0] not in page
    assert WORDS["adds_up"][0] in report.render(cast.results(), protocol, cast.snapshot(protocol))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_trial_that_has_only_begun_has_a_report_too(protocol, language):
    results = cast.results(blinded=True)
    for row in results["endpoints"].values():
        row |= {"estimate": None, "ci": None, "p": None}
        row["arms"] = {arm: {"n": 0, "events": 0} for arm in row["arms"]}
    results["endpoints"]["overall_response"]["decided_by"]["Dummy X"] = {"not_due": 42}
    for row in results["sensitivity"].values():
        row |= {"estimate": None, "ci": None}
    results["trajectories"]["participants"] = []
    page = report.render(results, protocol, cast.snapshot(protocol, blinded=True), language)
    assert 'id="trajectories"' not in page
    assert 'id="every-way"' not in page
    assert WORDS["lead_silent"][language == "zh"].split("{")[0] in page
    assert WORDS["decided_not_due"][language == "zh"] in page
    assert Reader(page).open == []
    assert 5 <= len(report.summary_lines(results, protocol, language)) <= 8


def test_one_point_is_not_said_in_the_plural(protocol):
    results = cast.results()
    results["endpoints"]["overall_response"] |= {"estimate": 0.0104, "ci": [-0.2, 0.2]}
    page = report.render(results, protocol, cast.snapshot(protocol)).replace("\u00a0", " ")
    assert "1 percentage point</a>" in page
    assert "1 point (−20 to 20)" in page


def test_what_cannot_be_estimated_is_named_below_the_forest(protocol):
    results = cast.results()
    results["sensitivity"]["confirmed"] |= {
        "estimate": None,
        "ci": None,
        "refusal": "an arm has no participants",
    }
    page = report.render(results, protocol, cast.snapshot(protocol))
    assert "so not drawn: confirmed by a second count." in page


def test_text_from_the_study_file_and_the_data_is_escaped(protocol):
    results = cast.results()
    results["consort"]["excluded"] = {"<b>x</b>": 47}
    page = report.render(results, protocol, cast.snapshot(protocol))
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_the_two_languages_have_the_same_fields_in_every_phrase():
    for key, (english, chinese) in WORDS.items():
        fields = [sorted(set(re.findall(r"{(\w+)}", words))) for words in (english, chinese)]
        assert fields[0] == fields[1], key
        assert english.count("|") == chinese.count("|"), key


def test_the_chinese_report_speaks_chinese_in_every_heading(pages):
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", pages[False, "zh"])
    assert len(headings) == 11
    assert all(CHINESE.search(heading) for heading in headings)
    assert "〔英文〕" not in pages[False, "zh"]


def test_a_report_is_loaded_only_when_it_is_asked_for():
    code = "import sys, trialist.report; print([m for m in ('jinja2', 'numpy', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("blinded", [False, True])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_summary_for_a_terminal_says_what_was_found_in_a_few_lines(protocol, blinded, language):
    lines = report.summary_lines(cast.results(blinded=blinded), protocol, language)
    assert 5 <= len(lines) <= 8
    text = "\n".join(lines)
    assert WORDS["simulated"][language == "zh"] in text
    assert (WORDS["blinded"][language == "zh"] in text) is blinded
    assert "131" in text
    assert cast.HEAD in text
    if blinded:
        assert not [arm for arm in protocol.arms.values() if arm.label.say(language) in text]


def test_the_style_sheet_sets_the_sizes_that_the_drawings_measure_with(pages):
    style = re.search(r"<style>(.*?)</style>", pages[False, "en"], re.DOTALL)[1]
    assert f".fig text {{ font: 400 {svg.SIZE['']:.0f}px" in style
    assert f".fig text.s {{ font-size: {svg.SIZE['s']:g}px" in style
    assert min(svg.SIZE.values()) >= 11.5
