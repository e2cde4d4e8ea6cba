"""Columns of a table to a design matrix, by a small part of the usual formula notation.

`y ~ a + b*c + d:e` or `y ~ 1`: a text column, or one named in `factors`, is a factor in treatment coding
with its first level in sorted order as the reference; any other column is a number. Nothing else is
understood.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialist.statistics.results import StatisticsRefusal

Array = NDArray[np.float64]
Columns = Mapping[str, Sequence[float] | Sequence[str] | NDArray[np.float64]]
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9.]*")


@dataclass(frozen=True)
class Coding:
    """How the right-hand side of a formula turns rows into numbers.

    Attributes:
        terms: Each a tuple of column names; the empty tuple is the intercept.
        levels: Of each factor, in order; the first is the reference.
        names: Of the columns of the matrix, as `visit[2]:arm[1]`.
    """

    terms: tuple[tuple[str, ...], ...]
    levels: Mapping[str, tuple[float | str, ...]]
    names: tuple[str, ...]

    def matrix(self, columns: Columns) -> Array:
        """The design matrix of these rows; a level that the coding does not know is refused."""
        rows = len(next(iter(columns.values())))
        blocks = [self._block(term, columns, rows) for term in self.terms]
        return np.hstack(blocks)

    def marginal(self, columns: Columns, at: Mapping[str, float | str]) -> Array:
        """The row of a least-squares mean.

        Factors and numbers in `at` are fixed; other factors are averaged over their levels with equal
        weights, other numbers stand at their mean over the rows.
        """
        numbers = {name for term in self.terms for name in term} - set(self.levels)
        fixed = {name: float(np.asarray(columns[name], dtype=float).mean()) for name in numbers} | dict(at)
        free = [name for name in self.levels if name not in fixed]
        grid = list(product(*(self.levels[name] for name in free)))
        rows: dict[str, list[Any]] = {name: [value] * len(grid) for name, value in fixed.items()}
        rows |= {name: [cell[i] for cell in grid] for i, name in enumerate(free)}
        row: Array = self.matrix(rows or {"": [None]}).mean(axis=0)
        return row

    def _block(self, term: tuple[str, ...], columns: Columns, rows: int) -> Array:
        block = np.ones((rows, 1))
        for name in term:
            part = self._column(name, columns)
            block = (block[:, None, :] * part[:, :, None]).reshape(rows, -1)
        return block

    def _column(self, name: str, columns: Columns) -> Array:
        if name not in self.levels:
            return np.asarray(columns[name], dtype=float)[:, None]
        values = np.asarray(columns[name])
        unknown = set(values.tolist()) - set(self.levels[name])
        if unknown:
            raise StatisticsRefusal("unknown_level", f"{name} has the unknown level {min(map(str, unknown))}")
        return np.stack([values == level for level in self.levels[name][1:]], axis=1).astype(float)


def parse(formula: str) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """The response and the terms of a formula: main effects first, then interactions, as written.

    Raises:
        StatisticsRefusal: `bad_formula`.
    """
    response, tilde, right = formula.partition("~")
    terms: list[tuple[str, ...]] = [()]
    for piece in right.split("+"):
        names = tuple(name.strip() for name in re.split(r"[*:]", piece))
        if names == ("1",):
            continue
        if not tilde or not all(_NAME.fullmatch(name) for name in names):
            raise StatisticsRefusal("bad_formula", f"cannot read {formula!r}", "write it as y ~ a + b*c")
        sizes = range(1, len(names) + 1) if "*" in piece else [len(names)]
        terms += [chosen for size in sizes for chosen in combinations(names, size)]
    link = re.fullmatch(r"\w+\((.*)\)", response.strip())
    unique = dict.fromkeys(terms)
    return (link[1] if link else response).strip(), tuple(sorted(unique, key=len))


def coding(
    formula: str,
    columns: Columns,
    factors: Collection[str] = (),
    references: Mapping[str, float | str] | None = None,
) -> Coding:
    """The coding of a formula's right-hand side, with the levels that these rows have.

    Args:
        formula: As in the module's description.
        columns: The rows, by column.
        factors: Columns of numbers that are to be factors.
        references: Factor → its reference level, where that is not the first in sorted order.
    """
    _, terms = parse(formula)
    used = dict.fromkeys(name for term in terms for name in term)
    first = references or {}
    levels = {
        name: _ordered(columns[name], first.get(name))
        for name in used
        if name in factors or not _numeric(columns[name])
    }
    return Coding(terms, levels, tuple(name for term in terms for name in _names(term, levels)))


def _ordered(column: Sequence[Any] | Array, first: float | str | None) -> tuple[float | str, ...]:
    """The levels in sorted order, the reference before all others."""
    levels = sorted(set(np.asarray(column).tolist()))
    return (*(level for level in levels if level == first), *(level for level in levels if level != first))


def _numeric(column: Sequence[Any] | Array) -> bool:
    try:
        np.asarray(column, dtype=float)
    except ValueError:
        return False
    return True


def _names(term: tuple[str, ...], levels: Mapping[str, tuple[float | str, ...]]) -> list[str]:
    """The names of a term's columns of the matrix."""
    labels = [
        [f"{name}[{level}]" for level in levels[name][1:]] if name in levels else [name] for name in term
    ]
    return [":".join(parts) for parts in product(*labels)] if term else ["(intercept)"]


def model(formula: str, columns: Columns, factors: Collection[str] = ()) -> tuple[Array, Array]:
    """The response and the design matrix that a formula makes of complete numeric columns."""
    response, _ = parse(formula)
    return np.asarray(columns[response], dtype=float), coding(formula, columns, factors).matrix(columns)
