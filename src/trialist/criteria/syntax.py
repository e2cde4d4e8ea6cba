"""Python's own grammar, of which only a whitelisted part is the language; the functions are handed in."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trialist.criteria import nodes
from trialist.criteria.dictionary import Dictionary
from trialist.criteria.interval import Comparator
from trialist.criteria.messages import MESSAGES, WORDS, Pair
from trialist.criteria.nodes import IllTyped, Node
from trialist.findings import InputError
from trialist.quantity.dates import Duration, PartialDate
from trialist.quantity.units import NotConvertible, Quantity, UnknownUnit, decimal, named, number

Builder = Callable[["Parser", ast.Call], Node]
"""Makes the node of a call."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language: an example of its use, and what builds its node."""

    usage: str
    build: Builder


LONGEST_RULE: Final = 4000
DEEPEST_RULE: Final = 40

_COMPARATORS: dict[type[ast.cmpop], Comparator] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted text, whose meaning depends on what it stands beside."""

    text: str
    place: ast.expr


class Parser:
    """One rule being read."""

    def __init__(
        self,
        text: str,
        dictionary: Dictionary,
        functions: Mapping[str, Function],
        *,
        path: str = "",
        line: int | None = None,
    ) -> None:
        self.functions = functions
        self.text = " ".join(text.split("\n")).replace("\r", " ").replace("\t", " ")
        self.dictionary: Dictionary = dictionary
        self.path, self.line = path, line

    def parse(self) -> Node:
        """The whole text."""
        try:
            return self.node(self._tree())
        except UnknownUnit as error:  # the dictionary's own: what the file quotes is refused where it stands
            near = ", ".join(error.suggestions) or WORDS["none"]
            raise self.fault(
                "criteria.unknown_unit", unit=error.text, text=error.text, column=1, near=near
            ) from None

    # -- Errors ------------------------------------------------------------------------------------------------

    def fault(self, code: str, place: ast.expr | None = None, **fields: object) -> InputError:
        """Refuse the rule, at this place of it; a field that differs between languages is a pair."""
        if place is not None:
            fields = {"column": place.col_offset + 1, **fields}
        pairs = {
            name: value if isinstance(value, tuple) else (value, value) for name, value in fields.items()
        }
        english = {name: pair[0] for name, pair in pairs.items()}
        chinese = {f"{name}_zh": pair[1] for name, pair in pairs.items()}
        where: dict[str, Any] = {"path": self.path, "line": self.line}
        where["witness"] = self.source(place) if place else self.text[:80]
        return InputError(MESSAGES[code].finding(code, **where, **english, **chinese))

    def near(self, name: str, known: Iterable[str]) -> str | Pair:
        """The known names spelled most alike."""
        return ", ".join(difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)) or WORDS["none"]

    def source(self, place: ast.expr) -> str:
        """The rule's own text of an expression."""
        return ast.get_source_segment(self.text, place) or self.text

    def unknown(self, kind: str, name: str, known: Iterable[str], place: ast.expr) -> InputError:
        """Refuse a name that the dictionary does not hold."""
        near = self.near(name, known)
        return self.fault("criteria.unknown_name", place, kind=WORDS[kind], name=name, near=near)

    # -- Syntax ------------------------------------------------------------------------------------------------

    def _tree(self) -> ast.expr:
        text = self.text = self.text.strip()
        if len(text) > LONGEST_RULE:
            raise self.fault("criteria.too_long", limit=LONGEST_RULE)
        if "\\" in text or "\0" in text:
            at = max(text.find("\\"), text.find("\0")) + 1
            raise self.fault("criteria.syntax", column=at, reason=("a backslash", "反斜杠"))
        try:
            tree = ast.parse(text, mode="eval").body
        except SyntaxError as error:
            raise self.fault(
                "criteria.syntax", column=error.offset or 1, reason=(error.msg, WORDS["grammar"][1])
            ) from None
        except (RecursionError, MemoryError, ValueError):
            raise self.fault("criteria.too_long", limit=LONGEST_RULE) from None
        if _depth(tree) > DEEPEST_RULE:
            raise self.fault("criteria.too_long", limit=LONGEST_RULE)
        return tree

    def node(self, tree: ast.expr) -> Node:
        """A typed expression; a quantity in quotes keeps its own unit."""
        found = self.term(tree)
        return self._quantity(found) if isinstance(found, Quoted) else found

    def truth(self, tree: ast.expr) -> Node:
        """An expression that is true or false."""
        return self.of_kind("truth", tree)

    def of_kind(self, kind: nodes.Kind, tree: ast.expr) -> Node:
        """An expression of this kind."""
        node = self.node(tree)
        if node.type.kind != kind:
            raise self.fault(
                "criteria.types",
                tree,
                text=self.source(tree),
                found=WORDS[node.type.kind],
                expected=WORDS[kind],
            )
        return node

    def term(self, tree: ast.expr) -> Node | Quoted:  # noqa: C901, PLR0911 - one line for each construct
        """An expression, or a quoted text whose meaning its neighbor decides."""
        match tree:
            case ast.BoolOp(op, values):
                operands = tuple(self.truth(value) for value in values)
                return nodes.And(operands) if isinstance(op, ast.And) else nodes.Or(operands)
            case ast.UnaryOp(ast.Not(), operand):
                return nodes.Not(self.truth(operand))
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float())):
                return self._number(tree)
            case ast.UnaryOp(ast.USub(), operand):
                value = self.of_kind("number", operand)
                return nodes.Arithmetic("-", nodes.Number(number("0"), value.type.unit or "1"), value)
            case ast.BinOp(left, operator, right) if type(operator) in _OPERATORS:
                return self._arithmetic(tree, _OPERATORS[type(operator)], left, right)
            case ast.Compare(left, comparators, rights):
                return self._comparisons(tree, left, comparators, rights)
            case ast.Constant(bool() as value):
                return nodes.Constant(value)
            case ast.Constant(int() | float()):
                return self._number(tree)
            case ast.Constant(str() as value):
                return Quoted(value, tree)
            case ast.Name(name):
                return self._name(tree, name)
            case ast.Call():
                return self._call(tree)
            case _:
                raise self.forbidden(tree)

    def forbidden(self, tree: ast.expr) -> InputError:
        """Refuse what Python has and the language has not."""
        return self.fault(
            "criteria.forbidden", tree, text=self.source(tree), functions=", ".join(self.functions)
        )

    # -- Leaves ------------------------------------------------------------------------------------------------

    def _number(self, tree: ast.expr) -> Node:
        source = self.source(tree)
        try:
            return nodes.Number(number(source.replace(" ", "")))
        except ValueError:
            raise self.fault(
                "criteria.text", tree, text=source, expected=WORDS["number"], example="1.5"
            ) from None

    def _name(self, tree: ast.expr, name: str) -> Node:
        if name in ("true", "false"):
            return nodes.Constant(name == "true")
        if name == "index":
            return nodes.Day(nodes.INDEX)
        if name == "age":
            return nodes.Age()
        if name == "sex":
            return nodes.Sex()
        if name in self.dictionary.items:
            return self.answer(tree, name, previous=False)
        known = ["age", "sex", "index", "true", "false", *self.dictionary.items]
        if name in self.functions:
            raise self.fault(
                "criteria.argument",
                tree,
                function=name,
                reason=WORDS["call"],
                usage=self.functions[name].usage,
            )
        raise self.unknown("item", name, [*known, *self.functions], tree)

    def answer(self, tree: ast.expr, name: str, *, previous: bool) -> Node:
        """The value of an item."""
        item = self.dictionary.items.get(name)
        if item is None:
            raise self.unknown("item", name, self.dictionary.items, tree)
        kind: nodes.Kind = "code" if item.kind == "text" else item.kind
        unit = item.unit if kind == "number" else None
        return nodes.Answer(name, nodes.Type(kind, unit), item.analyte, previous)

    def _call(self, call: ast.Call) -> Node:
        if not isinstance(call.func, ast.Name):
            raise self.forbidden(call.func)
        name = call.func.id
        function = self.functions.get(name)
        if function is None:
            functions = ", ".join(self.functions)
            near = self.near(name, self.functions)
            raise self.fault("criteria.unknown_function", call, name=name, near=near, functions=functions)
        try:
            return function.build(self, call)
        except IllTyped as error:
            raise self.argument(call, error.words) from None

    def argument(self, call: ast.Call, reason: Pair) -> InputError:
        """Refuse a call whose arguments do not fit."""
        assert isinstance(call.func, ast.Name)
        name = call.func.id
        return self.fault(
            "criteria.argument", call, function=name, reason=reason, usage=self.functions[name].usage
        )

    # -- Quoted texts ------------------------------------------------------------------------------------------

    def quantity(self, quoted: Quoted) -> Quantity:
        """The amount that a quoted text states."""
        try:
            return Quantity.parse(quoted.text)
        except UnknownUnit as error:
            near = ", ".join(error.suggestions) or WORDS["none"]
            raise self.fault(
                "criteria.unknown_unit", quoted.place, unit=error.text, text=quoted.text, near=near
            ) from None
        except ValueError:
            raise self.not_text(quoted, "a quantity", "'30 10*9/L'") from None

    def not_text(self, quoted: Quoted, expected: str, example: str) -> InputError:
        """Refuse a quoted text that does not say what is needed here."""
        return self.fault(
            "criteria.text", quoted.place, text=quoted.text, expected=WORDS[expected], example=example
        )

    def _quantity(self, quoted: Quoted) -> Node:
        quantity = self.quantity(quoted)
        return nodes.Number(quantity.value, quantity.unit)

    def number_in(self, quoted: Quoted, unit: str, analyte: str | None) -> nodes.Number:
        """The amount that a quoted text states, converted to `unit`."""
        if unit == nodes.YEARS:
            return self._years(quoted)
        quantity = self.quantity(quoted)
        if quantity.unit == unit:
            return nodes.Number(quantity.value, unit)
        try:
            factor = self.dictionary.factor(quantity.unit, unit, analyte)
        except NotConvertible:
            raise self.mismatch(quoted.place, unit, quantity.unit) from None
        return nodes.Number(quantity.value * factor, unit, written=str(quantity))

    def _years(self, quoted: Quoted) -> nodes.Number:
        try:
            duration = Duration.parse(quoted.text)
        except ValueError:
            raise self.not_text(quoted, "a duration", "'18 a'") from None
        if duration.unit != "a":
            raise self.not_text(quoted, "a duration", "'18 a'")
        return nodes.Number(number(str(duration.amount)), nodes.YEARS)

    def mismatch(self, place: ast.expr, left: str, right: str) -> InputError:
        """Refuse two units that measure different things."""
        return self.fault(
            "criteria.dimension", place, left=self._said(left), right=self._said(right), unit=left
        )

    def _said(self, unit: str) -> str | Pair:
        return f"`{unit}`" if unit == nodes.YEARS else (f"`{unit}` ({named(unit)})", f"`{unit}`")

    def _beside(self, quoted: Quoted, other: Node) -> Node:
        """What a quoted text means beside `other`."""
        match other.type.kind:
            case "number":
                return self.number_in(quoted, other.type.unit or "1", analyte_of(other))
            case "date":
                return nodes.Day(self.day(quoted))
            case "code":
                return self._code(quoted, other)
            case "truth":
                raise self.fault(
                    "criteria.types",
                    quoted.place,
                    text=quoted.text,
                    found=WORDS["text"],
                    expected=WORDS["truth"],
                )

    def day(self, quoted: Quoted) -> PartialDate | nodes.Anchor:
        """A named day or one of the calendar."""
        if quoted.text in self.days():
            return nodes.Anchor(quoted.text)
        try:
            return PartialDate.parse(quoted.text)
        except ValueError:
            raise self.not_text(
                quoted, "a day", f"'2026-03-30' | {' | '.join(map(repr, self.days()))}"
            ) from None

    def days(self) -> list[str]:
        """The days that a rule may name."""
        return ["index", *self.dictionary.anchors, *self.dictionary.times]

    def _code(self, quoted: Quoted, other: Node) -> Node:
        codes: tuple[str, ...] = ("F", "M") if isinstance(other, nodes.Sex) else ()
        if isinstance(other, nodes.Answer):
            codes = self.dictionary.items[other.item].codes
        if codes and quoted.text not in codes:
            raise self.not_text(quoted, "a code", " | ".join(f"'{code}'" for code in codes))
        return nodes.Code(quoted.text)

    # -- Operations --------------------------------------------------------------------------------------------

    def _pair(self, left: ast.expr, right: ast.expr) -> tuple[Node, Node]:
        one, two = self.term(left), self.term(right)
        if isinstance(one, Quoted):
            one = self._quantity(one) if isinstance(two, Quoted) else self._beside(one, two)
        if isinstance(two, Quoted):
            two = self._beside(two, one)
        return one, two

    def _comparisons(
        self, tree: ast.expr, left: ast.expr, comparators: list[ast.cmpop], rights: list[ast.expr]
    ) -> Node:
        parts: list[Node] = []
        for comparator, right in zip(comparators, rights, strict=True):
            if type(comparator) not in _COMPARATORS:
                raise self.forbidden(tree)
            parts.append(self._comparison(tree, _COMPARATORS[type(comparator)], left, right))
            left = right
        return parts[0] if len(parts) == 1 else nodes.And(tuple(parts))

    def _comparison(self, tree: ast.expr, comparator: Comparator, left: ast.expr, right: ast.expr) -> Node:
        one, two = self._in_one_unit(right, *self._pair(left, right))
        if one.type.kind != two.type.kind:
            found, expected = WORDS[two.type.kind], WORDS[one.type.kind]
            raise self.fault("criteria.types", right, text=self.source(right), found=found, expected=expected)
        try:
            return nodes.Compare(comparator, one, two)
        except IllTyped as error:
            raise self.fault("criteria.operation", tree, text=self.source(tree), reason=error.words) from None

    def _arithmetic(self, tree: ast.expr, operator: Any, left: ast.expr, right: ast.expr) -> Node:
        if operator in ("*", "/"):
            one, two = self.node(left), self.node(right)
        else:
            one, two = self._pair(left, right)
        if operator == "-" and one.type.kind == two.type.kind == "date":
            return nodes.DaysBetween(one, two)
        for node, place in ((one, left), (two, right)):
            if node.type.kind != "number":
                found = WORDS[node.type.kind]
                expected = WORDS["number"]
                raise self.fault(
                    "criteria.types", place, text=self.source(place), found=found, expected=expected
                )
        if operator in ("+", "-"):
            one, two = self._in_one_unit(right, one, two)
        elif operator == "/" and two.type.unit != "1":
            two = self._converted(right, two, one.type.unit or "1")
        try:
            return nodes.Arithmetic(operator, one, two)
        except IllTyped as error:
            raise self.fault("criteria.operation", tree, text=self.source(tree), reason=error.words) from None

    def _in_one_unit(self, place: ast.expr, one: Node, two: Node) -> tuple[Node, Node]:
        """Both in the unit of the one that is no plain number; zero is zero in every unit."""
        if one.type.kind != "number" or two.type.kind != "number" or one.type == two.type:
            return one, two
        left, right = one.type.unit or "1", two.type.unit or "1"
        if isinstance(one, nodes.Number):
            return self._fitted(place, one, right), two
        if isinstance(two, nodes.Number):
            return one, self._fitted(place, two, left)
        return one, self._converted(place, two, left)

    def _fitted(self, place: ast.expr, plain: nodes.Number, unit: str) -> Node:
        if plain.value == 0 and plain.unit == "1":
            return nodes.Number(plain.value, unit)
        if plain.unit == "1" and not nodes.same_dimension("1", unit):
            raise self.fault("criteria.needs_unit", place, number=decimal(plain.value), unit=unit)
        return self._converted(place, plain, unit)

    def _converted(self, place: ast.expr, node: Node, unit: str) -> Node:
        from_ = node.type.unit or "1"
        if from_ == unit:
            return node
        if nodes.YEARS in (from_, unit):
            raise self.mismatch(place, unit, from_)
        try:
            factor = self.dictionary.factor(from_, unit, analyte_of(node))
        except NotConvertible:
            raise self.mismatch(place, unit, from_) from None
        if isinstance(node, nodes.Number):
            return nodes.Number(node.value * factor, unit, written=str(Quantity(node.value, from_)))
        return nodes.Converted(node, unit, factor)


def analyte_of(node: Node) -> str | None:
    """The analyte that a number is of, where it is of one."""
    if isinstance(node, nodes.Latest | nodes.At | nodes.Limit | nodes.Answer):
        return node.analyte
    found = (analyte_of(child) for child in nodes.children(node))
    return next((analyte for analyte in found if analyte), None)


def _depth(tree: ast.expr) -> int:
    """How deeply expressions are nested."""
    depth, level = 0, [tree]
    while level:
        depth += 1
        level = [
            inner for outer in level for inner in ast.iter_child_nodes(outer) if isinstance(inner, ast.expr)
        ]
    return depth
