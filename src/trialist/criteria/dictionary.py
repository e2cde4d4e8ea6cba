"""The words that rules may use: what can be measured, taken, happen, be attested, be asked.

Plain values; the study file's models are turned into these by the room `protocol`. Nodes stand here only
where a word carries a rule of its own (when a result is not evaluable, how an endpoint is derived).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, Literal

from trialist.criteria.nodes import Node
from trialist.quantity import units
from trialist.quantity.units import NotConvertible, Quantity

Language = Literal["en", "zh"]
Kind = Literal[
    "analyte",
    "group",
    "substance",
    "class",
    "equivalence",
    "time",
    "endpoint",
    "condition",
    "attestation",
    "anchor",
    "item",
]
ItemKind = Literal["number", "truth", "code", "date", "text"]


INTERNATIONAL: Final = frozenset({units.dimension("[iU]/L")})
ENZYME: Final = INTERNATIONAL | {units.dimension("U/L")}
"""For an analyte that is measured by its catalytic activity an international unit is the unit of activity:
1 [iU]/L = 1 U/L, 1 µmol a minute (International Union of Biochemistry, 1964). Of other substances it is not."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a word is called in each language; without a Chinese name the English one serves."""

    en: str
    zh: str | None = None

    def say(self, language: Language) -> str:
        """The name in `language`."""
        return self.zh if language == "zh" and self.zh else self.en


@dataclass(frozen=True, slots=True)
class Analyte:
    """Something that laboratories measure.

    `unit` is the UCUM code that values are compared in. `equality` states one amount in two units that UCUM
    cannot convert between, e.g. (1 mmol/L, 38.67 mg/dL). A value at or above `positive_from` is positive.
    A result taken while `invalid_when` is true (at its specimen date) is not evaluable.
    """

    label: Label
    unit: str
    equality: tuple[Quantity, Quantity] | None = None
    positive_from: Fraction | None = None
    invalid_when: Node | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Several analytes, or several substances (a class), under one name."""

    label: Label
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Substance:
    """A drug; its doses are compared in `unit`. `equivalents`: equivalence → amount equal to its reference dose."""

    label: Label
    unit: str = "mg/d"
    equivalents: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Equivalence:
    """A scale on which doses of several drugs add up: `reference_dose` (in `unit`) of the reference drug."""

    label: Label
    reference_dose: Fraction
    unit: str


@dataclass(frozen=True, slots=True)
class Time:
    """A named time at which values are read; a measurement taken while `invalid_when` is true does not count."""

    label: Label
    invalid_when: Node | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A question of a form, as edit checks see it. `unit` is the UCUM code that its numbers are compared in."""

    label: Label
    kind: ItemKind
    unit: str = "1"
    analyte: str | None = None
    codes: tuple[str, ...] = ()
    code_labels: Mapping[str, Label] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A derivation that other endpoints may name."""

    label: Label
    rule: Node


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Everything that a rule may name, by id."""

    analytes: Mapping[str, Analyte] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    substances: Mapping[str, Substance] = field(default_factory=dict)
    classes: Mapping[str, Group] = field(default_factory=dict)
    equivalences: Mapping[str, Equivalence] = field(default_factory=dict)
    conditions: Mapping[str, Label] = field(default_factory=dict)
    attestations: Mapping[str, Label] = field(default_factory=dict)
    times: Mapping[str, Time] = field(default_factory=dict)
    anchors: Mapping[str, Label] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)

    def label(self, name: str, language: Language, kind: Kind | None = None) -> str:
        """What `name` is called, as a word of `kind` where that is known; the name itself if it is no word."""
        tables = self._tables()
        for table in ([tables[kind]] if kind else []) + list(tables.values()):
            if (found := table.get(name)) is not None:
                return (found if isinstance(found, Label) else found.label).say(language)
        return name

    def _tables(self) -> dict[Kind, Mapping[str, Any]]:
        return {
            "analyte": self.analytes,
            "group": self.groups,
            "substance": self.substances,
            "class": self.classes,
            "equivalence": self.equivalences,
            "time": self.times,
            "endpoint": self.endpoints,
            "condition": self.conditions,
            "attestation": self.attestations,
            "anchor": self.anchors,
            "item": self.items,
        }

    def code_label(self, item: str, code: str, language: Language) -> str:
        """What a code of an item's list is called; the code itself where it has no label."""
        known = self.items[item].code_labels if item in self.items else {}
        return known[code].say(language) if code in known else code

    def factor(self, from_: str, to: str, analyte: str | None = None) -> Fraction:
        """What to multiply a number in `from_` with to have it in `to`; for an analyte also across its equality.

        Raises:
            UnknownUnit: a unit is not in the table.
            NotConvertible: the units measure different things, and the analyte does not say how they meet.
        """
        if units.dimension(from_) == units.dimension(to):
            return units.factor(from_, to)
        if analyte and {units.dimension(from_), units.dimension(to)} == ENZYME:
            if units.dimension(from_) in INTERNATIONAL:
                return units.factor(from_, "[iU]/L") * units.factor("U/L", to)
            return units.factor(from_, "U/L") * units.factor("[iU]/L", to)
        equality = self.analytes[analyte].equality if analyte and analyte in self.analytes else None
        for left, right in (equality, equality[::-1]) if equality else ():
            if units.dimension(from_) == units.dimension(left.unit) and units.dimension(
                to
            ) == units.dimension(right.unit):
                return (
                    units.factor(from_, left.unit) / left.value * right.value * units.factor(right.unit, to)
                )
        raise NotConvertible(from_, to)
