"""The difference forest: the primary analysis, sensitivity analyses and strata, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from trialist.report.reading import Arm, Comparison
from trialist.report.svg import SIZE, Drawing, Scale, ticks, width_of, wrapped
from trialist.report.voice import Voice

_LABEL_ROOM = 276.0
_PLOT = (300.0, 664.0)
_MOST = 100.0


def draw(
    arms: Sequence[Arm], rows: Sequence[Comparison], voice: Voice, *, width: float, stamp: str
) -> Drawing:
    """One row per comparison: a square for the primary, rings for the rest; every interval whole."""
    picture = Drawing(width, _sentence(rows, voice), stamp)
    tops, bottom = _heights(picture, rows, voice)
    scale = _axis(picture, arms, rows, voice, bottom)
    for row, top in zip(rows, tops, strict=True):
        _row(picture, scale, row, top, voice)
    for (before, after), top in zip(pairwise(rows), tops[1:], strict=True):
        if before.group != after.group:
            picture.line(0, top - 3, picture.width, top - 3, "grid")
    return picture


def _sentence(rows: Sequence[Comparison], voice: Voice) -> str:
    primary = rows[0]
    return voice(
        "alt_forest",
        points=voice.number(100 * primary.value),
        ci=voice.points(primary.low, primary.high),
        others=len(rows) - 1,
        low=voice.number(100 * min(row.value for row in rows)),
        high=voice.number(100 * max(row.value for row in rows)),
    )


def _number(row: Comparison, voice: Voice) -> str:
    return f"{voice.number(100 * row.value)} ({voice.points(row.low, row.high)})"


def _label(picture: Drawing, row: Comparison, voice: Voice) -> list[str]:
    bold = row.group == "primary"
    room = _LABEL_ROOM
    if picture.narrow:
        room = picture.width - width_of(_number(row, voice), bold=bold) - 14
    return wrapped(row.label, room, bold=bold)


def _heights(picture: Drawing, rows: Sequence[Comparison], voice: Voice) -> tuple[list[float], float]:
    """Where each row begins, and where the plot ends."""
    tops, y = [], 50.0 if picture.narrow else 34.0
    for row in rows:
        tops.append(y)
        taken = len(_label(picture, row, voice))
        y += taken * 17 + 44 if picture.narrow else (taken + 1) * 16 + 10
    return tops, y


def _axis(
    picture: Drawing, arms: Sequence[Arm], rows: Sequence[Comparison], voice: Voice, bottom: float
) -> Scale:
    low, high = 100 * min(0.0, *(row.low for row in rows)), 100 * max(0.0, *(row.high for row in rows))
    # No difference of shares lies beyond 100 points: a number there would only make a reader wonder.
    marks = [mark for mark in ticks(low - 5, high + 5, 6) if abs(mark) <= _MOST]
    start, end = (18.0, picture.width - 18) if picture.narrow else _PLOT
    scale, top = Scale(min(marks[0], low), max(marks[-1], high), start, end), 40.0 if picture.narrow else 26.0
    for mark in marks:
        x = scale(mark)
        picture.line(x, top, x, bottom, "zero" if mark == 0 else "grid")
        sign = "+" if mark > 0 else ""
        picture.text(x, bottom + 18, sign + voice.number(mark), "s", "middle")
    _directions(picture, arms, scale(0), voice)
    return scale


def _directions(picture: Drawing, arms: Sequence[Arm], zero: float, voice: Voice) -> None:
    """Which side speaks for which arm, on both sides of zero; on a phone in one line from the edges."""
    left, right = (voice("favors", arm=arms[turn].label) for turn in (1, 0))
    if picture.narrow:
        picture.text(0, 14, f"← {left}", "s")
        picture.text(picture.width, 14, f"{right} →", "s", "end")
        picture.text(zero, 34, "0", "s", "middle")
        return
    counts = voice("responders_of", first=arms[0].label, second=arms[1].label)
    picture.text(0, 14, counts, "s")
    room = zero - 12 - width_of(counts, size=SIZE["s"]) - 16
    fits = width_of(f"← {left}", size=SIZE["s"]) < room
    picture.text(zero - 10, 14, f"← {left}" if fits else "←", "s", "end")
    picture.text(zero + 10, 14, f"{right} →", "s")
    picture.text(picture.width, 14, voice("points_95"), "s", "end")


def _row(picture: Drawing, scale: Scale, row: Comparison, top: float, voice: Voice) -> None:
    primary = row.group == "primary"
    style, label = "b" if primary else "", _label(picture, row, voice)
    halo = f"{style} halo".strip() if picture.narrow else style
    after = picture.lines(0, top + 14, label, halo, leading=17 if picture.narrow else 16)
    counts = ", ".join(f"{share.events}/{share.n}" for share in row.shares)
    if picture.narrow:
        y = after + 2
        picture.text(picture.width, top + 14, _number(row, voice), f"{style} e halo".strip())
    else:
        y = (top + 14 + after) / 2 - 5
        picture.text(0, after, counts, "s")
        picture.text(picture.width, y + 5, _number(row, voice), style, "end")
    picture.bracket(scale(100 * row.low), scale(100 * row.high), y, "ci", half=7)
    if primary:
        picture.square(scale(100 * row.value), y, 11, "est")
    else:
        picture.disc(scale(100 * row.value), y, 4.5, "ring")
