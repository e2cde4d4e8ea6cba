"""The main result: each arm's share with its interval, and the difference, on one axis of percent."""

from __future__ import annotations

from collections.abc import Sequence

from trialist.report.reading import Arm, Comparison, Share
from trialist.report.svg import Anchor, Drawing, Scale, ticks, width_of
from trialist.report.voice import Voice

_ROW = 46
_NARROW_ROW = 62


def draw(arms: Sequence[Arm], main: Comparison, voice: Voice, *, width: float, stamp: str) -> Drawing:
    """Rows for the arms (brackets: Wilson) and one for the difference (the estimand's own interval)."""
    picture = Drawing(width, _sentence(arms, main, voice), stamp)
    room = _NARROW_ROW if picture.narrow else _ROW
    bottom = room * (len(arms) + 1) + (8 if picture.narrow else 4)
    scale = _axis(picture, main, voice, bottom)
    for turn, (arm, share) in enumerate(zip(arms, main.shares, strict=True)):
        y = room * turn + (44 if picture.narrow else 26)
        _share(picture, scale, arm, share, voice, y=y)
    _difference(picture, scale, room * len(arms) + (52 if picture.narrow else 34), main, voice)
    return picture


def _sentence(arms: Sequence[Arm], main: Comparison, voice: Voice) -> str:
    shares = [
        voice("alt_share", arm=arm.label, events=share.events, n=share.n)
        for arm, share in zip(arms, main.shares, strict=True)
    ]
    ends = {"points": voice.number(100 * main.value), "ci": voice.points(main.low, main.high)}
    return voice("alt_response", shares=voice.listed(shares), **ends)


def _axis(picture: Drawing, main: Comparison, voice: Voice, bottom: float) -> Scale:
    """From 0 to 100 %, and further left when the difference reaches below 0: no interval is ever clipped."""
    lowest = min(0.0, 100 * main.low)
    marks = ticks(lowest, 100, 5 if lowest == 0 else 6)
    start, end = (8.0, picture.width - 8) if picture.narrow else (150.0, picture.width - 200)
    scale = Scale(marks[0], marks[-1], start, end)
    for mark in marks:
        x = scale(mark)
        picture.line(x, 6, x, bottom, "zero" if mark == 0 and lowest < 0 else "grid")
        edge = picture.narrow and mark in (marks[0], marks[-1])
        anchor: Anchor = "middle" if not edge else "start" if mark == marks[0] else "end"
        at = x if not edge else 0 if mark == marks[0] else picture.width
        picture.text(at, bottom + 18, voice.percent(mark / 100), "s", anchor)
    return scale


def _share(picture: Drawing, scale: Scale, arm: Arm, share: Share, voice: Voice, *, y: float) -> None:
    low, high, at = scale(100 * share.low), scale(100 * share.high), scale(100 * share.value)
    picture.bracket(low, high, y, f"l{arm.mark} ci")
    if arm.mark == 1:
        picture.disc(at, y, 6, "f1")
    else:
        picture.square(at, y, 11, f"f{arm.mark}")
    count = voice("count_of", events=share.events, n=share.n)
    number = f"{count}: {voice.percent(share.value)} ({voice.points(share.low, share.high)})"
    _names(picture, y, arm.label, f"f{arm.mark}", number)


def _difference(picture: Drawing, scale: Scale, y: float, main: Comparison, voice: Voice) -> None:
    picture.line(
        0, y - (46 if picture.narrow else 29), picture.width, y - (46 if picture.narrow else 29), "grid"
    )
    picture.bracket(scale(100 * main.low), scale(100 * main.high), y, "ci")
    picture.square(scale(100 * main.value), y, 11, "est")
    number = voice.counted("points_ci", voice.number(100 * main.value), ci=voice.points(main.low, main.high))
    _names(picture, y, voice("difference"), "b", number)


def _names(picture: Drawing, y: float, label: str, style: str, number: str) -> None:
    """The label left and the number right of a row; on a phone both above it."""
    if not picture.narrow:
        picture.text(0, y + 5, label, style)
        picture.text(picture.width, y + 5, number, "b", "end")
        return
    assert width_of(label, bold=True) + width_of(number, bold=True) < 1.5 * picture.width, "both fit one line"
    picture.text(0, y - 16, label, f"{style} halo")
    picture.text(picture.width, y - 16, number, "b halo", "end")
