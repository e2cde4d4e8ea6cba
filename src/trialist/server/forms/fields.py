"""One field of a page: what it is called, what may be typed, its unit, its range drawn, what is said about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from trialist.conduct.state import FormKey, ParticipantState, Query, Record
from trialist.conduct.tables import FormTable, limits, tables
from trialist.criteria.prose import pretty
from trialist.findings import Finding, Language
from trialist.protocol.model import Item
from trialist.quantity.units import NotConvertible, UnknownUnit, decimal, normalize, number
from trialist.server import words
from trialist.server.access import Here
from trialist.server.figures import Interval, Scale
from trialist.server.forms import foresight
from trialist.server.forms.foresight import ASKS_WHY, Foresight
from trialist.server.forms.typed import NUMERIC, Typed, of_record
from trialist.server.sight import sees_item

Kind = Literal["number", "choice", "select", "date", "text", "computed", "masked"]
MOST_CHOICES = 4
"""A list of so many codes is shown whole; a longer one folds into a select."""
DIGITS = 4
"""Decimals of a converted value on the page; the desk compares the exact one."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a list, or one unit."""

    code: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Said:
    """Something said about a field: the sentence, the ways out; `stops` a save, else a query opens."""

    words: str
    ways: tuple[str, ...]
    stops: bool
    asks_why: bool = False
    units: tuple[tuple[str, str, str], ...] = ()
    """Units in which the value would be plausible: code, as printed, the value in the item's own unit."""


