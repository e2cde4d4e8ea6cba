"""A whole file screened: one answer per line, and what was counted on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from trialist.findings import Finding, InputError, Language
from trialist.screening.patients import PatientLine
from trialist.screening.verdicts import CriterionVerdict, Screened, Screening

_OVERALL: Final = {
    "eligible": ("eligible", "符合入组条件"),
    "not_eligible": ("not eligible", "不符合入组条件"),
    "unknown": ("not known", "未定"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one line came to: a person's verdicts, or why it cannot be read."""

    line: int
    screened: Screened | None = None
    error: InputError | None = None

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """The record of the contract."""
        if self.screened is not None:
            return self.screened.as_json(language)
        return {"line": self.line, "error": self._why(language)}

    def _why(self, language: Language) -> str:
        assert self.error is not None
        return " ".join(found.say(language) for found in self.error.findings)

    def text(self, language: Language = "en") -> list[str]:
        """Lines for a reader: what keeps out first, then what is open with what is missing, then the quiet rest."""
        zh = language == "zh"
        if self.screened is None:
            return [f"{f'第 {self.line} 行' if zh else f'line {self.line}'}  ! {self._why(language)}"]
        person = self.screened
        lines = [f"{person.id}  {_OVERALL[person.verdict][zh]}"]
        shut = [each for each in person.criteria if each.lets_in is False]
        open_ = [each for each in person.criteria if each.lets_in is None]
        clear = [each.id for each in person.criteria if each.lets_in is True]
        lines += [line for each in (*shut, *open_) for line in _lines(each, language)]
        lines += [f"  ! {_placed(found, language)}" for found in person.problems]
        if clear:
            lines.append(f"  {'不妨碍入组' if zh else 'let in'}: {' '.join(clear)}")
        return lines


def _placed(found: Finding, language: Language) -> str:
    """A problem with its place, once."""
    words = found.say(language)
    return words if found.path in words else f"{found.path}: {words}"


def _lines(criterion: CriterionVerdict, language: Language) -> list[str]:
    head = f"  {criterion.id:<4} {criterion.words(language)}"
    return [head, *(f"       ? {words}" for words in criterion.missing(language))]


class Answers:
    """Answers line by line; `verdicts`, `problems` and `unreadable` count what has been read so far."""

    def __init__(self, screening: Screening, lines: Iterable[PatientLine]) -> None:
        self._screening, self._lines = screening, lines
        self.verdicts: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self.unreadable = 0

    def __iter__(self) -> Iterator[Answer]:
        for line in self._lines:
            if line.patient is None:
                self.unreadable += 1
                yield Answer(line.line, error=line.error)
                continue
            screened = self._screening.screen(line.patient)
            self.verdicts[screened.verdict] += 1
            self.problems.update(found.code for found in screened.problems)
            yield Answer(line.line, screened)

    def summary(self, language: Language = "en") -> list[str]:
        """How many persons came to what, how many lines could not be read, which problems were named how often."""
        zh = language == "zh"
        counts = [f"{_OVERALL[verdict][zh]} {self.verdicts[verdict]}" for verdict in _OVERALL]
        counts.append(f"{'无法读取' if zh else 'not readable'} {self.unreadable}")
        named = [f"{code} {number}" for code, number in sorted(self.problems.items())]
        lines = [("，" if zh else ", ").join(counts)]
        return [*lines, f"{'记录问题' if zh else 'problems named'}: {', '.join(named)}"] if named else lines
