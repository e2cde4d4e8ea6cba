"""The operations of the rule language: small frozen values that cannot be built wrong.

Names are resolved and units converted before a node exists: a number has the unit that its node states, a class
has its members. So an engine needs a node and the records, and no dictionary of words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal

from trialist.criteria.interval import Comparator, Interval
from trialist.quantity import units
from trialist.quantity.dates import Duration, PartialDate

Kind = Literal["truth", "number", "code", "date"]


@dataclass(frozen=True, slots=True)
class Type:
    """What an expression is; numbers have a unit (a UCUM code, or `a` for completed years)."""

    kind: Kind
    unit: str | None = None


TRUTH: Final = Type("truth")
CODE: Final = Type("code")
DATE: Final = Type("date")
YEARS: Final = "a"


class IllTyped(TypeError):  # noqa: N818 - named for what the expression is
    """Operands that do not go together, in English and Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.words = english, chinese


class Node:
    """An expression about one person."""

    __slots__ = ()

    @property
    def type(self) -> Type:
        """What evaluating it gives; most are truths."""
        return TRUTH


def _expect(node: Node, kind: Kind) -> None:
    if node.type.kind != kind:
        raise IllTyped(f"a {kind} is needed, not a {node.type.kind}", "类型不符")


def _kind(node: Node) -> str:
    return f"{node.type.kind} in {node.type.unit}" if node.type.unit else node.type.kind


# -- Windows ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Anchor:
    """A named day: `first_dose`, `M6`, or `index` itself."""

    name: str


@dataclass(frozen=True, slots=True)
class Before:
    """The day so long before index."""

    duration: Duration


Bound = Anchor | Before
INDEX: Final = Anchor("index")


@dataclass(frozen=True, slots=True)
class Window:
    """The days from `since` (None: ever) to `until`, both included."""

    since: Bound | None = None
    until: Bound = INDEX


EVER: Final = Window()


# -- Constants and what is known without records -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """True or false."""

    value: bool


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number in `unit`; `written` is how the file says it, where that differs. `exact` is it as an interval."""

    value: Fraction
    unit: str = "1"
    written: str | None = None
    exact: Interval = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "exact", Interval.exact(self.value))

    @property
    def type(self) -> Type:
        """A number."""
        return Type("number", self.unit)


@dataclass(frozen=True, slots=True)
class Code(Node):
    """A code of a list."""

    value: str

    @property
    def type(self) -> Type:
        """A code."""
        return CODE


@dataclass(frozen=True, slots=True)
class Day(Node):
    """A day of the calendar, or a named one."""

    value: PartialDate | Anchor

    @property
    def type(self) -> Type:
        """A date."""
        return DATE


@dataclass(frozen=True, slots=True)
class Age(Node):
    """Completed years at index."""

    @property
    def type(self) -> Type:
        """A number of years."""
        return Type("number", YEARS)


@dataclass(frozen=True, slots=True)
class Sex(Node):
    """`F` or `M`."""

    @property
    def type(self) -> Type:
        """A code."""
        return CODE


@dataclass(frozen=True, slots=True)
class Answer(Node):
    """The value being saved for an item, or (`previous`) the last one recorded before it."""

    item: str
    of: Type
    analyte: str | None = None
    previous: bool = False

    @property
    def type(self) -> Type:
        """As the item's."""
        return self.of


# -- Logic and arithmetic ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class And(Node):
    """All of them."""

    operands: tuple[Node, ...]

    def __post_init__(self) -> None:
        for operand in self.operands:
            _expect(operand, "truth")