@dataclass(frozen=True, slots=True)
class Range:
    """A value in its laboratory's range: drawn, in figures, converted, and where it lies."""

    figure: Interval | None
    figures: str
    converted: str
    where: Literal["", "low", "high"]


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody else changed the item meanwhile: what it was, what they made of it, what stands in the field."""

    was: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class Field:
    """One item on a page."""

    id: str
    label: str
    kind: Kind
    typed: Typed
    required: bool
    hint: str = ""
    unit: str = ""
    units: tuple[Option, ...] = ()
    options: tuple[Option, ...] = ()
    previous: str = ""
    hidden_from: str = ""
    range: Range | None = None
    computed: str = ""
    said: tuple[Said, ...] = ()
    asks_why: bool = False
    queries: tuple[Query, ...] = ()
    shown: str = ""
    clash: Clash | None = None

    @property
    def stopped(self) -> bool:
        """Whether the field holds something that cannot be saved."""
        return any(one.stops for one in self.said)

    @property
    def described_by(self) -> str:
        """Ids of what describes the field."""
        return f"rng-{self.id} say-{self.id}"


@dataclass(frozen=True)
class Page:
    """What a page of fields is made from."""

    here: Here
    language: Language
    person: ParticipantState
    key: FormKey
    table: FormTable
    typed: Mapping[str, Typed]
    seen: Foresight
    clashes: Mapping[str, Clash] = field(default_factory=dict)

    def fields(self) -> tuple[Field, ...]:
        """The fields in the order of the form."""
        return tuple(self._field(name) for name in self.table.form.items)

    def _field(self, name: str) -> Field:
        item = self.here.protocol.items[name]
        label = item.label.say(self.language)
        if not sees_item(self.here, item):
            return Field(name, label, "masked", Typed(), required=False)
        typed = self.typed.get(name, Typed())
        unit = typed.unit or self._usual_unit(name, item)
        kind = _kind(self.here, item)
        return Field(
            id=name,
            label=label,
            kind=kind,
            typed=typed,
            required=item.required,
            hint=self._hint(item),
            unit=pretty(item.unit or "").strip() if item.unit != "1" else "",
            units=self._units(name, unit) if kind == "number" else (),
            options=self._options(item, typed),
            previous=self._previous(name, item),
            hidden_from="outcome_assessor" if item.visibility != "open" else "",
            range=self._range(name, item, typed, unit) if kind == "number" else None,
            computed=self._computed(name) if kind == "computed" else "",
            said=tuple(self._said(name, item, typed, one) for one in self.seen.of(name)),
            asks_why=bool(typed.confirmed) or any(one.code in ASKS_WHY for one in self.seen.of(name)),
            queries=tuple(
                query for query in self.person.open_queries if (query.place, query.item) == (self.key, name)
            ),
            shown=shown(self.here, name, record_of(self.person, self.key, name), self.language),
            clash=self.clashes.get(name),
        )

    def _hint(self, item: Item) -> str:
        if item.type == "date":
            return words.say("hint_partial" if item.partial else "hint_date", self.language)
        return words.say("hint_comparator", self.language) if item.comparator else ""

    def _usual_unit(self, name: str, item: Item) -> str:
        """The unit that the site's laboratory prints, if the item takes it."""
        gate = self.table.gates[name]
        if gate.units is None:
            return ""
        site = self.here.protocol.sites[self.person.site]
        usual = self.here.protocol.laboratories[site.laboratory].units.get(item.analyte or "")
        code = normalize(usual) if usual else ""
        return code if code in gate.units else next(iter(gate.units))

    def _units(self, name: str, unit: str) -> tuple[Option, ...]:
        gate = self.table.gates[name]
        if gate.units is None or len(gate.units) == 1:
            return ()
        return tuple(Option(code, pretty(code), code == _code(unit)) for code in gate.units)

    def _options(self, item: Item, typed: Typed) -> tuple[Option, ...]:
        if item.type == "truth":
            listed = [("true", words.say("yes", self.language)), ("false", words.say("no", self.language))]
        elif item.type == "code":
            codes = self.here.protocol.codelists[item.codelist or ""]
            listed = [(code, one.label.say(self.language)) for code, one in codes.items()]
        else:
            return ()
        return tuple(Option(code, label, code == typed.value) for code, label in listed)

    def _previous(self, name: str, item: Item) -> str:
        """The value of the last visit before this one, with its visit."""
        if self.key.visit is None or item.type not in NUMERIC | {"computed", "code"}:
            return ""
        order = list(self.here.protocol.schedule.visits)
        earlier = [
            (order.index(key.visit), key.occurrence, key.row, key.visit, row.items[name])
            for key, row in self.person.forms.items()
            if key.visit in order
            and key.form == self.key.form
            and name in row.items
            and order.index(key.visit) < order.index(self.key.visit)
        ]
        if not earlier:
            return ""
        *_, visit, record = max(earlier, key=lambda one: one[:3])
        label = self.here.protocol.schedule.visits[str(visit)].label.say(self.language)
        return words.say(
            "previous_value", self.language, visit=label, value=shown(self.here, name, record, self.language)
        )

    def _range(self, name: str, item: Item, typed: Typed, unit: str) -> Range:
        value, code = _number(typed.value), _code(unit)
        laboratory = self.here.protocol.sites[self.person.site].laboratory
        low, high = _limits(self.here, laboratory, name, code) if item.analyte else (None, None)
        where: Literal["", "low", "high"] = ""
        if value is not None and low is not None and value < low:
            where = "low"
        elif value is not None and high is not None and value > high:
            where = "high"
        figure = None
        if low is not None or high is not None:
            band, tone = ("idle", "due") if where or value is None else ("", "")
            stopped = any(one in self.seen.stops for one in self.seen.of(name))
            scale = _scale(low, high, None if stopped else value)
            inside = value if value is not None and scale.holds(value) else None
            figure = Interval(scale, low, high, point=inside, band=band, tone=tone, height=18)  # type: ignore[arg-type]
        return Range(figure, self._figures(low, high), self._converted(item, value, code), where)

    def _figures(self, low: Fraction | None, high: Fraction | None) -> str:
        if low is not None and high is not None:
            return f"{_short(low)}–{_short(high)}"
        if high is not None:
            return words.say("range_up_to", self.language, high=_short(high))
        return words.say("range_from", self.language, low=_short(low)) if low is not None else ""

    def _converted(self, item: Item, value: Fraction | None, code: str) -> str:
        """The value in the item's own unit, where it was typed in another."""
        if value is None or item.unit is None or normalize(item.unit) == code:
            return ""
        return f"= {_short(_in_own(self.here, item, value, code))} {pretty(item.unit)}"

    def _computed(self, name: str) -> str:
        record = self.seen.computed.get(name) or record_of(self.person, self.key, name)
        return record.get("value", "")

    def _said(self, name: str, item: Item, typed: Typed, one: Finding) -> Said:
        protocol = self.here.protocol
        return Said(
            words=foresight.words(one, protocol, self.language),
            ways=foresight.ways(one, protocol, self.language),
            stops=one in self.seen.stops,
            asks_why=one.code in ASKS_WHY,
            units=tuple(self._other_units(name, item, typed)) if one.code == "item.confirm" else (),
        )

    def _other_units(self, name: str, item: Item, typed: Typed) -> Iterator[tuple[str, str, str]]:
        value, gate = _number(typed.value), self.table.gates[name]
        if value is None or gate.units is None:
            return
        for code, (low, high) in gate.units.items():
            fits = (low is None or low <= value) and (high is None or value <= high)
            if fits and code != _code(typed.unit):
                own = _short(_in_own(self.here, item, value, code))
                yield code, pretty(code), f"{own} {pretty(item.unit or '')}"


