"""Enrollment against time: participants randomized so far, beside the number planned."""

from __future__ import annotations

from datetime import date

from trialist.report.reading import Enrollment
from trialist.report.svg import SIZE, Anchor, Drawing, Plane, Scale, ticks, width_of
from trialist.report.voice import Voice

_STEPS = (1, 2, 3, 4, 6, 12, 24)
"""Months between two names on the axis."""


def draw(enrollment: Enrollment, voice: Voice, *, width: float, stamp: str) -> Drawing:
    """A staircase of randomizations, and the number planned as a dashed line in words."""
    picture = Drawing(width, _sentence(enrollment, voice), stamp)
    height = 190.0 if picture.narrow else 240.0
    first, last = _months(enrollment)
    marks = ticks(0, max(enrollment.target, enrollment.steps[-1][1]), 5)
    days = Scale(first.toordinal(), last.toordinal(), 30, width - (14 if picture.narrow else 124))
    plane = Plane(days, Scale(0, marks[-1], height, 26))
    picture.text(0, 12, voice("participants_randomized"), "s")
    for mark in marks:
        y = plane.y(mark)
        picture.line(days.start, y, days.end, y, "zero" if mark == 0 else "grid")
        picture.text(days.start - 8, y + 4, voice.number(mark), "s", "end")
    _calendar(picture, plane, first, last, voice)
    _target(picture, plane, enrollment.target, voice)
    _staircase(picture, plane, enrollment, voice)
    return picture


def _sentence(enrollment: Enrollment, voice: Voice) -> str:
    day, count = enrollment.steps[-1]
    first = voice.day(enrollment.steps[0][0])
    return voice("alt_enrollment", first=first, last=voice.day(day), n=count, target=enrollment.target)


def _months(enrollment: Enrollment) -> tuple[date, date]:
    """The first day of the first month, and of the month after the last."""
    first, last = enrollment.steps[0][0], enrollment.steps[-1][0]
    return first.replace(day=1), _later(last.replace(day=1), 1)


def _later(month: date, months: int) -> date:
    turn = month.year * 12 + month.month - 1 + months
    return date(turn // 12, turn % 12 + 1, 1)


def _calendar(picture: Drawing, plane: Plane, first: date, last: date, voice: Voice) -> None:
    """Names of months below the axis, as many as fit."""
    span = (last.year - first.year) * 12 + last.month - first.month
    half = width_of(voice.tick(first), size=SIZE["s"]) / 2
    room = (plane.x.end - plane.x.start) / span
    step = next((months for months in _STEPS if months * room >= 2 * half + 14), _STEPS[-1])
    for turn in range(0, span + 1, step):
        month = _later(first, turn)
        x, ground = plane(month.toordinal(), 0)
        picture.line(x, ground, x, ground + 5, "zero")
        if x + half <= picture.width:
            anchor: Anchor = "start" if x < half else "middle"
            picture.text(0 if x < half else x, ground + 21, voice.tick(month), "s", anchor)


def _target(picture: Drawing, plane: Plane, target: int, voice: Voice) -> None:
    y = plane.y(target)
    picture.line(plane.x.start, y, plane.x.end, y, "ref")
    picture.text(plane.x.start + 6, y - 6, voice("planned_number", n=target), "s halo")


def _staircase(picture: Drawing, plane: Plane, enrollment: Enrollment, voice: Voice) -> None:
    points: list[tuple[float, float]] = []
    level = plane.y(0)
    for day, count in enrollment.steps:
        x, top = plane(day.toordinal(), count)
        points += [(x, level), (x, top)]
        level = top
    picture.polyline(points, "step")
    x = points[-1][0]
    picture.disc(x, level, 4.5, "est")
    name = voice("randomized_n", n=enrollment.steps[-1][1])
    if picture.narrow:  # no room beside the last step: above the plot, in line with the axis's name
        picture.text(picture.width, 12, name, "b", "end")
    else:
        picture.text(x + 10, level + 5, name, "b halo")
