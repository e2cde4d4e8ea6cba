"""A finding: something said about an input, with its place, its witness and the ways out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["blocking", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, doubtful or worth knowing.

    `code` is stable and the same in every language; `words` are in the language asked for. `path` is the dotted
    path of the field (or the file), `line` its line, counted from 1. `ways_out` are imperative sentences.
    """

    code: str
    severity: Severity
    words: str
    path: str = ""
    line: int | None = None
    witness: str | None = None
    ways_out: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    disposition: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The record printed by `--format json`."""
        return asdict(self) | {"ways_out": list(self.ways_out), "cites": list(self.cites)}


class InputError(Exception):
    """An input that cannot be used: exit status 2, one line, never a traceback."""

    def __init__(self, *findings: Finding) -> None:
        assert findings, "an input error says at least one thing"
        super().__init__("; ".join(finding.words for finding in findings))
        self.findings = findings


class Refusal(Exception):  # noqa: N818 - a refusal is an answer of the rules, not a failure of the program
    """An act that the rules do not allow; the state is unchanged."""

    def __init__(self, *findings: Finding) -> None:
        assert findings, "a refusal says at least one reason"
        super().__init__("; ".join(finding.words for finding in findings))
        self.findings = findings
