"""The same history with another baseline: the one at screening, or the mean of both."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from trialist.analysis.messages import refuse
from trialist.criteria.history import Measurement, Source
from trialist.quantity.dates import PartialDate

if TYPE_CHECKING:
    from trialist.analysis.histories import Reader
    from trialist.analysis.outcomes import Case

BASELINE, SCREENING = "baseline", "baseline_screening"
"""Named times of the study file."""
_MADE = "mean of baselines"
"""The visit of a value that was computed: no other value stands there."""


def at_screening(reader: Reader, case: Case) -> Case:
    """The case whose baseline is the one at screening.

    Raises:
        InputError: the study file has no such time.
    """
    _declared(reader)
    times = case.history.times
    return replace(case, history=replace(case.history, times={**times, BASELINE: times[SCREENING]}))


def mean(reader: Reader, case: Case) -> Case:
    """The case whose baseline is the arithmetic mean of baseline and screening; of one, where one is missing.

    Raises:
        InputError: the study file has no such time.
    """
    _declared(reader)
    analyte = reader.analyte_at.get(BASELINE)
    if analyte is None:  # no endpoint reads a baseline, so no baseline changes one
        return case
    found = [reader.at(time, analyte, case.history) for time in (BASELINE, SCREENING)]
    known = [value for value in found if value is not None]
    return _with_baseline(reader, case, analyte, sum(known, Fraction(0)) / len(known)) if known else case


def _with_baseline(reader: Reader, case: Case, analyte: str, value: Fraction) -> Case:
    history = case.history
    window = history.times[BASELINE]
    made = Measurement(
        analyte,
        PartialDate.of(window.last),
        value,
        reader.protocol.dictionaries.analytes[analyte].unit,
        source=Source(visit=_MADE),
    )
    times = {**history.times, BASELINE: replace(window, visits=frozenset({_MADE}))}
    measurements = (*history.measurements, made)
    return replace(case, history=replace(history, times=times, measurements=measurements))


def _declared(reader: Reader) -> None:
    if SCREENING not in reader.protocol.schedule.times:
        raise refuse("baseline", time=SCREENING)
