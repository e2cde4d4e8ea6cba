"""Compiled plans: from rules to the statements of one dialect, kept from one run to the next.

Compiling takes seconds, and depends on nothing but the rules, the words they use, the dialect and this program. So
a plan is kept in a folder under the hash of all of them; what is found there is read and never trusted further: the
hash covers the compiler's own source.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from trialist.criteria.dictionary import Dictionary
from trialist.criteria.nodes import Node
from trialist.criteria.reads import reads


@dataclass(frozen=True)
class Compiled:
    """Name → statement, in order; `passing` are views."""

    statements: Mapping[str, str]
    passing: frozenset[str]


@dataclass
class Plans:
    """The plans of one dialect, in memory and (given one) in a folder."""

    dictionary: Dictionary
    numbers: Mapping[str, int]
    dialect: str
    folder: Path | None = None
    _known: dict[tuple[str, ...], Compiled] = field(default_factory=dict)

    def plan(self, rules: Mapping[str, Node], prefix: str, people: str) -> Compiled:
        """The statements that ask some rules of people; the names of their steps begin with `prefix`."""
        key = (prefix, people, *rules)
        if key not in self._known:
            place = self._place(rules, key)
            found = _read(place)
            if found is None:
                found = self._compile(rules, prefix, people)
                _write(place, found)
            self._known[key] = found
        return self._known[key]

    def _compile(self, rules: Mapping[str, Node], prefix: str, people: str) -> Compiled:
        from trialist.screening.relational import compile_rules
        from trialist.screening.warehouse.prepared import Prepared

        plan = compile_rules(rules, Prepared.named(prefix, people, self.numbers), self.dictionary, prefix)
        return Compiled(plan.statements(self.dialect), frozenset(plan.passing))

    def _place(self, rules: Mapping[str, Node], key: tuple[str, ...]) -> Path | None:
        """Where the plan is kept: a name made of everything that it depends on."""
        if self.folder is None:
            return None
        names = {read.name for rule in rules.values() for read in reads(rule, self.dictionary)}
        analytes = {
            name: self.dictionary.analytes[name] for name in sorted(names) if name in self.dictionary.analytes
        }
        numbers = {name: self.numbers.get(name) for name in analytes}
        parts = (
            _program(),
            self.dialect,
            key,
            list(rules.items()),
            list(analytes.items()),
            list(numbers.items()),
        )
        return self.folder / f"{hashlib.sha256(repr(parts).encode()).hexdigest()}.json"


@cache
def _program() -> str:
    """What compiles: the sources of the relational engine, the rule language and the units, and the packages."""
    digest = hashlib.sha256()
    room = Path(__file__).parents[2]
    for part in ("screening/relational", "screening/warehouse", "criteria", "quantity"):
        for file in sorted((room / part).glob("*.py")):
            digest.update(file.read_bytes())
    for package in ("ibis-framework", "sqlglot"):
        try:
            digest.update(version(package).encode())
        except PackageNotFoundError:
            digest.update(b"-")
    return digest.hexdigest()


def _read(place: Path | None) -> Compiled | None:
    if place is None:
        return None
    try:
        found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        return Compiled(found["statements"], frozenset(found["passing"]))
    except (OSError, ValueError, KeyError):
        return None


def _write(place: Path | None, found: Compiled) -> None:
    """Whole or not at all; a folder that cannot be written is done without."""
    if place is None:
        return
    text = json.dumps({"statements": dict(found.statements), "passing": sorted(found.passing)})
    scratch = place.with_suffix(f".{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(place)
    except OSError:
        scratch.unlink(missing_ok=True)
