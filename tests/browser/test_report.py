"""The report in a browser: it fits, it can be read, and tools for the blind find nothing wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

import report_cast as cast
from trialist import report
from trialist.protocol import load

SMALLEST = 11.5
"""Pixels; no text of a figure is drawn smaller on a screen."""
WIDTHS = (320, 360, 600, 768, 832, 1088, 1280)
TOUCHING = """
[...document.querySelectorAll('svg.fig')].filter(one => one.getClientRects().length).flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text:not(.stamp)')]
    .map(one => [one.textContent, one.getBoundingClientRect()]);
  const touch = (one, other) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4;
  return [
    ...boxes.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1)
      .map(([words]) => 'outside: ' + words),
    ...boxes.flatMap(([a, one], turn) =>
      boxes.slice(turn + 1).filter(([, other]) => touch(one, other)).map(([b]) => a + ' | ' + b)),
  ];
})
"""
"""Texts of the drawings shown that reach outside them, or lie on each other."""
SMALLEST_TEXT = """
Math.min(...[...document.querySelectorAll('svg.fig text')]
  .filter(one => one.getClientRects().length)
  .map(one => {
    const seen = one.getScreenCTM();
    return parseFloat(getComputedStyle(one).fontSize) * Math.hypot(seen.c, seen.d);
  }))
"""
PAGES = [(blinded, language) for blinded in (False, True) for language in ("en", "zh")]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, protocol = tmp_path_factory.mktemp("report"), load("smart").complete()
    found = {}
    for blinded, language in PAGES:
        path = folder / f"{'blinded' if blinded else 'open'}.{language}.html"
        results, snapshot = cast.results(blinded=blinded), cast.snapshot(protocol, blinded=blinded)
        found[blinded, language] = report.write(results, protocol, snapshot, path, language)
    return found


@pytest.fixture
def visit(window, files):
    """Opens one of the reports in a window of that width."""

    def opened(which, width=1280, **options):
        page = window(width=width, **options)
        page.goto(Path(files[which]).as_uri())
        return page

    return opened


@pytest.mark.parametrize("which", PAGES)
def test_nothing_is_wider_than_the_window_and_no_figure_has_tiny_text(visit, which):
    page = visit(which)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        smallest = page.evaluate(SMALLEST_TEXT)
        assert smallest >= SMALLEST, width


@pytest.mark.parametrize("which", PAGES)
def test_one_drawing_of_each_figure_is_shown_and_its_texts_do_not_touch(visit, which):
    page = visit(which)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        shown = page.evaluate(
            "[...document.querySelectorAll('figure')].map(one => "
            "[...one.querySelectorAll('svg')].filter(svg => svg.getClientRects().length).length)"
        )
        assert shown == [1] * 5, width
        assert page.evaluate(TOUCHING) == [], width


@pytest.mark.parametrize("which", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_a_checker_of_accessibility_finds_nothing(visit, violations, which, width, scheme):
    """Both widths and both schemes of every report; no color depends on the width."""
    page = visit(which, width, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(page) == []


def test_arms_have_color_only_when_opened(visit):
    for blinded in (False, True):
        page = visit((blinded, "en"))
        colors = page.evaluate(
            "[...document.querySelectorAll('svg.fig--wide :is(.f1, .f2, .l1, .l2)')]"
            ".flatMap(one => [getComputedStyle(one).fill, getComputedStyle(one).stroke])"
        )
        tinted = {color for color in colors if color.startswith("rgb") and _spread(color) > 24}
        assert bool(tinted) is not blinded


def _spread(color):
    """How far a color is from gray."""
    levels = [int(level) for level in color[color.index("(") + 1 : -1].split(",")[:3]]
    return max(levels) - min(levels)


def test_the_page_asks_for_nothing_else(visit, files):
    page = visit((False, "en"))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    assert asked == [Path(files[False, "en"]).as_uri()]


def test_on_paper_the_figures_are_the_wide_ones_and_the_tables_are_open(visit):
    page = visit((False, "en"), 680)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    assert page.locator("svg.fig--wide").first.is_visible()
    assert not page.locator("svg.fig--narrow").first.is_visible()
    assert page.locator("details.twin table").first.is_visible()
    assert not page.locator("nav").is_visible()
    assert page.locator(".band b").is_visible()
