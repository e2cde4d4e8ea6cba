"""The study's own definition of response, tabulated: what every baseline and every later count add up to.

The rules are decided by the rule language's referee, so that nothing about response is written a second time. A
table exists where the endpoint rests on one analyte, at baseline and at the endpoint's time, in whole numbers.
Beyond ten more than twice the highest baseline, a rule that says there what it says of the highest count is taken to
say it of all between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from trialist import criteria
from trialist.criteria import Truth
from trialist.criteria.history import History, Measurement, TimeWindow
from trialist.protocol import Protocol
from trialist.quantity.dates import PartialDate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ANALYTE, BASELINE = "platelets", "baseline"
_INDEX = date(2025, 1, 1)


@dataclass(frozen=True)
class Definition:
    """Who responds: `responds[name][b, c]` for baseline `baselines[b]` and count c (10*9/L, from 0).

    `primary` names the primary endpoint; the others are the binary endpoints beside it. `stratum[b]` is the
    place of the baseline's stratum among `strata`, or -1 where no stratum's rule holds.
    """

    primary: str
    baselines: range
    responds: Mapping[str, NDArray[np.bool_]]
    strata: tuple[str, ...]
    stratum: NDArray[np.int64]

    @classmethod
    def of(cls, protocol: Protocol, baselines: range, highest: int) -> Definition | None:
        """Tabulate for whole counts up to `highest`; None where an endpoint needs to know something else."""
        import numpy as np

        binary = {name: one for name, one in protocol.endpoints.items() if one.type == "binary" and one.rule}
        primary = next((name for name, one in binary.items() if one.level == "primary"), None)
        if primary is None or ANALYTE not in protocol.dictionaries.analytes:
            return None
        tables = {}
        for name, endpoint in binary.items():
            table = _table(protocol, name, endpoint.time, baselines, highest)
            if table is not None:
                tables[name] = table
        if primary not in tables:
            return None
        strata = tuple(protocol.randomization.strata)
        placed = [_stratum(protocol, strata, baseline) for baseline in baselines]
        return cls(primary, baselines, tables, strata, np.array(placed))

    def holes(self) -> list[tuple[int, int]]:
        """(baseline, count) at which a higher count is a worse outcome: no response although a lower one is."""
        import numpy as np

        table = self.responds[self.primary]
        lower = np.maximum.accumulate(table, axis=1)
        return [(self.baselines[b], int(c)) for b, c in np.argwhere(lower & ~table)]

    def reachable(self, endpoint: str) -> list[int]:
        """The baselines from which some count meets `endpoint`."""
        return [self.baselines[i] for i, row in enumerate(self.responds[endpoint]) if row.any()]

    def smallest_rise(self) -> tuple[int, int]:
        """The baseline and count of response with the least rise between them."""
        table = self.responds[self.primary]
        found = [(int(row.argmax()) - self.baselines[i], i) for i, row in enumerate(table) if row.any()]
        rise, i = min(found)
        return self.baselines[i], self.baselines[i] + rise


def _table(
    protocol: Protocol, endpoint: str, time: str, baselines: Sequence[int], highest: int
) -> NDArray[np.bool_] | None:
    """Truth of one endpoint for every pair; None as soon as one is unknown."""
    import numpy as np

    rule = protocol.rules.endpoint[endpoint]

    def truth(baseline: int, count: int) -> Truth:
        return criteria.decide(rule, _history(protocol, baseline, time, count), protocol.dictionary)

    table = np.zeros((len(baselines), highest + 1), dtype=bool)
    settled = min(highest, 2 * baselines[-1] + 10)
    for i, baseline in enumerate(baselines):
        end = truth(baseline, highest)
        alike = end is truth(baseline, settled)  # far above every baseline rules say the same of all counts
        for count in range((settled if alike else highest) + 1):
            found = truth(baseline, count)
            if found is Truth.UNKNOWN:
                return None
            table[i, count] = found is Truth.TRUE
        if alike:
            table[i, settled:] = end is Truth.TRUE
    return table


def _stratum(protocol: Protocol, strata: Sequence[str], baseline: int) -> int:
    history = _history(protocol, baseline, BASELINE, baseline)
    holds = (
        criteria.decide(protocol.rules.stratum[name], history, protocol.dictionary) is Truth.TRUE
        for name in strata
    )
    return next((place for place, true in enumerate(holds) if true), -1)


def _history(protocol: Protocol, baseline: int, time: str, count: int) -> History:
    """A person of whom two counts are known, and that nothing else befell them."""
    unit = protocol.dictionaries.analytes[ANALYTE].unit
    later = _INDEX + timedelta(days=180)
    days = {BASELINE: (_INDEX, baseline)} | ({} if time == BASELINE else {time: (later, count)})
    return History(
        index=_INDEX,
        measurements=tuple(
            Measurement(ANALYTE, PartialDate(day.year, day.month, day.day), Fraction(value), unit)
            for day, value in days.values()
        ),
        complete=frozenset({"measurements", "exposures", "conditions"}),
        times={name: TimeWindow(day, day) for name, (day, _) in days.items()},
        anchors={name: day for name, (day, _) in days.items()},
    )
