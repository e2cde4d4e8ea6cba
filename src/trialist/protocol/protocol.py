"""`Protocol`: a study file in which nothing is missing."""

from __future__ import annotations

import hashlib
import json
from typing import Self

from pydantic import PrivateAttr

from trialist.criteria.dictionary import Dictionary
from trialist.findings import InputError
from trialist.protocol.file import StudyFile
from trialist.protocol.model import Assumption
from trialist.protocol.rules import Reader, Rules
from trialist.protocol.source import Source, Tree


def canonical(tree: Tree) -> str:
    """The one text of a study's content: no spaces, scalars as written.

    Keys keep the file's order, because visits, items and codes have one.
    """
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 of `text`, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


class Protocol(StudyFile):
    """The complete study: what `design`, `rehearse`, `serve` and `analyze` work from.

    Each section is an attribute; mappings keep the file's order. Two are equal when their texts are.
    """

    _text: str = PrivateAttr("")
    _hash: str = PrivateAttr("")
    _dictionary: Dictionary = PrivateAttr(default_factory=Dictionary)
    _rules: Rules = PrivateAttr(default_factory=Rules)

    @classmethod
    def of(cls, tree: dict[str, Tree], dictionary: Dictionary, rules: Rules) -> Self:
        """The protocol of a content without gaps, with the rules that were parsed from it."""
        return cls.model_validate(tree).with_rules(canonical(tree), dictionary, rules)

    def with_rules(self, text: str, dictionary: Dictionary, rules: Rules) -> Self:
        """Itself, once it holds its text and what was parsed from it."""
        self._text, self._hash = text, digest(text)
        self._dictionary, self._rules = dictionary, rules
        return self

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The protocol whose canonical JSON is `text`, as an activation event holds it.

        Raises:
            InputError: A rule cannot be parsed: the text comes from another release, or from elsewhere.
        """
        tree = json.loads(text)
        reader = Reader(Source("", tree), tree)
        rules = reader.read()
        if reader.faults:
            raise InputError(*reader.faults)
        return cls.of(tree, reader.dictionary, rules)

    @property
    def text(self) -> str:
        """Canonical JSON of the file's content."""
        return self._text

    @property
    def hash(self) -> str:
        """SHA-256 of `text`, in hexadecimal."""
        return self._hash

    @property
    def dictionary(self) -> Dictionary:
        """The words that rules may name."""
        return self._dictionary

    @property
    def rules(self) -> Rules:
        """The parsed rules of every section."""
        return self._rules

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Protocol) and self._text == other._text

    def __hash__(self) -> int:
        return int(self._hash[:15], 16)

    def assumption_for(self, path: str) -> list[Assumption]:
        """The assumptions that apply to the dotted path, to a section around it, or to a field inside it."""
        return [
            assumption
            for assumption in self.assumptions.values()
            if any(_touches(target, path) for target in assumption.applies_to)
        ]


def _touches(target: str, path: str) -> bool:
    return target == path or path.startswith(f"{target}.") or target.startswith(f"{path}.")
