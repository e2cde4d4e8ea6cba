"""Rules that ask for what a file leaves as a gap: how such a rule is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from trialist.findings import Message
from trialist.findings.finding import Severity
from trialist.verification.rule import Example, Family, Hit, Rule, open_fields
from trialist.verification.view import Applies, View

SPIRIT: Final = "SPIRIT 2025, item {}"
WHO: Final = "WHO Trial Registration Data Set 1.3.1, item {}"
E9: Final = "ICH E9(R1), section A.3"
E6: Final = "ICH E6(R3), Appendix B"
REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")

Case = tuple[str, str] | Callable[[View], tuple[str, str] | None] | None
"""What shows why the gap matters, in English and Chinese; or how to find it in a file."""


def if_counts(english: str, chinese: str, other: str, other_zh: str) -> Callable[[View], tuple[str, str]]:
    """A case in platelet counts for a study that measures them, and in general words for another."""

    def told(view: View) -> tuple[str, str]:
        counted = "platelets" in view.section("dictionaries.analytes")
        return (english, chinese) if counted else (other, other_zh)

    return told


def gap_rule(  # noqa: PLR0917 - a table of short texts reads better without names
    code: str,
    family: Family,
    patterns: tuple[str, ...],
    english: str,
    chinese: str,
    ways: tuple[str, str],
    *cites: str,
    severity: Severity = "warning",
    fault: Example = REGISTERED,
    case: Case = None,
    fields: Callable[[View], Iterable[str]] | None = None,
    applies: Applies = "any",
) -> Rule:
    """A rule that asks for the gaps of its patterns; with `fields`, only for those that it names in a file."""
    message = Message(
        f"{english} The file says: {{why}}{{also}}.",
        f"{chinese} 文件注明：{{why}}{{also}}。",
        severity=severity,
        ways_en=(ways[0],),
        ways_zh=(ways[1],),
        cites=cites,
    )

    def look(view: View) -> Iterator[Hit]:
        return open_fields(*(patterns if fields is None else fields(view)), case=case)(view)

    return Rule(code, family, patterns[0], message, look, fault, COMPLETE, applies=applies, patterns=patterns)
