"""`Draft`: what a study file says, gaps included; `Draft.complete()` gives the `Protocol`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trialist.criteria.dictionary import Dictionary
from trialist.findings import Finding, InputError
from trialist.protocol import gaps, references, typed
from trialist.protocol.loose import DraftFile, Gap
from trialist.protocol.protocol import Protocol, canonical, digest
from trialist.protocol.rules import Reader, Rules
from trialist.protocol.source import Source, Tree

__all__ = ["Draft", "Gap"]


@dataclass(frozen=True)
class Draft:
    """A study file that can be read and typed, whose names exist and whose rules parse.

    `gaps` are its written gaps (dotted path → why), `missing` the paths of required fields that it neither
    states nor marks. `rules` are those that are written.
    """

    source: Source
    tree: Mapping[str, Tree]
    gaps: Mapping[str, str]
    missing: tuple[str, ...]
    dictionary: Dictionary
    rules: Rules

    @classmethod
    def of(cls, source: Source) -> Draft:
        """The draft of a file's content.

        Raises:
            InputError: Something cannot be typed, a name does not exist, a rule cannot be parsed.
        """
        split = gaps.split(source)
        checked = typed.check(source, split.tree)
        _refuse(split.faults + checked.faults)
        _refuse(references.check(source, split.tree, [*split.gaps, *checked.missing]))
        reader = Reader(source, split.tree)
        rules = reader.read()
        _refuse(reader.faults)
        missing = tuple(path for path in checked.missing if path not in split.gaps)
        return cls(source, split.tree, split.gaps, missing, reader.dictionary, rules)

    @property
    def file(self) -> str:
        """The file's name as it was given."""
        return self.source.file

    @property
    def text(self) -> str:
        """Canonical JSON of the file's content, gaps included."""
        return canonical(self.source.tree)

    @property
    def hash(self) -> str:
        """SHA-256 of `text`, in hexadecimal."""
        return digest(self.text)

    @cached_property
    def content(self) -> Any:
        """The sections, typed: as in `Protocol`, but a field may be a `Gap`, or None where it is absent."""
        return DraftFile().model_validate(self.source.tree)

    def line(self, path: str) -> int | None:
        """The line, counted from 1, on which the dotted path begins (or the nearest mapping around it)."""
        return self.source.line(path)

    def open_questions(self) -> list[Finding]:
        """One finding per written gap and per missing field, in the order of the file."""
        written = [
            self.source.finding("gap", path, key=path.rpartition(".")[2], why=why)
            for path, why in self.gaps.items()
        ]
        absent = [self.source.finding("missing", path, key=path.rpartition(".")[2]) for path in self.missing]
        return sorted(written + absent, key=lambda found: found.line or 0)

    def complete(self) -> Protocol:
        """The protocol, in which nothing is missing.

        Raises:
            InputError: One finding per gap and per missing field.
        """
        _refuse(self.open_questions())
        return self._protocol

    @cached_property
    def _protocol(self) -> Protocol:
        return Protocol.of(self.source.tree, self.dictionary, self.rules)


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise InputError(*sorted(findings, key=lambda found: found.line or 0))
