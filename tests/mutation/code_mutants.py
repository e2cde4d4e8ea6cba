"""Small changes to a module's code that its tests should notice: one change, one mutant.

What is changed: arithmetic and comparison operators, bounds of comparisons, `and`/`or`, conditions, signs, numbers,
`min`/`max`, and augmented assignments.

What is not, because no answer depends on it, or because a change would be noticed whatever the tests say: texts and
messages of errors, imports, annotations, aliases of types, decorators, code for type checkers; `assert` and `strict=`,
which guard the code against itself; `optimize=`, which changes the way to a number and not the number; the -1 of
`reshape`, for which NumPy takes any negative number; tolerances.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.MatMult: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPPOSITES = {
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "any": "all",
    "all": "any",
    "ceil": "floor",
    "floor": "ceil",
    "argmin": "argmax",
    "argmax": "argmin",
}
SILENT = {"strict", "optimize"}
"""Arguments that change no answer."""
TOLERANCE = 1e-3
"""A number below this says how exact a search is; no test promises it."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module: where it is, what was there, and what is there now."""

    module: str
    function: str
    lines: range
    """Of the statement, or of the head of one that holds others."""
    before: str
    after: str
    source: str
    place: int
    turn: int

    @property
    def id(self) -> str:
        """Names the change without its line, so that it outlives edits elsewhere."""
        return f"{self.module}:{self.function}: {self.before} -> {self.after}"

    @property
    def tree(self) -> ast.Module:
        """The whole changed module."""
        tree = ast.parse(self.source)
        site = next(one for at, one in enumerate(_sites(tree)) if at == self.place)
        _apply(site.node, self.turn)
        return ast.fix_missing_locations(tree)


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module's source, in the order of its code; changes of the same words are told apart."""
    seen: dict[str, int] = {}
    for place, site in enumerate(_sites(ast.parse(source))):
        for turn, (before, after) in enumerate(_changes(site.node)):
            words = f"{site.function}: {before} -> {after}"
            seen[words] = seen.get(words, 0) + 1
            told = after if seen[words] == 1 else f"{after} #{seen[words]}"
            yield Mutant(module, site.function, site.lines, before, told, source, place, turn)


@dataclass(frozen=True)
class _Site:
    """A node that may change, the function and the statement it is in."""

    function: str
    lines: range
    node: ast.AST


def _sites(tree: ast.Module) -> Iterator[_Site]:
    yield from _walk(tree, "module", range(0))


def _walk(node: ast.AST, function: str, lines: range) -> Iterator[_Site]:
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Raise, ast.Assert)) or _for_types(node):
        return
    if function == "module" and _is_alias(node):
        return
    if isinstance(node, ast.stmt):
        lines = _lines(node)
    if isinstance(node, (ast.expr, ast.stmt)):
        yield _Site(function, lines, node)
    inner = f"{function}.{node.name}" if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else function
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_params", "format_spec", "bases"}:
            continue
        shape = name == "args" and isinstance(node, ast.Call) and _called(node) == "reshape"
        for child in value if isinstance(value, list) else [value]:
            if shape and isinstance(child, ast.UnaryOp):
                continue
            if isinstance(child, ast.AST) and not _is_text(child) and not _is_silent(child):
                yield from _walk(child, inner.removeprefix("module."), lines)


def _lines(node: ast.stmt) -> range:
    body = getattr(node, "body", None)
    return range(node.lineno, body[0].lineno if body else (node.end_lineno or node.lineno) + 1)


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _is_alias(node: ast.AST) -> bool:
    """Whether this names a type, as `Array = NDArray[float64]`."""
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)


def _is_silent(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg in SILENT


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _changes(node: ast.AST) -> list[tuple[str, str]]:
    """What the node says, and what each of its mutants says instead."""
    before = ast.unparse(node).splitlines()[0]
    found = []
    for turn in range(_count(node)):
        other = copy.deepcopy(node)
        _apply(other, turn)
        found.append((before, ast.unparse(ast.fix_missing_locations(other)).splitlines()[0]))
    return found


def _count(node: ast.AST) -> int:
    """In how many ways a node can change."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        texts = isinstance(node, ast.BinOp) and _texts(node)
        return int(type(node.op) in ARITHMETIC and not texts)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return len(COMPARISONS[type(node.ops[0])])
    if isinstance(node, (ast.BoolOp, ast.If, ast.IfExp, ast.While)):
        return 1
    if isinstance(node, ast.UnaryOp):
        return int(isinstance(node.op, (ast.USub, ast.Not, ast.Invert)))
    if isinstance(node, ast.Constant):
        tolerance = isinstance(node.value, float) and 0 < node.value < TOLERANCE
        return int(isinstance(node.value, (bool, int, float)) and not tolerance)
    if isinstance(node, ast.Call):
        return int(_called(node) in OPPOSITES)
    return 0


def _texts(node: ast.BinOp) -> bool:
    return any(
        isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str))
        for one in (node.left, node.right)
    )


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _apply(node: ast.AST, turn: int) -> None:
    """Change the node in place, in its `turn`-th way."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        node.op = ARITHMETIC[type(node.op)]()
    elif isinstance(node, ast.Compare):
        node.ops = [COMPARISONS[type(node.ops[0])][turn]()]
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.UnaryOp):
        node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
        if isinstance(node.op, ast.Not):
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else _number(node.value)
    elif isinstance(node, ast.Call):
        name = OPPOSITES[_called(node)]
        if isinstance(node.func, ast.Attribute):
            node.func.attr = name
        else:
            node.func = ast.Name(name, ast.Load())


def _number(value: float) -> float:
    """Another number: whole ones move by one, others by a third."""
    return value + 1 if isinstance(value, int) else value * 4 / 3 if value else 1.0
