"""A rule of the checker as data: what it looks for, how it says it, a study that has the fault and one that has not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from trialist.findings import Finding, Message
from trialist.findings.finding import Severity
from trialist.verification.view import Applies, View

Family = Literal["solver", "flow", "schedule", "amounts", "design", "wording"]
Edits = tuple[tuple[str, str], ...]
Witness = str | tuple[str, str] | None
"""A case that shows a fault: English and Chinese, or one text where it needs no translation (paths, numbers)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where the fault is: its path, the fields of the message, and a case that shows it."""

    path: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    witness: Witness = None


@dataclass(frozen=True, slots=True)
class Example:
    """A bundled study, with pieces of its text replaced, and whole sections made gaps."""

    study: str
    edits: Edits = ()
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, in what part of the file, how it is said, and an example of each kind.

    `slow` rules need the solver. A rule is asked only of studies that `applies` describes: an observational study
    allocates nobody, and where nobody is masked nothing tells the arm. `patterns` are the gaps that the rule asks for.
    """

    code: str
    family: Family
    scope: str
    message: Message
    look: Callable[[View], Iterable[Hit]]
    fault: Example
    clean: Example
    slow: bool = False
    applies: Applies = "any"
    patterns: tuple[str, ...] = ()

    def findings(self, view: View) -> Iterator[Finding]:
        """A finding per hit, at its line."""
        if not view.is_a(self.applies):
            return
        for hit in self.look(view):
            english, chinese = hit.witness if isinstance(hit.witness, tuple) else (hit.witness, None)
            yield self.message.finding(
                self.code,
                path=hit.path,
                line=view.draft.line(hit.path),
                file=view.draft.file,
                witness=english,
                witness_zh=chinese,
                **hit.fields,
            )


def open_fields(
    *patterns: str, case: tuple[str, str] | Callable[[View], tuple[str, str] | None] | None = None
) -> Callable[[View], Iterator[Hit]]:
    """One hit for all gaps that fit the patterns, at the first of them; `why` is its reason, `also` the others.

    The witness is the `case`, if one is given, and the paths of the gaps.
    """

    def look(view: View) -> Iterator[Hit]:
        found = view.open(*patterns)
        if found:
            others = "" if len(found) == 1 else f" (+{len(found) - 1})"
            told = case(view) if callable(case) else case
            listed = LISTED if told is None else BESIDE_A_CASE
            paths = ", ".join(found[:listed]) + (" …" if len(found) > listed else "")
            witness = paths if told is None else (f"{told[0]} ({paths})", f"{told[1]}（{paths}）")
            yield Hit(found[0], {"why": view.gaps[found[0]], "also": others}, witness)

    return look


FAMILIES: Final[dict[str, Family]] = {
    "SOL": "solver",
    "DAT": "flow",
    "DEF": "wording",
    "SCH": "schedule",
    "QTY": "amounts",
    "DES": "design",
    "TXT": "wording",
}
"""The family of a code."""


def question(  # noqa: PLR0917 - a table of short texts reads better without names
    code: str,
    look: Callable[[View], Iterable[Hit]],
    scope: str,
    texts: tuple[str, str],
    ways: tuple[str, str],
    cite: str,
    fault: Example = Example("smart-as-registered"),
    *,
    clean: Example = Example("smart"),
    severity: Severity = "warning",
    applies: Applies = "any",
) -> Rule:
    """A rule with one way out and one source; texts and ways in English and Chinese."""
    message = Message(*texts, severity=severity, ways_en=(ways[0],), ways_zh=(ways[1],), cites=(cite,))
    return Rule(code, FAMILIES[code[:3]], scope, message, look, fault, clean, applies=applies)


def asked(  # noqa: PLR0917 - a table of short texts reads better without names
    code: str,
    family: Family,
    scope: str,
    look: Callable[[View], Iterable[Hit]],
    english: str,
    chinese: str,
    ways: tuple[str, str],
    cite: str,
    *edits: tuple[str, str],
    severity: Severity = "warning",
    fault: Example | None = None,
) -> Rule:
    """A rule whose fault is an edit of the bundled study, and whose clean example is the study as it is."""
    message = Message(
        english, chinese, severity=severity, ways_en=(ways[0],), ways_zh=(ways[1],), cites=(cite,)
    )
    return Rule(code, family, scope, message, look, fault or Example("smart", edits), Example("smart"))


LISTED, BESIDE_A_CASE = 20, 6
"""Paths of gaps that a finding lists: alone, and beside a case."""
