"""Values before and after: a panel per analyte, both arms side by side, every participant a line."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trialist.report.further import Bounds, Panel, Titers
from trialist.report.reading import Arm
from trialist.report.svg import SIZE, Drawing, Scale, fitted, log_scale
from trialist.report.voice import Voice

_ROUND = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_TALL, _HEAD, _FOOT, _LEFT, _GAP = 150.0, 46.0, 66.0, 30.0, 22.0


def draw(arms: Sequence[Arm], data: Titers, voice: Voice, *, width: float, stamp: str) -> Drawing:
    """Panels beside each other, below each other on a phone; each on its own logarithmic scale."""
    labels = voice.listed([panel.label for panel in data.panels])
    picture = Drawing(width, voice("alt_titers", analytes=labels), stamp)
    across = 1 if picture.narrow else 4
    room = (picture.width - _GAP * (across - 1)) / across
    for turn, panel in enumerate(data.panels):
        left = (turn % across) * (room + _GAP)
        top = (turn // across) * (_HEAD + _TALL + _FOOT)
        _panel(picture, arms, panel, voice, at=(left, top, room))
    return picture


def _panel(
    picture: Drawing,
    arms: Sequence[Arm],
    panel: Panel,
    voice: Voice,
    *,
    at: tuple[float, float, float],
) -> None:
    left, top, room = at
    picture.lines(left, top + 14, fitted(panel.label, room, lines=1), "b")
    picture.text(left, top + 30, panel.unit, "s")
    marks = _marks(panel)
    scale = log_scale(marks[0], marks[-1], top + _HEAD + _TALL, top + _HEAD)
    for mark in marks:
        picture.line(left + _LEFT, scale(mark), left + room, scale(mark), "grid")
        picture.text(left + _LEFT - 5, scale(mark) + 4, f"{mark:g}", "s", "end")
    width = (room - _LEFT) / len(arms)
    for turn, (arm, pairs) in enumerate(zip(arms, panel.pairs, strict=True)):
        start = left + _LEFT + turn * width
        _pairs(picture, scale, arm, pairs, (start + 0.18 * width, start + 0.82 * width))
        name = fitted(arm.label, width - 2, lines=1, size=SIZE["s"])[0]
        picture.text(start + width / 2, top + _HEAD + _TALL + 18, name, f"f{arm.mark}", "middle")
    picture.text(left, top + _HEAD + _TALL + 36, _ratio(panel.ratio, voice), "s")


def _pairs(
    picture: Drawing, scale: Scale, arm: Arm, pairs: Sequence[tuple[float, float]], x: tuple[float, float]
) -> None:
    for before, after in pairs:
        picture.polyline([(x[0], scale(before)), (x[1], scale(after))], f"l{arm.mark} thin")
    if pairs:
        means = [math.exp(math.fsum(map(math.log, side)) / len(pairs)) for side in zip(*pairs, strict=True)]
        picture.polyline([(at, scale(mean)) for at, mean in zip(x, means, strict=True)], f"l{arm.mark} med")


def _marks(panel: Panel) -> list[float]:
    """Round values around all that is drawn."""
    values = [value for pairs in panel.pairs for pair in pairs for value in pair]
    low, high = min(values), max(values)
    start = max((mark for mark in _ROUND if mark <= low), default=low)
    end = min((mark for mark in _ROUND if mark >= high and mark > start), default=high * 1.01)
    return [start, *(mark for mark in _ROUND if start < mark < end), end]


def _ratio(ratio: Bounds | None, voice: Voice) -> str:
    if ratio is None:
        return voice("not_estimable")
    value, low, high = (voice.number(one, 2) for one in ratio)
    return voice("titer_ratio", value=value, low=low, high=high)
