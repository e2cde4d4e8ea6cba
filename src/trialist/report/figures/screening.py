"""Figures of a screening: who is left after each criterion, and who is ready by site and month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trialist.report.svg import Drawing, log_scale, width_of

_ROW, _BAR = 24.0, 15.0


def waterfall(steps: Sequence[Mapping[str, Any]], observed: int, says: str, *, width: float) -> Drawing:
    """A bar for each criterion: who is left, and beside it who was kept out, on a logarithmic scale."""
    picture = Drawing(width, says)
    names = 48.0
    numbers = 92.0 if picture.narrow else 190.0
    most = 10.0 ** len(str(max(observed - 1, 9)))
    across = log_scale(1, most, names, width - numbers)
    top = 26.0
    bottom = top + _ROW * len(steps)
    mark = 1.0
    while mark <= most:
        if not picture.narrow or len(str(int(mark))) % 3 == 1:
            picture.line(across(mark), top - 6, across(mark), bottom, "grid")
            picture.text(across(mark), 12, f"{int(mark):,}", "s", "middle")
        mark *= 10
    for place, step in enumerate(steps):
        y = top + _ROW * place
        left = step["asked"] - step["out"]
        picture.text(0, y + 12, str(step["id"]), "b")
        ends = across(max(left, 1)), across(max(step["asked"], 1))
        picture.box(names, y, ends[0] - names, _BAR, "est")
        if ends[1] > ends[0]:
            picture.box(ends[0], y, ends[1] - ends[0], _BAR, "w w2")
        words = f"{left:,}" if picture.narrow else f"{left:,}  (−{step['out']:,})"
        picture.text(width, y + 12, words, "s", "end")
    return picture


def months(
    counts: Sequence[Sequence[int]],
    sites: Sequence[str],
    days: Sequence[str],
    says: str,
    *,
    width: float,
    fewest: int,
) -> Drawing:
    """Squares, darker where more people are ready: a row for each site, a column for each month end."""
    picture = Drawing(width, says)
    names = min(150.0, max(width_of(name, size=12.8) for name in sites) + 12) if sites else 0.0
    side = (width - names) / max(1, len(days))
    most = max((number for row in counts for number in row), default=0) or 1
    shown = set(range(len(days) - 1, -1, -max(1, round(48 / side))))
    for place, day in enumerate(days):
        if place in shown:
            picture.text(names + side * (place + 0.5), 12, day[2:7], "s", "middle")
    for row, name in enumerate(sites):
        y = 22.0 + row * _ROW
        picture.text(0, y + 15, name, "s")
        for place, number in enumerate(counts[row]):
            shade = min(9, round(9 * number / most)) if number >= fewest else 0
            picture.box(names + side * place + 1, y, side - 2, _ROW - 2, f"w w{shade}")
            words = "" if number == 0 else f"<{fewest}" if number < fewest else f"{number:,}"
            if words and width_of(words, size=12.8) < side - 4:
                picture.text(
                    names + side * (place + 0.5), y + 15, words, "s halo" if shade > 4 else "s", "middle"
                )
    return picture
