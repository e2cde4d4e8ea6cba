"""Every criterion for everybody: who may be eligible, what is missing most, who missed it narrowly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from trialist.criteria import Truth, nodes
from trialist.screening.warehouse.criteria import Criterion
from trialist.screening.warehouse.faults import Faults
from trialist.screening.warehouse.judged import Judged

CLASSES = ("eligible", "to_state", "open", "out")


class Asking(Protocol):
    """What answers queries."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer of a query."""


@dataclass
class Counts:
    """Of one criterion: how many it is met by, not met by, unknown for; how many it alone keeps out."""

    met: int = 0
    not_met: int = 0
    unknown: int = 0
    near: int = 0


@dataclass
class Missing:
    """One datum of one criterion, among those who may be eligible: how many lack it, how many lack nothing else."""

    criterion: str
    atom: str
    lacking: int = 0
    alone: int = 0


@dataclass
class Everyone:
    """The verdicts of everybody observed, in the table `answer`; those in `judged` stand for theirs."""

    index: date
    persons: int
    observed: int
    criteria: Sequence[Criterion]
    faults: Faults
    answer: str
    judged: dict[int, Judged]
    unjudged: int
    classes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0))
    counts: dict[str, Counts] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)

    def count(self, asking: Asking) -> None:
        """Counts the answers, and those who were judged."""
        self.counts = {one.id: Counts() for one in self.criteria}
        data = {atom: Missing(one.id, atom) for one in self.criteria for atom in _data(one)}
        sums = self._sums()
        columns = ", ".join(f"sum(CASE WHEN {test} THEN 1 ELSE 0 END)" for test in sums.values())
        rows = asking.rows(f"SELECT {columns} FROM ({self._profiles()}) AS p")
        values = rows[0] if rows else (0,) * len(sums)
        found = {name: int(value or 0) for name, value in zip(sums, values, strict=True)}
        for name in CLASSES:
            self.classes[name] += found[name]
        for one in self.criteria:
            own = self.counts[one.id]
            own.met, own.not_met, own.near = (found[f"{part}_{one.id}"] for part in ("met", "not", "near"))
            own.unknown = self.observed - len(self.judged) - self.unjudged - own.met - own.not_met
            for atom in _data(one):
                data[atom].lacking, data[atom].alone = found[f"lacks_{atom}"], found[f"alone_{atom}"]
        for person in self.judged.values():
            self._add(person, data)
        self.classes["open"] += self.unjudged
        for own in self.counts.values():
            own.unknown += self.unjudged
        some = [each for each in data.values() if each.lacking]
        self.missing = sorted(some, key=lambda each: (-each.alone, -each.lacking))

    def _profiles(self) -> str:
        """For each person: criterion by criterion whether it keeps out and lets in; how many do."""
        outs = {one.id: one.keeps_out() for one in self.criteria}
        ins = {one.id: one.lets_in(one.asked_as) for one in self.criteria}
        numbered = " + ".join(f"CASE WHEN {test} THEN 1 ELSE 0 END" for test in outs.values())
        lacking = " + ".join(f"CASE WHEN {test} THEN 0 ELSE 1 END" for test in ins.values())
        strict = " AND ".join(one.lets_in() for one in self.criteria)
        own = ", ".join(
            [
                *(f'{test} AS "out_{name}"' for name, test in outs.items()),
                *(f'{test} AS "in_{name}"' for name, test in ins.items()),
            ]
        )
        sure = "person NOT IN (SELECT owner FROM trialist_doubtful)"
        counted = f"{numbered} AS n_out, {lacking} AS n_open, {strict} AS eligible"
        return f"SELECT *, {own}, {counted} FROM {self.answer} WHERE {sure}"

    def _sums(self) -> dict[str, str]:
        sums = {
            "eligible": "eligible",
            "to_state": "n_open = 0 AND NOT eligible",
            "open": "n_out = 0 AND n_open > 0",
            "out": "n_out > 0",
        }
        for one in self.criteria:
            known = one.rule is not None
            sums[f"met_{one.id}"] = f'"{one.id}_true"' if known else "false"
            sums[f"not_{one.id}"] = f'"{one.id}_false"' if known else "false"
            sums[f"near_{one.id}"] = f'n_out = 1 AND n_open = 1 AND "out_{one.id}"'
            open_ = {atom: _open(one, atom) for atom in _data(one)}
            number = " + ".join(f"CASE WHEN {test} THEN 1 ELSE 0 END" for test in open_.values()) or "0"
            among = f'n_out = 0 AND NOT "in_{one.id}"'
            for atom, test in open_.items():
                sums[f"lacks_{atom}"] = f"{among} AND {test}"
                sums[f"alone_{atom}"] = f"{among} AND {test} AND n_open = 1 AND {number} = 1"
        return sums

    def _add(self, person: Judged, data: dict[str, Missing]) -> None:
        """Counts one person who was judged."""
        self.classes[person.left_as(self.criteria) or "out"] += 1
        out = [one.id for one in self.criteria if person.lets_in(one) is False]
        open_ = [one for one in self.criteria if not person.lets_in(one, stated=True)]
        for one in self.criteria:
            own, truth = self.counts[one.id], person.truths.get(one.id, Truth.UNKNOWN)
            own.met += truth is Truth.TRUE
            own.not_met += truth is Truth.FALSE
            own.unknown += truth is Truth.UNKNOWN
        if len(out) == 1 and [one.id for one in open_] == out:
            self.counts[out[0]].near += 1
        for one in open_ if not out else ():
            lacking = [atom for atom in _data(one) if person.truths[_asked(one, atom)] is Truth.UNKNOWN]
            for atom in lacking:
                data[atom].lacking += 1
                data[atom].alone += len(lacking) == 1 and len(open_) == 1


def _asked(one: Criterion, atom: str) -> str:
    """The rule that answers for a part: the criterion itself where it has no other."""
    return one.id if len(one.atoms) == 1 else atom


def _data(one: Criterion) -> list[str]:
    """The parts of a criterion that records, not statements, decide."""
    return [name for name, part in one.atoms.items() if not isinstance(part, nodes.Attested)]


def _open(one: Criterion, atom: str) -> str:
    """SQL: whether one part of a criterion is unknown."""
    name = _asked(one, atom)
    return f'(NOT "{name}_true" AND NOT "{name}_false")'
