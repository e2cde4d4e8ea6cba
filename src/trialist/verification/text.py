"""Findings as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from trialist.findings import Finding, Language, Severity
from trialist.verification.checking import Checked

_SEVERITIES: Final[dict[Severity, tuple[str, str]]] = {
    "blocking": ("blocks", "阻止"),
    "warning": ("warns", "警告"),
    "note": ("note", "提示"),
}


def lines(checked: Checked, language: Language = "en") -> Iterator[str]:
    """Each finding with its place, case, ways out and sources; at the end how many of each severity."""
    zh = language == "zh"
    for found in checked.findings:
        yield from _finding(found, language)
    counts = Counter(found.severity for found in checked.findings)
    words = [f"{_SEVERITIES[severity][zh]} {counts[severity]}" for severity in _SEVERITIES]
    answered = sum(found.disposition is not None for found in checked.findings)
    words.append(f"{'已处置' if zh else 'answered'} {answered}")
    yield ("，" if zh else ", ").join(words)


def _finding(found: Finding, language: Language) -> Iterator[str]:
    zh = language == "zh"
    yield f"{found.place()}: [{found.code}, {_SEVERITIES[found.severity][zh]}]"
    yield f"  {found.say(language)}"
    if found.witness:
        yield f"  {'例' if zh else 'case'}: {found.case(language)}"
    yield from (f"  → {way}" for way in found.ways(language))
    if found.cites:
        yield f"  ({'; '.join(found.cites)})"
    if found.disposition:
        yield f"  {'处置' if zh else 'answered'}: {found.disposition}"
