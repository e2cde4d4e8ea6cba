"""Every message the software may say, by stable code, in English and Chinese.

A message is a template with named fields. Each room keeps its own table of messages beside its code and
registers nothing: it calls `say` with the table it owns. So a code lives beside the rule that uses it, and the
two languages live beside each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from trialist.findings.finding import Finding, Severity

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Message:
    """The two texts of one code, and its ways out."""

    en: str
    zh: str
    severity: Severity = "blocking"
    ways_en: tuple[str, ...] = ()
    ways_zh: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()

    def finding(
        self,
        code: str,
        language: Language = "en",
        *,
        path: str = "",
        line: int | None = None,
        witness: str | None = None,
        **fields: Any,
    ) -> Finding:
        """The finding with its fields filled in."""
        text, ways = (self.en, self.ways_en) if language == "en" else (self.zh, self.ways_zh)
        return Finding(
            code=code,
            severity=self.severity,
            words=text.format(**fields),
            path=path,
            line=line,
            witness=witness,
            ways_out=tuple(way.format(**fields) for way in ways),
            cites=self.cites,
        )
