"""What the results say beyond the main result, as plain frozen values; absent where an older record has none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialist.protocol import Protocol
from trialist.report.reading import Arm
from trialist.report.voice import Voice

Record = Mapping[str, Any]
Bounds = tuple[float, float, float]
"""Estimate, low, high."""


@dataclass(frozen=True, slots=True)
class Penalty:
    """The pooled difference with the first arm's imputed counts multiplied by `factor`."""

    factor: float
    bounds: Bounds | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Tipping:
    """Every way the missing could have responded: `p[i][j]` with i and j responders among them, by arm."""

    missing: tuple[int, int]
    p: tuple[tuple[float, ...], ...]
    alpha: float
    significant: bool
    nearest: tuple[int, int] | None
    penalties: tuple[Penalty, ...]

    def turns(self, first: int, second: int) -> bool:
        """Whether that completion turns the conclusion."""
        return (self.p[first][second] <= self.alpha) != self.significant

    @property
    def cells(self) -> int:
        """How many completions there are."""
        return (self.missing[0] + 1) * (self.missing[1] + 1)

    @property
    def turned(self) -> int:
        """How many of them turn the conclusion."""
        return sum(self.turns(i, j) for i in range(self.missing[0] + 1) for j in range(self.missing[1] + 1))


@dataclass(frozen=True, slots=True)
class Panel:
    """One analyte: each arm's pairs of values before and after, and the ratio of the arms."""

    label: str
    unit: str
    pairs: tuple[tuple[tuple[float, float], ...], ...]
    ratio: Bounds | None


@dataclass(frozen=True, slots=True)
class Titers:
    """Values before and after."""

    times: tuple[str, str]
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """An analyte's states before and after: arm → before → after → participants."""

    label: str
    times: tuple[str, str]
    arms: Mapping[str, Mapping[str, Mapping[str, int]]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One time of a model over the visits: (n, mean with interval) by arm, and their ratio."""

    label: str
    arms: tuple[tuple[int, Bounds], ...]
    ratio: Bounds


@dataclass(frozen=True, slots=True)
class Course:
    """A model over the visits."""

    covariance: str
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Further:
    """All of it."""

    tipping: Tipping | None
    titers: Titers | None
    shifts: tuple[Shift, ...]
    course: Course | None
    rerandomized: Record | None
    imputed: Record | None


def further(record: Record, arms: Sequence[Arm], protocol: Protocol, voice: Voice) -> Further:
    """Read these parts of the results."""
    varied = record["sensitivity"]
    return Further(
        tipping=_tipping(varied.get("tipping_point", {}), arms),
        titers=_titers(record, arms, protocol, voice),
        shifts=tuple(_shifts(record.get("shifts", {}), protocol, voice)),
        course=_course(record.get("repeated", {}), arms, protocol, voice),
        rerandomized=varied.get("rerandomization"),
        imputed=varied.get("multiple_imputation"),
    )


def bounds(row: Record) -> Bounds | None:
    """The estimate with its interval, where there are both."""
    ends = row.get("ci")
    return None if row.get("estimate") is None or not ends else (row["estimate"], ends[0], ends[1])


def _tipping(row: Record, arms: Sequence[Arm]) -> Tipping | None:
    if "grid" not in row:
        return None
    first, second = (row["missing"][arm.key] for arm in arms)
    nearest = row["nearest"]
    return Tipping(
        missing=(first, second),
        p=tuple(tuple(line) for line in row["grid"]["p"]),
        alpha=row["alpha"],
        significant=row["significant"],
        nearest=None if nearest is None else (nearest[arms[0].key], nearest[arms[1].key]),
        penalties=tuple(
            Penalty(one["penalty"], bounds(one), one.get("p")) for one in row["penalties"] if "penalty" in one
        ),
    )


def _titers(record: Record, arms: Sequence[Arm], protocol: Protocol, voice: Voice) -> Titers | None:
    found = record.get("titers", {})
    panels = tuple(
        Panel(
            label=protocol.dictionaries.analytes[analyte].label.say(voice.language),
            unit=_unit(one["unit"]),
            pairs=tuple(tuple((pair[0], pair[2]) for pair in one["arms"][arm.key]) for arm in arms),
            ratio=_ratio(record, analyte),
        )
        for analyte, one in found.items()
        if any(one["arms"].values())
    )
    if not panels:
        return None
    before, after = next(iter(found.values()))["times"]
    return Titers((_time(before, protocol, voice), _time(after, protocol, voice)), panels)


def _unit(unit: str) -> str:
    """A UCUM unit of an assay as people write it: `[GPL'U]/mL` is GPL/mL, `{RU}/mL` is RU/mL."""
    return re.sub(r"[\[{](\w+)('U)?[\]}]", r"\1", unit)


def _ratio(record: Record, analyte: str) -> Bounds | None:
    rows = (row for name, row in record["endpoints"].items() if name.endswith(f".{analyte}"))
    return bounds(next(rows, {}))


def _time(name: str, protocol: Protocol, voice: Voice) -> str:
    return protocol.schedule.times[name].label.say(voice.language)


def _shifts(found: Record, protocol: Protocol, voice: Voice) -> Any:
    for analyte, one in found.items():
        label = protocol.dictionaries.analytes[analyte].label.say(voice.language)
        before, after = (_time(name, protocol, voice) for name in one["times"])
        yield Shift(label, (before, after), one["arms"])


def _course(found: Record, arms: Sequence[Arm], protocol: Protocol, voice: Voice) -> Course | None:
    one = next(iter(found.values()), None)
    if one is None or not one["times"]:
        return None
    visits = tuple(
        Visit(
            _time(row["time"], protocol, voice),
            tuple(
                (cell["n"], (cell["mean"], *cell["ci"])) for cell in (row["arms"][arm.key] for arm in arms)
            ),
            (row["estimate"], *row["ci"]),
        )
        for row in one["times"]
    )
    return Course(one["covariance"], visits)
