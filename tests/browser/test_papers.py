"""The plan, the listings and the board's reports in a browser: they fit, they print, and a checker finds nothing."""

from __future__ import annotations

import pytest
from test_report import TOUCHING

from trialist import report
from trialist.analysis import analyze
from trialist.analysis.board import board
from trialist.analysis.cuts import moment_of
from trialist.analysis.listings import listings
from trialist.ledger.snapshot import take
from trialist.protocol import load
from trialist.rehearsal import rehearse
from trialist.report import board as board_pages
from trialist.report import listing_pages, plan

NAMES = ("plan", "open", "closed", "listings/adverse_events", "listings/serious", "listings/endpoints")
REPORTS = ("report", "report-blinded")
"""The same trial's reports: with every table that real data fill."""
WIDTHS = (320, 768, 1280)


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """(name, language) → file, of one small trial."""
    folder, protocol = tmp_path_factory.mktemp("papers"), load("smart").complete()
    trial = rehearse(protocol, 7, participants=20)
    events, disclose = list(trial.ledger.events()), trial.ledger.disclosed
    kits = dict(trial.annex.kit_list)
    arms = {one.participant: kits[one.kit] for one in trial.vault.receipts()}
    cut, at = moment_of(protocol, "first_ten", events)
    found = {}
    for language in ("en", "zh"):
        own = folder / language
        own.mkdir()
        found["plan", language] = plan.write(protocol, own / "plan.html", language)
        for view, name in ((None, "open"), (arms, "closed")):
            taken = take(events, protocol, as_of=at, arms=view, disclose=disclose)
            board_pages.write(board(protocol, taken, events, cut), protocol, taken, own, language)
            found[name, language] = own / name / "report.html"
        taken = take(events, protocol, arms=arms, disclose=disclose)
        rows = listings(protocol, taken, events, disclose=disclose)
        for path in listing_pages.write(rows, protocol, taken, own / "listings", language):
            found[f"listings/{path.stem}", language] = path
    for view, name in zip((arms, None), REPORTS, strict=True):
        taken = take(events, protocol, arms=view, disclose=disclose)
        found[name, "en"] = report.write(analyze(protocol, taken), protocol, taken, folder / f"{name}.html")
    return found


@pytest.fixture
def visit(window, papers):
    """Opens one of the papers in a window of that width."""

    def opened(name, language, width=1280, **options):
        page = window(width=width, **options)
        page.goto(papers[name, language].as_uri())
        return page

    return opened


@pytest.mark.parametrize(
    ("name", "language"), [*((name, "en") for name in (*NAMES, *REPORTS)), ("plan", "zh")]
)
def test_nothing_is_wider_than_the_window_and_no_texts_of_a_figure_touch(visit, name, language):
    page = visit(name, language)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate(TOUCHING) == [], width


@pytest.mark.parametrize(
    ("name", "language", "width", "scheme"),
    [
        ("plan", "en", 1280, "light"),
        ("open", "en", 1280, "dark"),
        ("closed", "zh", 360, "dark"),
        ("listings/serious", "en", 360, "light"),
    ],
)
def test_a_checker_of_accessibility_finds_nothing(visit, violations, name, language, width, scheme):
    assert violations(visit(name, language, width, color_scheme=scheme)) == []


@pytest.mark.parametrize(
    ("name", "across"), [("plan", False), ("closed", False), ("listings/endpoints", True)]
)
def test_it_prints_on_a4_reports_upright_and_listings_across(visit, papers, tmp_path, name, across):
    page = visit(name, "en")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    data = page.pdf(prefer_css_page_size=True)
    box = data[data.index(b"/MediaBox") :][:60].decode("latin-1")
    left, bottom, right, top = map(float, box[box.index("[") + 1 : box.index("]")].split())
    assert (right - left > top - bottom) is across


def test_the_open_report_has_no_color_and_the_closed_one_says_by_arm(visit):
    marks = "[...document.querySelectorAll('svg.fig--wide .f2')].length"
    assert visit("open", "en").evaluate(marks) == 0
    assert visit("closed", "en").evaluate(marks) > 0