@dataclass(frozen=True, slots=True)
class Or(Node):
    """At least one of them."""

    operands: tuple[Node, ...]

    def __post_init__(self) -> None:
        for operand in self.operands:
            _expect(operand, "truth")


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The opposite."""

    operand: Node

    def __post_init__(self) -> None:
        _expect(self.operand, "truth")


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """One value beside another of the same type and unit."""

    comparator: Comparator
    left: Node
    right: Node

    def __post_init__(self) -> None:
        if self.left.type != self.right.type:
            raise IllTyped(f"a {_kind(self.left)} beside a {_kind(self.right)}", "两侧类型或单位不同")
        if self.left.type.kind in ("truth", "code") and self.comparator not in ("==", "!="):
            raise IllTyped(f"a {self.left.type.kind} is not more or less than another", "此类值没有大小之分")


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+` and `-` of one unit; `*` with a pure number on one side; `/` by a pure number or by the same unit."""

    operator: Literal["+", "-", "*", "/"]
    left: Node
    right: Node

    def __post_init__(self) -> None:
        _expect(self.left, "number")
        _expect(self.right, "number")
        left, right = self.left.type.unit, self.right.type.unit
        fits = {"+": left == right, "-": left == right, "*": "1" in (left, right), "/": right in ("1", left)}
        if not fits[self.operator]:
            raise IllTyped(
                f"{left} {self.operator} {right} gives no unit of this language",
                f"{left} {self.operator} {right} 没有对应的单位",
            )

    @property
    def type(self) -> Type:
        """A number, in the unit that the operation gives."""
        left, right = self.left.type.unit, self.right.type.unit
        unit = {"+": left, "-": left, "*": right if left == "1" else left, "/": left if right == "1" else "1"}
        return Type("number", unit[self.operator])


@dataclass(frozen=True, slots=True)
class Converted(Node):
    """The same number in another unit: times `factor`."""

    operand: Node
    unit: str
    factor: Fraction

    def __post_init__(self) -> None:
        _expect(self.operand, "number")

    @property
    def type(self) -> Type:
        """A number in `unit`."""
        return Type("number", self.unit)


@dataclass(frozen=True, slots=True)
class DaysBetween(Node):
    """Days from `earlier` to `later`; negative if they are the other way round."""

    later: Node
    earlier: Node

    def __post_init__(self) -> None:
        _expect(self.later, "date")
        _expect(self.earlier, "date")

    @property
    def type(self) -> Type:
        """A number of days."""
        return Type("number", "d")


# -- Measurements ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Latest(Node):
    """The latest usable value of an analyte in the window; ties of a day by time, then by order recorded."""

    analyte: str
    unit: str
    window: Window = EVER

    @property
    def type(self) -> Type:
        """A number in the analyte's unit."""
        return Type("number", self.unit)


@dataclass(frozen=True, slots=True)
class At(Node):
    """The value of an analyte at a named time, as that time selects it."""

    time: str
    analyte: str
    unit: str

    @property
    def type(self) -> Type:
        """A number in the analyte's unit."""
        return Type("number", self.unit)


@dataclass(frozen=True, slots=True)
class Limit(Node):
    """The reporting laboratory's own limit of the measurement that `Latest` of the same window uses."""

    side: Literal["upper", "lower"]
    analyte: str
    unit: str
    window: Window = EVER

    @property
    def type(self) -> Type:
        """A number in the analyte's unit."""
        return Type("number", self.unit)


@dataclass(frozen=True, slots=True)
class Egfr(Node):
    """Estimated glomerular filtration rate by a named formula, from the latest creatinine of the window."""

    formula: str
    creatinine: Latest

    @property
    def type(self) -> Type:
        """A flow indexed to body surface."""
        return Type("number", "mL/min/{1.73_m2}")


@dataclass(frozen=True, slots=True)
class Bmi(Node):
    """Body mass over height squared, each the latest recorded."""

    weight: Latest
    height: Latest

    @property
    def type(self) -> Type:
        """Mass per area."""
        return Type("number", "kg/m2")


@dataclass(frozen=True, slots=True)
class Positive(Node):
    """One of the analytes is positive: its latest usable result of the window, or its result at a named time."""

    name: str
    analytes: tuple[str, ...]
    window: Window = EVER
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Repeated(Node):
    """Two positive results whose specimen dates lie at least `apart`, of the same analyte or of any of them."""

    name: str
    analytes: tuple[str, ...]
    apart: Duration
    same: Literal["analyte", "any"] = "analyte"


