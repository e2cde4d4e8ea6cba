"""Adverse events by category: the share of participants with at least one, arm by arm, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialist.report.reading import Share
from trialist.report.svg import Drawing, Scale, ticks, wrapped
from trialist.report.voice import Voice

_LABEL_ROOM = 240.0
_PLOT = (262.0, 740.0)
_TOP = 26.0


@dataclass(frozen=True, slots=True)
class EventRow:
    """One category, and its share in each arm; `main` is a class, the others belong to the one above them."""

    label: str
    shares: tuple[Share, ...]
    main: bool


def draw(
    labels: Sequence[str], rows: Sequence[EventRow], voice: Voice, *, width: float, stamp: str, says: str
) -> Drawing:
    """One band per category; a disc for the first arm, a square for the second."""
    picture = Drawing(width, says, stamp)
    apart = len(labels) > 1
    step = (22.0 if apart else 12.0) + 14.0
    legend = 18.0 if apart else 0.0
    if apart:
        for turn, (label, x, anchor) in enumerate(
            zip(labels, (0.0, picture.width), ("start", "end"), strict=False)
        ):
            mark = ("●", "■")[turn]
            picture.text(x, 12, f"{mark} {label}", f"f{turn + 1}", anchor)  # type: ignore[arg-type] # start or end
    tops, y = [], legend + _TOP - 14
    for row in rows:
        lines = _label(picture, row)
        tops.append(y)
        y += (17 * len(lines) + step + 2) if picture.narrow else max(17.0 * len(lines) + 8, step)
    scale = _axis(picture, rows, legend + 4, y)
    for row, top in zip(rows, tops, strict=True):
        _row(picture, scale, row, top, step)
    del voice  # the labels come in words already
    return picture


def _label(picture: Drawing, row: EventRow) -> list[str]:
    room = picture.width - 70 if picture.narrow else _LABEL_ROOM - (0 if row.main else 16)
    return wrapped(row.label, room, bold=row.main)


def _axis(picture: Drawing, rows: Sequence[EventRow], top: float, bottom: float) -> Scale:
    high = max((100 * share.high for row in rows for share in row.shares), default=10.0)
    marks = ticks(0, max(high, 5.0), 6)
    start, end = (6.0, picture.width - 26) if picture.narrow else _PLOT
    scale = Scale(marks[0], marks[-1], start, end)
    for mark in marks:
        picture.line(scale(mark), top, scale(mark), bottom, "zero" if mark == 0 else "grid")
        unit = " %" if mark == marks[-1] else ""
        picture.text(scale(mark), bottom + 16, f"{mark:g}{unit}", "s", "middle")
    return scale


def _row(picture: Drawing, scale: Scale, row: EventRow, top: float, step: float) -> None:
    indent = 0.0 if row.main else 16.0
    lines = _label(picture, row)
    style = "b halo" if row.main else "halo"
    picture.lines(indent, top + 14, lines, style)
    middle = top + 17 * len(lines) + 8 + (step - 22) / 2 if picture.narrow else top + step / 2 - 4
    apart = len(row.shares) > 1
    for turn, share in enumerate(row.shares):
        y = middle + (turn * 14 - 7 if apart else 0)
        mark = f"{turn + 1}"
        picture.bracket(scale(100 * share.low), scale(100 * share.high), y, f"ci l{mark}", half=5)
        if turn == 0:
            picture.disc(scale(100 * share.value), y, 4.5, f"f{mark}")
        else:
            picture.square(scale(100 * share.value), y, 8, f"f{mark}")
        picture.text(picture.width, y + 5, str(share.events), f"f{mark} halo", "end")
