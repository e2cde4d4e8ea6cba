"""Reading the nodes about drugs taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from trialist.criteria import nodes
from trialist.criteria.exposures import (
    Segment,
    Span,
    change_between,
    dose_on,
    raised_run,
    segments,
    spans,
    worlds,
)
from trialist.criteria.interval import Interval
from trialist.criteria.nodes import Drugs, Node
from trialist.criteria.reader import Reader
from trialist.criteria.steps import Note, Step, Used
from trialist.criteria.truth import FALSE, TRUE, UNKNOWN, Truth, any_of, opposite

MORE = Interval(Fraction(0), None)
"""What a list that may lack records may add to a dose."""


def given(reader: Reader, node: nodes.Given) -> Step:
    """Whether a day of one exposure lies in the window."""
    days = reader.days(node.window)
    if isinstance(days, Note):
        return Step(node, UNKNOWN, missing=(days,))
    if not node.drugs.weights:
        return Step(node, UNKNOWN, missing=(_no_member(node.drugs),))
    first, last = days.first or date.min, days.last
    if first > last:
        return Step(node, FALSE, remarks=(Note("empty_window"),))
    return _given_in(reader, node, first, last)


def _given_in(reader: Reader, node: nodes.Given, first: date, last: date) -> Step:
    found = spans(reader.history.exposures, node.drugs, reader.index)
    if surely := [span for span in found if span.surely_meets(first, last)]:
        return Step(node, TRUE, used=_used(reader, surely))
    if possibly := [span for span in found if span.possibly_meets(first, last)]:
        missing = tuple(_when(span, first, last) for span in possibly)
        return Step(node, UNKNOWN, used=_used(reader, possibly), missing=missing)
    if reader.complete("exposures"):
        return Step(node, FALSE, used=_used(reader, found))
    return Step(node, UNKNOWN, used=_used(reader, found), missing=(_incomplete(node.drugs),))


def dose(reader: Reader, node: nodes.Dose) -> Step:
    """The dose of the index day: exact, or bounds where a dose, a day or the completeness of the list is open."""
    index, drugs = reader.index, node.drugs
    if not drugs.weights:
        return Step(node, None, missing=(_no_member(drugs),))
    found = spans(reader.history.exposures, drugs, index)
    today = [span for span in found if span.possibly_meets(index, index)]
    total = dose_on(index, today)
    missing = [_no_dose(span) for span in today if span.weighted.value is None]
    missing += [_when(span, index, index) for span in today if not span.surely_meets(index, index)]
    if not reader.complete("exposures"):
        total += MORE
        missing.append(_incomplete(drugs))
    return Step(node, total, used=_used(reader, today, drugs.unit), missing=tuple(missing))


def stable(reader: Reader, node: nodes.Stable) -> Step:
    """Whether the summed dose (of a class: each drug's) is the same on every day of the span, index included.

    A recorded change is a change. No recorded change is stability only if the list of drugs is complete.
    """
    first, last = node.span.before(reader.index), reader.index

    def changed(pieces: list[Segment]) -> bool | None:
        return change_between(pieces)

    near, truth, missing = _course(reader, node.drugs, first, last, changed)
    return _closed(reader, node, opposite(truth), near, missing, absent=TRUE)


def raised(reader: Reader, node: nodes.Raised) -> Step:
    """Whether the dose rose by so much for so long after the window's first day, up to index at most."""
    days = reader.days(node.window)
    if isinstance(days, Note):
        return Step(node, UNKNOWN, missing=(days,))
    first, last = days.first or date.min, min(days.last, reader.index)
    if first > last:
        return Step(node, FALSE, remarks=(Note("empty_window"),))

    def rose(pieces: list[Segment]) -> bool | None:
        return raised_run(pieces, node.by.value, node.span)

    near, truth, missing = _course(reader, node.drugs, first, last, rose)
    return _closed(reader, node, truth, near, missing, absent=FALSE)


def _course(
    reader: Reader, drugs: Drugs, first: date, last: date, judge: Callable[[list[Segment]], bool | None]
) -> tuple[list[Span], Truth, list[Note]]:
    """What `judge` says of the dose from `first` to `last`, whichever way the unknown days fell."""
    if not drugs.weights:
        return [], UNKNOWN, [_no_member(drugs)]
    found = spans(reader.history.exposures, drugs, reader.index)
    near = [span for span in found if span.possibly_meets(first, last)]
    groups = [near] if drugs.summed else _by_substance(near)
    truth = any_of(_over_worlds(group, first, last, judge) for group in groups if group)
    if truth is not UNKNOWN:
        return near, truth, []
    missing = [_no_dose(span) for span in near if span.weighted.value is None]
    when = {"first": first, "last": last}
    missing += [
        Note("change_days", {"name": span.exposure.substance, "exposure": span.exposure, **when})
        for span in near
        if not span.exact
    ]
    return near, truth, missing


def _over_worlds(
    found: list[Span], first: date, last: date, judge: Callable[[list[Segment]], bool | None]
) -> Truth:
    possible = worlds(found, first, last)
    if possible is None:
        return UNKNOWN
    answers = {judge(segments(world, first, last)) for world in possible}
    return Truth.of(answers.pop()) if len(answers) == 1 else UNKNOWN


def _closed(
    reader: Reader,
    node: nodes.Stable | nodes.Raised,
    truth: Truth,
    near: list[Span],
    missing: list[Note],
    *,
    absent: Truth,
) -> Step:
    """The answer `absent` rests on nothing else being recorded: it needs a complete list."""
    if truth is absent and not reader.complete("exposures"):
        truth, missing = UNKNOWN, [_incomplete(node.drugs)]
    return Step(node, truth, used=_used(reader, near, node.drugs.unit), missing=tuple(missing))


def _by_substance(found: list[Span]) -> list[list[Span]]:
    names = dict.fromkeys(span.exposure.substance for span in found)
    return [[span for span in found if span.exposure.substance == name] for name in names]


def _used(reader: Reader, found: Iterable[Span], unit: str | None = None) -> tuple[Used, ...]:
    if reader.hurried:
        return ()
    return tuple(Used(span.exposure, span.weighted if unit else None, unit) for span in found)


def _no_member(drugs: Drugs) -> Note:
    return Note("empty_class", {"name": drugs.name})


def _incomplete(drugs: Drugs) -> Note:
    return Note("not_complete", {"kind": "exposures", "name": drugs.name})


def _no_dose(span: Span) -> Note:
    return Note("no_dose", {"name": span.exposure.substance, "exposure": span.exposure})


def _when(span: Span, first: date, last: date) -> Note:
    """Which days would make the exposure count."""
    about = {"name": span.exposure.substance, "exposure": span.exposure, "first": first, "last": last}
    if span.doubtful:
        return Note("end_before_start", about)
    late_start, early_end = span.start_to > last, span.end_from < first
    code = "exposure_both" if late_start and early_end else "exposure_start" if late_start else "exposure_end"
    return Note(code, about)


READINGS: dict[type[Node], Any] = {
    nodes.Given: given,
    nodes.Dose: dose,
    nodes.Stable: stable,
    nodes.Raised: raised,
}
