"""A finding: something said about an input, with its place, its witness and the ways out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["blocking", "warning", "note"]
Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, doubtful or worth knowing.

    `code` is stable and the same in every language. `words` are English, `words_zh` Chinese; likewise the ways out,
    which are imperative sentences. `path` is the dotted path of the field (or the file), `line` its line, counted
    from 1; `file` the file's name as the user gave it.
    """

    code: str
    severity: Severity
    words: str
    path: str = ""
    line: int | None = None
    file: str = ""
    witness: str | None = None
    ways_out: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    disposition: str | None = None
    words_zh: str = ""
    ways_zh: tuple[str, ...] = ()
    witness_zh: str | None = None

    def say(self, language: Language = "en") -> str:
        """The sentence in `language`; English where no translation exists, marked as such."""
        if language == "en":
            return self.words
        return self.words_zh or f"〔英文〕{self.words}"

    def ways(self, language: Language = "en") -> tuple[str, ...]:
        """The ways out in `language`."""
        return (self.ways_zh or self.ways_out) if language == "zh" else self.ways_out

    def case(self, language: Language = "en") -> str | None:
        """The witness in `language`; as it is where it needs no translation."""
        return (self.witness_zh or self.witness) if language == "zh" else self.witness

    def place(self) -> str:
        """`file:line: path`, as far as known."""
        line = "" if self.line is None else f":{self.line}"
        return ": ".join(
            part for part in (f"{self.file}{line}" if self.file else line[1:], self.path) if part
        )

    def located(self, **place: Any) -> Finding:
        """The same finding with `file`, `line` or `path` filled in."""
        return replace(self, **place)

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """The record printed by `--format json`."""
        return {
            "code": self.code,
            "severity": self.severity,
            "path": self.path,
            "line": self.line,
            "words": self.say(language),
            "witness": self.case(language),
            "ways_out": list(self.ways(language)),
            "cites": list(self.cites),
            "disposition": self.disposition,
        }


class Saying(Exception):  # noqa: N818 - the common part of two kinds of answer
    """An exception that carries findings."""

    def __init__(self, *findings: Finding) -> None:
        assert findings, "says at least one thing"
        super().__init__("; ".join(finding.words for finding in findings))
        self.findings = findings


class InputError(Saying):
    """An input that cannot be used: exit status 2, one line, never a traceback."""


class Refusal(Saying):
    """An act that the rules do not allow; the state is unchanged."""
