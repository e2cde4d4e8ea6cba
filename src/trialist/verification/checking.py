"""Checking a study: every rule, then what the sponsor has answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from trialist.findings import Finding, Language, Message
from trialist.protocol import Draft
from trialist.protocol.loose import Gap
from trialist.verification.rule import Rule
from trialist.verification.view import View

UNUSED = Message(
    "This disposition of {answered} answers no finding: nothing of that code stands at `{place}`.",
    "针对 {answered} 的此项处置未对应任何发现：`{place}` 处没有该代码。",
    severity="warning",
    ways_en=("Remove it, or name the finding's code and path as `check` prints them.",),
    ways_zh=("请删除，或按 `check` 所列写明代码和路径。",),
)

_ORDER = {"blocking": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything found about one study: problems first, then in the order of the file."""

    findings: tuple[Finding, ...]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What blocks the start and has not been answered."""
        return tuple(one for one in self.findings if one.severity == "blocking" and one.disposition is None)

    def as_json(self, language: Language = "en") -> list[dict[str, Any]]:
        """The list of the contract."""
        return [found.as_json(language) for found in self.findings]


def check(draft: Draft, *, proofs: bool = True) -> Checked:
    """Every finding about a study; without `proofs` those that need no solver."""
    from trialist.verification.rules import RULES

    view = View(draft)
    found = [finding for rule in _asked(RULES, proofs=proofs) for finding in rule.findings(view)]
    unasked = {rule.code for rule in RULES if rule.slow and not proofs}
    answered = _answered(draft, found, unasked)
    return Checked(tuple(sorted(answered, key=lambda one: (_ORDER[one.severity], one.line or 0, one.code))))


def _asked(rules: Iterable[Rule], *, proofs: bool) -> Iterable[Rule]:
    return (rule for rule in rules if proofs or not rule.slow)


def _answered(draft: Draft, found: list[Finding], unasked: set[str]) -> list[Finding]:
    """The findings with the sponsor's dispositions; one that answers nothing, though it was asked, is one more."""
    dispositions = draft.content.dispositions
    if dispositions is None or isinstance(dispositions, Gap):
        return found
    unused: list[Finding] = []
    for place, one in enumerate(dispositions):
        answers = [n for n, each in enumerate(found) if (each.code, each.path) == (one.finding, one.path)]
        for number in answers:
            found[number] = replace(
                found[number], disposition=f"{one.reason.en} ({one.by}, {one.decided or one.on})"
            )
        if not answers and one.finding not in unasked:
            path = f"dispositions.{place}"
            unused.append(
                UNUSED.finding(
                    "DSP-01",
                    path=path,
                    line=draft.line(path),
                    file=draft.file,
                    answered=one.finding,
                    place=one.path,
                )
            )
    return found + unused