def _kind(here: Here, item: Item) -> Kind:
    match item.type:
        case "number" | "integer":
            return "number"
        case "code":
            codes = here.protocol.codelists[item.codelist or ""]
            return "choice" if len(codes) <= MOST_CHOICES else "select"
        case "truth":
            return "choice"
        case "date":
            return "date"
        case "computed":
            return "computed"
        case _:
            return "text"


def record_of(person: ParticipantState, key: FormKey, name: str) -> Record:
    """What is recorded of an item in a row; empty where nothing is."""
    row = person.forms.get(key)
    return {} if row is None else row.items.get(name, {})


def shown(here: Here, name: str, record: Record, language: Language) -> str:
    """A recorded entry in words: `9.8 g/dL`, `Female`, `not done: haemolysed`; empty where nothing is recorded."""
    if not record:
        return ""
    if "commitment" in record:
        return words.say("value_erased", language)
    if "not_done" in record:
        return words.say("value_not_done", language, reason=record["not_done"])
    item, value = here.protocol.items[name], record.get("value", "")
    if item.type == "code":
        code = here.protocol.codelists[item.codelist or ""].get(value)
        return value if code is None else code.label.say(language)
    if item.type == "truth":
        return words.say("yes" if value == "true" else "no", language)
    unit = pretty(_code(record.get("unit") or "")) if record.get("unit") else ""
    return f"{record.get('comparator', '')}{value} {unit}".strip()


def recorded(person: ParticipantState, key: FormKey) -> dict[str, Typed]:
    """A row as its fields hold it."""
    row = person.forms.get(key)
    return {} if row is None else {name: of_record(one) for name, one in row.items.items()}


def table_of(here: Here, form: str) -> FormTable:
    """What the gate knows of a form."""
    return tables(here.protocol).forms[form]


def _number(text: str) -> Fraction | None:
    try:
        return number(text.strip().lstrip("<>").strip())
    except ValueError:
        return None


def _code(unit: str) -> str:
    try:
        return normalize(unit) if unit else ""
    except UnknownUnit:
        return unit


def _limits(here: Here, laboratory: str, name: str, code: str) -> tuple[Fraction | None, Fraction | None]:
    try:
        return limits(here.protocol, laboratory, name, code or "1")
    except (UnknownUnit, NotConvertible):
        return None, None


def _in_own(here: Here, item: Item, value: Fraction, code: str) -> Fraction:
    return value * here.protocol.dictionary.factor(code, normalize(item.unit or "1"), item.analyte)


def _short(value: Fraction) -> str:
    return decimal(round(value, DIGITS))


def _scale(low: Fraction | None, high: Fraction | None, value: Fraction | None) -> Scale:
    """Wide enough for the range, some air, and the value."""
    bottom = low if low is not None else Fraction(0)
    top = high if high is not None else bottom * 2 or Fraction(1)
    air = (top - bottom) * Fraction(7, 10)
    first = Fraction(0) if low is None else max(Fraction(0), low - air)
    last = top + air
    return Scale(first if value is None else min(first, value), last if value is None else max(last, value))
