"""Every way the missing could have responded: a cell each, dark where the conclusion turns."""

from __future__ import annotations

from collections.abc import Sequence

from trialist.report.further import Tipping
from trialist.report.reading import Arm
from trialist.report.svg import Drawing
from trialist.report.voice import Voice

_LARGEST, _LEFT, _TOP = 40.0, 44.0, 30.0
_NUMBERED = 18.0
"""Pixels between numbers along an axis, at least."""


def draw(arms: Sequence[Arm], data: Tipping, voice: Voice, *, width: float, stamp: str) -> Drawing:
    """The second arm's responders run across, the first arm's upward, both from none."""
    picture = Drawing(width, _sentence(arms, data, voice), stamp)
    rows, columns = data.missing[0] + 1, data.missing[1] + 1
    side = min(_LARGEST, (picture.width - _LEFT - 4) / columns, 420.0 / rows)
    bottom = _TOP + rows * side
    picture.text(0, 14, f"↑ {voice('tipping_axis', arm=arms[0].label)}", "s")
    for i in range(rows):
        for j in range(columns):
            x, y = _LEFT + j * side, bottom - (i + 1) * side
            picture.box(x + 0.75, y + 0.75, side - 1.5, side - 1.5, "est" if data.turns(i, j) else "quiet")
    picture.disc(_LEFT + side / 2, bottom - side / 2, min(5.0, side / 3), "ring")
    every = max(1, round(_NUMBERED / side))
    for i in range(0, rows, every):
        picture.text(_LEFT - 8, bottom - (i + 0.5) * side + 4, str(i), "s", "end")
    for j in range(0, columns, every):
        picture.text(_LEFT + (j + 0.5) * side, bottom + 16, str(j), "s", "middle")
    picture.text(_LEFT, bottom + 36, f"{voice('tipping_axis', arm=arms[1].label)} →", "s")
    return picture


def _sentence(arms: Sequence[Arm], data: Tipping, voice: Voice) -> str:
    return voice(
        "alt_tipping",
        first=arms[0].label,
        second=arms[1].label,
        first_n=data.missing[0],
        second_n=data.missing[1],
        turned=data.turned,
        n=data.cells,
    )