@dataclass(frozen=True, slots=True)
class Persisted(Node):
    """The counts stayed between two bounds (both in) for a span that ends at the latest count.

    `run`: every count in the span lies within. `two_counts`: the latest lies within, and so does one at least
    that long before it, whatever lies between.
    """

    analyte: str
    low: Number
    high: Number
    span: Duration
    reading: Literal["run", "two_counts"] = "run"

    def __post_init__(self) -> None:
        if self.low.unit != self.high.unit:
            raise IllTyped(f"bounds in {self.low.unit} and in {self.high.unit}", "上下限单位不同")
        if self.low.value > self.high.value:
            raise IllTyped("the lower bound is above the upper one", "下限大于上限")


# -- Drugs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drugs:
    """A substance, a class or an equivalence: its substances, each with the weight its dose has in the sum.

    `unit` is that of weighted doses; None where the members' doses are not of one kind. `summed` is true where
    the members' doses add up to one (an equivalence, a single substance), false for a class of different drugs.
    """

    name: str
    weights: tuple[tuple[str, Fraction], ...]
    unit: str | None
    summed: bool

    @property
    def substances(self) -> frozenset[str]:
        """The members."""
        return frozenset(substance for substance, _ in self.weights)


@dataclass(frozen=True, slots=True)
class Dose(Node):
    """The dose taken on the index day, summed over its drugs."""

    drugs: Drugs

    def __post_init__(self) -> None:
        if self.drugs.unit is None:
            raise IllTyped(f"doses of {self.drugs.name} do not add up", f"{self.drugs.name} 的剂量不可相加")

    @property
    def type(self) -> Type:
        """A number in the drugs' unit."""
        return Type("number", self.drugs.unit)


@dataclass(frozen=True, slots=True)
class Stable(Node):
    """No change of dose from `span` before index to index, both days in."""

    drugs: Drugs
    span: Duration


@dataclass(frozen=True, slots=True)
class Raised(Node):
    """On every day of a run of at least `span` inside the window, the dose was `by` or more above its first day's."""

    drugs: Drugs
    by: Number
    span: Duration
    window: Window

    def __post_init__(self) -> None:
        if self.by.unit != self.drugs.unit or not self.drugs.summed:
            raise IllTyped(
                f"doses of {self.drugs.name} do not add up in {self.by.unit}",
                f"{self.drugs.name} 的剂量不可相加",
            )
        if self.window.since is None:
            raise IllTyped(
                "a rise needs the day that it is counted from (`since`)", "需要用 `since` 指明起算日"
            )


@dataclass(frozen=True, slots=True)
class Given(Node):
    """One of the drugs was taken on some day of the window."""

    drugs: Drugs
    window: Window = EVER


# -- Conditions, attestations, endpoints -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Has(Node):
    """The condition began on some day of the window."""

    condition: str
    window: Window = EVER


@dataclass(frozen=True, slots=True)
class Ongoing(Node):
    """The condition had begun and not ended at index."""

    condition: str


@dataclass(frozen=True, slots=True)
class Attested(Node):
    """The investigator's own statement."""

    name: str


@dataclass(frozen=True, slots=True)
class Reached(Node):
    """Another endpoint, by its name and rule."""

    endpoint: str
    rule: Node

    def __post_init__(self) -> None:
        _expect(self.rule, "truth")


def children(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911 - one line for each shape of node
    """The expressions directly inside another."""
    match node:
        case And(operands) | Or(operands):
            return operands
        case Not(operand) | Converted(operand):
            return (operand,)
        case Compare(_, left, right) | Arithmetic(_, left, right) | DaysBetween(left, right):
            return (left, right)
        case Egfr(_, creatinine):
            return (creatinine,)
        case Bmi(weight, height):
            return (weight, height)
        case Reached(_, rule):
            return (rule,)
        case _:
            return ()


def same_dimension(one: str, two: str) -> bool:
    """Whether two units measure the same thing; completed years measure themselves alone."""
    return one == two or (YEARS not in (one, two) and units.dimension(one) == units.dimension(two))
