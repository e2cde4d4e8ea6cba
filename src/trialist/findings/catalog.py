"""A message in both languages, from which findings are made.

Each room keeps a table `MESSAGES: dict[str, Message]` beside the code that uses it, so that a code lives beside the
rule that says it, and the two languages live beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trialist.findings.finding import Finding, Language, Severity


@dataclass(frozen=True, slots=True)
class Message:
    """The two texts of one code, and its ways out: templates with named fields."""

    en: str
    zh: str
    severity: Severity = "blocking"
    ways_en: tuple[str, ...] = ()
    ways_zh: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()

    def finding(
        self,
        code: str,
        *,
        path: str = "",
        line: int | None = None,
        file: str = "",
        witness: str | None = None,
        witness_zh: str | None = None,
        **fields: Any,
    ) -> Finding:
        """The finding, with `fields` filled into both languages; a field that can `say` itself speaks each."""
        en, zh = _spoken(fields, "en"), _spoken(fields, "zh")
        return Finding(
            code=code,
            severity=self.severity,
            words=self.en.format(**en),
            path=path,
            line=line,
            file=file,
            witness=witness,
            ways_out=tuple(way.format(**en) for way in self.ways_en),
            cites=self.cites,
            words_zh=self.zh.format(**zh),
            ways_zh=tuple(way.format(**zh) for way in self.ways_zh),
            witness_zh=witness_zh,
        )


def _spoken(fields: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return {name: value.say(language) if hasattr(value, "say") else value for name, value in fields.items()}
