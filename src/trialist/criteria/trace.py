"""Why a verdict is what it is: every subexpression, what it came to, the records used, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from trialist.criteria.dictionary import Dictionary, Language
from trialist.criteria.interval import Interval
from trialist.criteria.steps import Step, undecided
from trialist.criteria.trace_words import lines, record, say
from trialist.criteria.truth import Truth


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps of a verdict, and the dictionary that names what they speak of."""

    step: Step
    dictionary: Dictionary

    def words(self, language: Language = "en") -> str:
        """The trace as indented lines."""
        return "\n".join(lines(self.step, self.dictionary, language))

    def missing(self, language: Language = "en") -> tuple[str, ...]:
        """What would have to be known to decide what is undecided, each once."""
        notes = {
            say(note, self.dictionary, language): None
            for step in undecided(self.step)
            for note in step.missing
        }
        return tuple(notes)

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """The trace as nested records, for `--format json`."""
        return record(self.step, self.dictionary, language)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a criterion holds, and why."""

    truth: Truth
    trace: Trace


@dataclass(frozen=True, slots=True)
class Computed:
    """What a numeric expression came to: exactly, or None; `bounds` where only those are known."""

    value: Fraction | None
    bounds: Interval | None
    unit: str
    trace: Trace
