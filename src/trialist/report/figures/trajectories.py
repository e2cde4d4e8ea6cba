"""Counts over time: every participant thin, the median thick, the middle half shaded; one panel per arm."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from trialist.report.reading import Arm, Course, Trajectories
from trialist.report.svg import SIZE, Drawing, Plane, log_scale, root_scale, width_of
from trialist.report.voice import Voice

_ROUND = (1, 2, 5, 10, 20, 30, 50, 100, 200, 400, 800, 1600, 3200)
_TALL, _NARROW_TALL, _BETWEEN = 290.0, 250.0, 56.0
_LEFT, _PANEL, _GUTTER = 40.0, 336.0, 80.0
_CLOSE = 40.0
"""Pixels from the panel's edge within which the last median is named outside it."""


def draw(arms: Sequence[Arm], data: Trajectories, voice: Voice, *, width: float, stamp: str) -> Drawing:
    """Panels beside each other on a page, below each other on a phone, on the same logarithmic scale."""
    picture = Drawing(width, _sentence(arms, data, voice), stamp)
    marks = _marks(data)
    picture.text(0, 12, data.unit, "s")
    for turn, (arm, course) in enumerate(zip(arms, data.courses, strict=True)):
        plane, top = _plane(picture, data, marks, turn)
        _grid(picture, plane, marks, data.threshold, voice if picture.narrow or turn == 0 else None)
        _visits(picture, plane, data)
        picture.text(plane.x.start, top, arm.label, f"f{arm.mark}")
        picture.text(plane.x.end, top, f"n = {course.n}", "s", "end")
        _course(picture, plane, arm, course, voice)
        if data.threshold is not None:  # who enters lies below it, so the place at the left is free
            words = voice("threshold_label", limit=voice.number(data.threshold))
            picture.text(plane.x.start + 5, plane.y(data.threshold) - 6, words, "s halo")
    return picture


def _sentence(arms: Sequence[Arm], data: Trajectories, voice: Voice) -> str:
    ends = [
        voice(
            "alt_median",
            arm=arm.label,
            first=voice.number(course.medians[0].median),
            last=voice.number(course.medians[-1].median),
        )
        for arm, course in zip(arms, data.courses, strict=True)
        if course.medians
    ]
    return voice("alt_trajectories", analyte=data.analyte, visit=data.visits[-1][1], ends=voice.listed(ends))


def _marks(data: Trajectories) -> list[float]:
    """Round counts around all that is drawn, so that nothing is cut off."""
    values = [value for course in data.courses for person in course.people for _, value in person]
    low, high = min([*values, 30.0]), max([*values, 200.0])
    inner = [mark for mark in _ROUND if low < mark < high]
    start = max((mark for mark in _ROUND if mark <= low), default=low)
    end = min((mark for mark in _ROUND if mark >= high), default=10 ** math.ceil(math.log10(high)))
    return [start, *inner, end]


def _plane(picture: Drawing, data: Trajectories, marks: Sequence[float], turn: int) -> tuple[Plane, float]:
    """One panel's scales, and the baseline of its heading."""
    tall = _NARROW_TALL if picture.narrow else _TALL
    top = 32.0 + (turn * (tall + _BETWEEN) if picture.narrow else 0)
    left = _LEFT if picture.narrow else _LEFT + turn * (_PANEL + _GUTTER)
    right = picture.width - _LEFT if picture.narrow else left + _PANEL
    counts = log_scale(marks[0], marks[-1], top + tall - 8, top + 14)
    return Plane(root_scale(0, data.last_day, left, right), counts), top


def _grid(
    picture: Drawing, plane: Plane, marks: Sequence[float], threshold: float | None, voice: Voice | None
) -> None:
    """Hairlines at the round counts, named where a voice is given; the threshold is dashed."""
    for mark in sorted({*marks, *([] if threshold is None else [threshold])}):
        y = plane.y(mark)
        picture.line(plane.x.start, y, plane.x.end, y, "ref" if mark == threshold else "grid")
        if voice is not None:
            picture.text(
                plane.x.start - 8, y + 4, voice.number(mark), "b" if mark == threshold else "s", "end"
            )


def _visits(picture: Drawing, plane: Plane, data: Trajectories) -> None:
    """A tick for every visit, and as many names as fit."""
    ground = plane.y.start
    for day, _ in data.visits:
        picture.line(plane.x(day), ground, plane.x(day), ground + 5, "zero")
    for x, name in _names(plane, data):
        picture.text(x, ground + 20, name, "s", "middle")


def _names(plane: Plane, data: Trajectories) -> Iterator[tuple[float, str]]:
    """Names of visits that keep their distance; the last one is always there."""
    *before, last = [
        (plane.x(day), name, width_of(name, size=SIZE["s"]) / 2 + 3) for day, name in data.visits
    ]
    free = -math.inf
    for x, name, half in before:
        if x - half >= free and x + half <= last[0] - last[2]:
            yield x, name
            free = x + half
    yield last[0], last[1]


def _course(picture: Drawing, plane: Plane, arm: Arm, course: Course, voice: Voice) -> None:
    for person in course.people:
        if len(person) > 1:
            picture.polyline([plane(day, value) for day, value in person], f"l{arm.mark} thin")
    if not course.medians:
        return
    upper = [plane(point.day, point.high) for point in course.medians]
    lower = [plane(point.day, point.low) for point in reversed(course.medians)]
    picture.polygon(upper + lower, f"f{arm.mark} band")
    picture.polyline([plane(point.day, point.median) for point in course.medians], f"l{arm.mark} med")
    last = course.medians[-1]
    x, y = plane(last.day, last.median)
    beside = plane.x.end + 6 if plane.x.end - x < _CLOSE else x + 8
    picture.text(beside, y + 5, voice.number(last.median), f"f{arm.mark} halo")
