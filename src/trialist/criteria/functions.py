"""The functions of the language: what arguments each takes, and the node that it builds."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from trialist.criteria import nodes
from trialist.criteria.formulas import EGFR
from trialist.criteria.messages import WORDS, Pair
from trialist.criteria.nodes import Drugs, Node, Window
from trialist.criteria.syntax import Builder, Function, Parser, Quoted
from trialist.findings import InputError
from trialist.quantity import units
from trialist.quantity.dates import Duration


class Arguments:
    """The arguments of one call, taken one by one; what is left over is refused."""

    def __init__(self, parser: Parser, call: ast.Call, positional: tuple[str, ...]) -> None:
        self.parser, self.call = parser, call
        if len(call.args) > len(positional):
            raise parser.argument(call, _too_many(len(positional)))
        self.given: dict[str, ast.expr] = dict(zip(positional, call.args, strict=False))
        for keyword in call.keywords:
            if keyword.arg is None or keyword.arg in self.given:
                raise parser.argument(call, _doubled(keyword.arg or "**"))
            self.given[keyword.arg] = keyword.value
        self.taken: set[str] = set()

    def take(self, name: str) -> ast.expr | None:
        """The argument called `name`, or None."""
        self.taken.add(name)
        return self.given.get(name)

    def need(self, name: str) -> ast.expr:
        """The argument called `name`; refused without it."""
        found = self.take(name)
        if found is None:
            raise self.parser.argument(self.call, (f"`{name}` is missing", f"缺少 `{name}`"))
        return found

    def done(self) -> None:
        """Refuse arguments that the function does not have."""
        for name in self.given.keys() - self.taken:
            raise self.parser.argument(self.call, (f"it has no `{name}`", f"没有参数 `{name}`"))

    # -- Readings of one argument ------------------------------------------------------------------------------

    def word(self, name: str, kind: str, known: Iterable[str]) -> str:
        """A bare name, or a quoted one, out of `known`."""
        tree = self.need(name)
        known = list(known)
        match tree:
            case ast.Name(found) | ast.Constant(str() as found):
                if found not in known:
                    raise self.parser.unknown(kind, found, known, tree)
                return found
            case _:
                raise self.parser.fault(
                    "criteria.types",
                    tree,
                    text=self.parser.source(tree),
                    found=WORDS["text"],
                    expected=WORDS[kind],
                )

    def choice(self, name: str, *choices: str) -> Any:
        """One of several quoted texts; the first is the default."""
        if self.take(name) is None:
            return choices[0]
        text, _ = self.text(name)
        if text not in choices:
            known = " | ".join(repr(choice) for choice in choices)
            raise self.parser.argument(self.call, (f"`{name}` is one of {known}", f"`{name}` 只能是 {known}"))
        return text

    def text(self, name: str) -> tuple[str, ast.expr]:
        """A quoted text."""
        tree = self.need(name)
        if not isinstance(tree, ast.Constant) or not isinstance(tree.value, str):
            source = self.parser.source(tree)
            raise self.parser.fault(
                "criteria.types", tree, text=source, found=WORDS["name"], expected=WORDS["text"]
            )
        return tree.value, tree

    def duration(self, name: str) -> Duration:
        """A quoted duration of days or longer."""
        text, tree = self.text(name)
        duration = self._duration(text)
        if duration is None:
            raise self._not(text, tree, "a duration", "'12 wk'")
        return duration

    def amount(self, name: str, unit: str, analyte: str | None = None) -> nodes.Number:
        """A quoted quantity, converted to `unit`."""
        text, tree = self.text(name)
        return self._amount(text, tree, unit, analyte)

    def amounts(self, name: str, unit: str, analyte: str) -> tuple[nodes.Number, nodes.Number]:
        """Two quoted quantities in brackets: the bounds, both in."""
        tree = self.need(name)
        match tree:
            case ast.Tuple([ast.Constant(str() as low), ast.Constant(str() as high)]):
                return self._amount(low, tree, unit, analyte), self._amount(high, tree, unit, analyte)
            case _:
                raise self._not(self.parser.source(tree), tree, "a quantity", "('30 10*9/L', '100 10*9/L')")

    def window(self) -> Window:
        """`within=` a duration before index, or `since=` and `until=` a named day or a duration before index."""
        if self.take("within") is not None:
            if self.take("since") is not None or self.take("until") is not None:
                raise self.parser.argument(self.call, WORDS["either"])
            return Window(nodes.Before(self.duration("within")))
        since = self._bound("since") if self.take("since") is not None else None
        until = self._bound("until") if self.take("until") is not None else nodes.INDEX
        return Window(since, until)

    def _bound(self, name: str) -> nodes.Bound:
        text, tree = self.text(name)
        days = self.parser.days()
        if text in days:
            return nodes.Anchor(text)
        duration = self._duration(text)
        if duration is None:
            raise self._not(text, tree, "a day", f"'2 wk' | {' | '.join(repr(day) for day in days)}")
        return nodes.Before(duration)

    def _amount(self, text: str, tree: ast.expr, unit: str, analyte: str | None) -> nodes.Number:
        return self.parser.number_in(Quoted(text, tree), unit, analyte)

    def _duration(self, text: str) -> Duration | None:
        try:
            duration = Duration.parse(text)
        except ValueError:
            return None
        return None if duration.unit == "h" else duration

    def _not(self, text: str, tree: ast.expr, expected: str, example: str) -> InputError:
        return self.parser.not_text(Quoted(text, tree), expected, example)


def _too_many(most: int) -> Pair:
    return f"it takes at most {most} arguments without a name", f"不带名称的参数最多 {most} 个"


def _doubled(name: str) -> Pair:
    return f"`{name}` is given twice", f"`{name}` 重复"


def _arguments(parser: Parser, call: ast.Call, *positional: str) -> Arguments:
    return Arguments(parser, call, positional)


# -- Measurements ------------------------------------------------------------------------------------------------


def _latest_of(arguments: Arguments, analyte: str, window: Window) -> nodes.Latest:
    return nodes.Latest(analyte, arguments.parser.dictionary.analytes[analyte].unit, window)


def _latest(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "analyte")
    analyte = arguments.word("analyte", "analyte", parser.dictionary.analytes)
    node = _latest_of(arguments, analyte, arguments.window())
    arguments.done()
    return node


def _at(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "time", "analyte")
    time = arguments.word("time", "time", parser.dictionary.times)
    return _value_at(arguments, time)


def _baseline(parser: Parser, call: ast.Call) -> Node:
    if "baseline" not in parser.dictionary.times:
        raise parser.unknown("time", "baseline", parser.dictionary.times, call)
    return _value_at(_arguments(parser, call, "analyte"), "baseline")


def _value_at(arguments: Arguments, time: str) -> Node:
    analytes = arguments.parser.dictionary.analytes
    analyte = arguments.word("analyte", "analyte", analytes)
    arguments.done()
    return nodes.At(time, analyte, analytes[analyte].unit)


def _limit(side: Any) -> Builder:
    def build(parser: Parser, call: ast.Call) -> Node:
        arguments = _arguments(parser, call, "analyte")
        analytes = parser.dictionary.analytes
        analyte = arguments.word("analyte", "analyte", analytes)
        window = arguments.window()
        arguments.done()
        return nodes.Limit(side, analyte, analytes[analyte].unit, window)

    return build


def _egfr(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "formula")
    arguments.need("formula")
    formula = arguments.choice("formula", *EGFR)
    if "creatinine" not in parser.dictionary.analytes:
        raise parser.unknown("analyte", "creatinine", parser.dictionary.analytes, call)
    latest = _latest_of(arguments, "creatinine", arguments.window())
    arguments.done()
    return nodes.Egfr(formula, latest)


def _bmi(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call)
    for analyte in ("weight", "height"):
        if analyte not in parser.dictionary.analytes:
            raise parser.unknown("analyte", analyte, parser.dictionary.analytes, call)
    window = arguments.window()
    arguments.done()
    return nodes.Bmi(_latest_of(arguments, "weight", window), _latest_of(arguments, "height", window))


def _antibodies(arguments: Arguments) -> tuple[str, tuple[str, ...]]:
    dictionary = arguments.parser.dictionary
    name = arguments.word("analytes", "analytes", [*dictionary.groups, *dictionary.analytes])
    return name, dictionary.groups[name].members if name in dictionary.groups else (name,)


def _positive(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "analytes")
    name, analytes = _antibodies(arguments)
    time = arguments.word("at", "time", parser.dictionary.times) if arguments.take("at") is not None else None
    window = arguments.window()
    arguments.done()
    return nodes.Positive(name, analytes, window, time)


def _repeated(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "what")
    match arguments.need("what"):
        case ast.Call(ast.Name("positive")) as inner:
            positive = Arguments(parser, inner, ("analytes",))
            name, analytes = _antibodies(positive)
            positive.done()
        case tree:
            source = parser.source(tree)
            raise parser.fault(
                "criteria.types",
                tree,
                text=source,
                found=WORDS["name"],
                expected=("`positive(...)`", "`positive(...)`"),
            )
    apart, same = arguments.duration("apart"), arguments.choice("same", "analyte", "any")
    arguments.done()
    return nodes.Repeated(name, analytes, apart, same)


def _persisted(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "analyte")
    analytes = parser.dictionary.analytes
    analyte = arguments.word("analyte", "analyte", analytes)
    low, high = arguments.amounts("between", analytes[analyte].unit, analyte)
    span, reading = arguments.duration("for_"), arguments.choice("reading", "run", "two_counts")
    arguments.done()
    return nodes.Persisted(analyte, low, high, span, reading)


# -- Drugs -------------------------------------------------------------------------------------------------------


def _drugs(arguments: Arguments, kind: str) -> Drugs:
    """A substance, a class, or (where doses are meant) an equivalence."""
    dictionary = arguments.parser.dictionary
    scales = dictionary.equivalences if kind in ("dose", "equivalence") else {}
    classes = dictionary.classes if kind in ("dose", "drug") else {}
    name = arguments.word("drug", kind, [*scales, *classes, *dictionary.substances])
    if name in scales:
        scale = scales[name]
        worth = {
            substance: scale.reference_dose / known.equivalents[name]
            for substance, known in dictionary.substances.items()
            if name in known.equivalents
        }
        return Drugs(name, tuple(worth.items()), scale.unit, summed=True)
    members = classes[name].members if name in classes else (name,)
    weights = tuple((member, Fraction(1)) for member in members)
    doses = [dictionary.substances[member].unit for member in members if member in dictionary.substances]
    return Drugs(name, weights, _one_unit(doses), summed=name not in classes)


def _one_unit(doses: list[str]) -> str | None:
    alike = doses and len({units.dimension(unit) for unit in doses}) == 1
    return doses[0] if alike else None


def _dose(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "drug")
    drugs = _drugs(arguments, "dose")
    arguments.done()
    return nodes.Dose(drugs)


def _stable(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "drug")
    drugs, span = _drugs(arguments, "dose"), arguments.duration("for_")
    arguments.done()
    if not drugs.summed:  # each drug is compared with itself, in whatever unit its doses are recorded
        drugs = replace(drugs, unit=None)
    return nodes.Stable(drugs, span)


def _raised(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "drug")
    drugs = _drugs(arguments, "equivalence")
    by, span = arguments.amount("by", drugs.unit or "1"), arguments.duration("for_")
    window = arguments.window()
    arguments.done()
    return nodes.Raised(drugs, by, span, window)


def _given(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "drug")
    drugs, window = _drugs(arguments, "drug"), arguments.window()
    arguments.done()
    return nodes.Given(drugs, window)


# -- Conditions, attestations, endpoints, answers ----------------------------------------------------------------


def _has(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "condition")
    condition = arguments.word("condition", "condition", parser.dictionary.conditions)
    window = arguments.window()
    arguments.done()
    return nodes.Has(condition, window)


def _named(kind: str, words: Callable[[Parser], Mapping[str, Any]], build: Callable[[str], Node]) -> Builder:
    """A function of one name and nothing else."""

    def builder(parser: Parser, call: ast.Call) -> Node:
        arguments = _arguments(parser, call, "name")
        name = arguments.word("name", kind, words(parser))
        arguments.done()
        return build(name)

    return builder


_ongoing = _named("condition", lambda parser: parser.dictionary.conditions, nodes.Ongoing)
_attested = _named("attestation", lambda parser: parser.dictionary.attestations, nodes.Attested)


def _endpoint(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "name")
    name = arguments.word("name", "endpoint", parser.dictionary.endpoints)
    arguments.done()
    return nodes.Reached(name, parser.dictionary.endpoints[name].rule)


def _previous(parser: Parser, call: ast.Call) -> Node:
    arguments = _arguments(parser, call, "item")
    name = arguments.word("item", "item", parser.dictionary.items)
    arguments.done()
    return parser.answer(call, name, previous=True)


FUNCTIONS: Final[dict[str, Function]] = {
    "latest": Function("latest(ldl, within='28 d')", _latest),
    "at": Function("at('M6', platelets)", _at),
    "baseline": Function("baseline(platelets)", _baseline),
    "upper_limit": Function("upper_limit(alt, within='28 d')", _limit("upper")),
    "lower_limit": Function("lower_limit(alt, within='28 d')", _limit("lower")),
    "positive": Function(
        "positive(apl), positive(apl, within='12 wk') or positive(acl_igg, at='D0')", _positive
    ),
    "repeated": Function("repeated(positive(apl), apart='12 wk', same='analyte')", _repeated),
    "persisted": Function(
        "persisted(platelets, between=('30 10*9/L', '100 10*9/L'), for_='2 wk')", _persisted
    ),
    "dose": Function("dose(prednisone_equivalent)", _dose),
    "stable": Function("stable(prednisone_equivalent, for_='2 wk')", _stable),
    "raised": Function(
        "raised(prednisone_equivalent, by='5 mg/d', for_='7 d', since='first_dose', until='M6')", _raised
    ),
    "given": Function("given(ivig, within='1 mo') or given(ivig, since='first_dose', until='M6')", _given),
    "has": Function("has(thrombosis, within='4 wk')", _has),
    "ongoing": Function(
        "ongoing(pregnancy)", _named("condition", lambda parser: parser.dictionary.conditions, nodes.Ongoing)
    ),
    "attested": Function(
        "attested(bleeding_tendency)",
        _named("attestation", lambda parser: parser.dictionary.attestations, nodes.Attested),
    ),
    "egfr": Function("egfr(formula='CKD-EPI 2021', within='28 d')", _egfr),
    "bmi": Function("bmi()", _bmi),
    "previous": Function("previous(platelets)", _previous),
    "endpoint": Function("endpoint('complete_response')", _endpoint),
}
