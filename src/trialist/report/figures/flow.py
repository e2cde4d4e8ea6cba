"""The flow of participants, after CONSORT 2025: enrollment, allocation, follow-up, analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialist.report.reading import Arm, Flow, Reason
from trialist.report.svg import Drawing, fitted
from trialist.report.voice import Voice

_LEADING = 16.0
_AIR = 3.0
_SHOWN = 6
_INSET = 12.0
_GAP = 24.0


@dataclass(frozen=True, slots=True)
class _Box:
    """One box: a heading with its count, and smaller lines with theirs. `arm` colors the heading."""

    heading: str
    count: int
    rows: tuple[tuple[str, int], ...] = ()
    quiet: bool = False
    arm: int = 0


def draw(arms: Sequence[Arm], flow: Flow, voice: Voice, *, width: float, stamp: str) -> Drawing:
    """The diagram: two columns on a page, one below the other on a phone."""
    picture = Drawing(width, _sentence(arms, flow, voice), stamp)
    top = (
        _Box(voice("assessed"), flow.screened),
        _excluded(flow, voice),
        _Box(voice("randomized"), flow.randomized),
    )
    columns = [_column(arm, flow, voice) for arm in arms]
    (_phone if picture.narrow else _page)(picture, top, columns, voice)
    return picture


def _sentence(arms: Sequence[Arm], flow: Flow, voice: Voice) -> str:
    parts = [
        voice("alt_arm_flow", arm=arm.label, n=path.allocated, analyzed=path.analyzed)
        for arm, path in zip(arms, flow.arms, strict=True)
    ]
    numbers = {"screened": flow.screened, "excluded": flow.not_randomized, "randomized": flow.randomized}
    return voice("alt_flow", arms=voice.listed(parts), **numbers)


def _reasons(reasons: Sequence[Reason], voice: Voice) -> tuple[tuple[str, int], ...]:
    """The most frequent reasons; the rest as one line, whole in the table below the figure."""
    if len(reasons) <= _SHOWN:
        return tuple((reason.label, reason.count) for reason in reasons)
    rest = reasons[_SHOWN - 1 :]
    shown = [(reason.label, reason.count) for reason in reasons[: _SHOWN - 1]]
    return (*shown, (voice("other_reasons", kinds=len(rest)), sum(reason.count for reason in rest)))


def _excluded(flow: Flow, voice: Voice) -> _Box:
    """The three groups of the statement, and below the first the criteria that turned most people away."""
    not_met, declined, other = flow.grouped
    rows = [(voice("criteria_not_met"), _total(not_met))]
    rows += [(f"– {label}", count) for label, count in _reasons(not_met, voice)]
    rows += [(voice("declined"), _total(declined)), (voice("other_excluded"), _total(other))]
    named = [one for one in other if one.key != "other"]
    rows += [(f"– {label}", count) for label, count in _reasons(named, voice)]
    return _Box(voice("not_randomized"), flow.not_randomized, tuple(rows), quiet=True)


def _column(arm: Arm, flow: Flow, voice: Voice) -> tuple[_Box, ...]:
    path = flow.arms[arm.mark - 1]
    received = (
        (voice("received"), path.received),
        (voice("not_received"), path.allocated - path.received),
        *((f"– {one.label}", one.count) for one in path.not_received),
    )
    going = (("on_treatment", path.on_treatment), ("in_study", path.in_study))
    still = tuple((voice(key), count) for key, count in going if count)
    return (
        _Box(arm.label, path.allocated, (*received, *still), arm=arm.mark),
        _Box(voice("stopped"), _total(path.discontinued), _reasons(path.discontinued, voice), quiet=True),
        _Box(voice("left_study"), _total(path.left), _reasons(path.left, voice), quiet=True),
        _Box(
            voice("analyzed"),
            path.analyzed,
            (*_reasons(path.decided, voice), (voice("not_analyzed"), path.allocated - path.analyzed)),
        ),
    )


def _total(reasons: Sequence[Reason]) -> int:
    return sum(reason.count for reason in reasons)


def _laid_out(box: _Box, width: float) -> list[tuple[list[str], int]]:
    room = width - 2 * _INSET - 40
    return [(fitted(label, room, lines=2), count) for label, count in box.rows]


def _height(box: _Box, width: float) -> float:
    lines = sum(len(label) for label, _ in _laid_out(box, width))
    return 38 + (lines * _LEADING + len(box.rows) * _AIR + 4 if lines else 0)


def _put(picture: Drawing, box: _Box, x: float, y: float, *, width: float, height: float = 0.0) -> float:
    """Draw a box; gives its lower edge."""
    height = max(height, _height(box, width))
    picture.box(x, y, width, height, "box quiet" if box.quiet else "box")
    picture.text(x + _INSET, y + 25, box.heading, f"f{box.arm}" if box.arm else "b")
    picture.text(x + width - _INSET, y + 25, str(box.count), "b", "end")
    at = y + 25 + _LEADING + 3
    for label, count in _laid_out(box, width):
        picture.text(x + width - _INSET, at, str(count), "", "end")
        at = picture.lines(x + _INSET, at, label, leading=_LEADING) + _AIR
    return y + height


def _page(picture: Drawing, top: Sequence[_Box], columns: Sequence[Sequence[_Box]], voice: Voice) -> None:
    left, right, width, wire = 108.0, 492.0, 340.0, 60.0
    assessed, excluded, randomized = top
    picture.text(0, 25, voice("stage_enrollment"), "s")
    under = _put(picture, assessed, left, 0, width=width)
    side = _put(picture, excluded, right, under + 14, width=width)
    middle = (under + 14 + side) / 2
    below = side + 16
    picture.path(f"M{left + wire} {under:.0f}V{below:.0f}M{left + wire} {middle:.0f}H{right}", "wire")
    under = _put(picture, randomized, left, below, width=width)
    split, start = under + 14, under + 28
    picture.path(
        f"M{left + wire} {under:.0f}V{start:.0f}M{left + wire} {split:.0f}H{right + wire}V{start:.0f}", "wire"
    )
    rows = list(zip(*columns, strict=True))
    for stage, boxes in zip(("allocation", "follow_up", "", "analysis"), rows, strict=True):
        if stage:
            picture.text(0, start + 25, voice(f"stage_{stage}"), "s")
        height = max(_height(box, width) for box in boxes)
        for x, box in zip((left, right), boxes, strict=True):
            _put(picture, box, x, start, width=width, height=height)
            if stage != "analysis":
                picture.path(f"M{x + wire} {start + height:.0f}v{_GAP:.0f}", "wire")
        start += height + _GAP


def _phone(picture: Drawing, top: Sequence[_Box], columns: Sequence[Sequence[_Box]], voice: Voice) -> None:
    del voice  # the stages have no room here: the order says them
    y = _trunk(picture, top, 0.0)
    picture.path(f"M14 {y:.0f}v{_GAP:.0f}", "wire")
    for column in columns:  # no wire from one arm to the other: nobody goes that way
        y = _trunk(picture, column, y + _GAP)


def _trunk(picture: Drawing, boxes: Sequence[_Box], y: float) -> float:
    """The first box, those that branch off it, and the last; gives the lower edge of the last."""
    first, *sides, last = boxes
    start = y = _put(picture, first, 0, y, width=picture.width)
    for side in sides:
        top = y + 12
        y = _put(picture, side, 32, top, width=picture.width - 32)
        picture.path(f"M14 {(top + y) / 2:.0f}H32", "wire")
    picture.path(f"M14 {start:.0f}V{y + 12:.0f}", "wire")
    return _put(picture, last, 0, y + 12, width=picture.width)
