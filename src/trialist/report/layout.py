"""What a section of a report is made of; the template sets exactly these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialist.report.reading import Assumed

Fact = tuple[str, str, bool]
"""A name, what it is, and whether that is code."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a sentence; with a target it is a link to how the number was made."""

    words: str
    target: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: words, words beside them in quiet type, and where they were made."""

    words: str
    aside: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table; `main` stands out, `inner` belongs to the row above."""

    head: str
    cells: tuple[Cell, ...]
    main: bool = False
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: heads (the first over the rows' heads), rows, caption; `fold`: on a phone a row is a block."""

    heads: tuple[str, ...]
    rows: tuple[Line, ...]
    caption: str = ""
    fold: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A remark below a table or figure."""

    words: str
    style: str = "note"


@dataclass(frozen=True, slots=True)
class Made:
    """How one number was made."""

    id: str
    heading: str
    facts: tuple[Fact, ...]
    assumed: tuple[Assumed, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One section; what is empty is not set."""

    id: str
    heading: str
    lead: tuple[Part, ...] = ()
    figure: Any = ""
    title: str = ""
    caption: str = ""
    assumed: tuple[Assumed, ...] = ()
    table: Grid | None = None
    notes: tuple[Note, ...] = ()
    twin: tuple[Grid, ...] = ()
    made: tuple[Made, ...] = ()
    decisions: tuple[Assumed, ...] = ()
    source: tuple[Fact, ...] = ()
