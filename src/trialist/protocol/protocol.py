"""`Protocol`: a study file in which nothing is missing."""

from __future__ import annotations

import hashlib
import json
from typing import Self

from pydantic import PrivateAttr

from trialist.protocol.file import StudyFile
from trialist.protocol.model import Assumption
from trialist.protocol.source import Source, Tree


def canonical(tree: Tree) -> str:
    """The one text of a study's content: no spaces, scalars as written, keys in the file's order (visits have one)."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


class Protocol(StudyFile):
    """The complete study: what `design`, `rehearse`, `serve` and `analyze` work from.

    Each section is an attribute; mappings keep the file's order.
    """

    _text: str = PrivateAttr("")

    @classmethod
    def of(cls, source: Source) -> Self:
        """The protocol of a file without gaps, whose fields and references were checked."""
        protocol = cls.model_validate(source.tree)
        protocol._text = canonical(source.tree)
        return protocol

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The protocol whose canonical JSON is `text`, as an activation event holds it."""
        return cls.of(Source("", tree=json.loads(text)))

    @property
    def text(self) -> str:
        """Canonical JSON of the file's content."""
        return self._text

    @property
    def hash(self) -> str:
        """SHA-256 of `text`, in hexadecimal."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    def assumption_for(self, path: str) -> list[Assumption]:
        """The assumptions that apply to the dotted path, or to a section around it or a field inside it."""
        return [
            assumption
            for assumption in self.assumptions.values()
            if any(_touches(target, path) for target in assumption.applies_to)
        ]


def _touches(target: str, path: str) -> bool:
    return target == path or path.startswith(f"{target}.") or target.startswith(f"{path}.")
