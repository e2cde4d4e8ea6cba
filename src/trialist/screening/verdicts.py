"""The verdict of every criterion of a study for one person, and what they come to together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from trialist.criteria import Dictionary, decide, evaluate
from trialist.criteria.nodes import Node
from trialist.criteria.prose import prose
from trialist.criteria.reads import reads
from trialist.criteria.trace import Verdict
from trialist.criteria.truth import FALSE, TRUE, UNKNOWN, Truth
from trialist.findings import Finding, Language
from trialist.protocol import Draft
from trialist.protocol.loose import Gap
from trialist.screening.doubts import Doubt, possible
from trialist.screening.messages import MESSAGES
from trialist.screening.patients import Patient

Said = Literal["met", "not_met", "unknown"]
Overall = Literal["eligible", "not_eligible", "unknown"]
SAID: Mapping[Truth, Said] = {TRUE: "met", FALSE: "not_met", UNKNOWN: "unknown"}

EFFECTS: Mapping[tuple[str, Said], tuple[str, str]] = {
    ("inclusion", "met"): ("Met", "符合"),
    ("inclusion", "not_met"): ("Not met, keeps out", "不符合，不能入组"),
    ("exclusion", "met"): ("Met, excludes", "成立，予以排除"),
    ("exclusion", "not_met"): ("Not met, does not exclude", "不成立，不排除"),
}
UNKNOWN_WORDS = ("Not known", "未知")


@dataclass(frozen=True, slots=True)
class CriterionVerdict:
    """What one criterion says. For an exclusion `met` means that the excluding condition holds."""

    id: str
    kind: str | None
    verdict: Said
    sentence: Mapping[Language, str]
    traces: tuple[Verdict, ...]
    reasons: tuple[Finding, ...]
    policy: str = "block"

    @property
    def lets_in(self) -> bool | None:
        """Whether it lets the person in; None: it is open, and the policy is to ask."""
        if self.kind is None:
            return None
        if self.verdict == "unknown":
            return {"pass": True, "fail": False}.get(self.policy)
        return (self.verdict == "met") == (self.kind == "inclusion")

    def words(self, language: Language = "en") -> str:
        """The verdict, its effect, and the rule in words."""
        zh = language == "zh"
        effect = EFFECTS.get((self.kind or "", self.verdict), UNKNOWN_WORDS)[zh]
        return f"{effect}{'：' if zh else ': '}{self.sentence[language]}"

    def missing(self, language: Language = "en") -> list[str]:
        """What would have to be known, each once."""
        if self.verdict != "unknown":
            return []
        said = [reason.say(language) for reason in self.reasons]
        said += [words for trace in self.traces for words in trace.trace.missing(language)]
        return list(dict.fromkeys(said))

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """The record of the contract."""
        traces = [each.trace.as_json(language) for each in self.traces]
        return {
            "id": self.id,
            "verdict": self.verdict,
            "words": self.words(language),
            "trace": traces[0] if len(traces) == 1 else {"readings": traces} if traces else {},
            "missing": self.missing(language),
        }


@dataclass(frozen=True, slots=True)
class Screened:
    """One person's verdicts; `problems` are the entries of the record that cannot be right or were not read."""

    id: str
    criteria: tuple[CriterionVerdict, ...]
    problems: tuple[Finding, ...]

    @property
    def verdict(self) -> Overall:
        """Not eligible if one criterion keeps out, eligible if all let in, else unknown."""
        says = [criterion.lets_in for criterion in self.criteria]
        if False in says:
            return "not_eligible"
        return "unknown" if None in says or not says else "eligible"

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """The record of the contract; `problems` only where there are any."""
        found: dict[str, Any] = {
            "id": self.id,
            "verdict": self.verdict,
            "criteria": [criterion.as_json(language) for criterion in self.criteria],
        }
        if self.problems:
            found["problems"] = [
                {"code": each.code, "path": each.path, "words": each.say(language)} for each in self.problems
            ]
        return found


class Screening:
    """A study's criteria, ready to be read for one person after another. The study may be a draft with gaps."""

    def __init__(self, draft: Draft) -> None:
        self.dictionary = draft.dictionary
        eligibility = draft.content.eligibility
        self._criteria = [_Criterion(draft, name) for name in eligibility] if _stated(eligibility) else []

    def screen(self, patient: Patient) -> Screened:
        """Every criterion's verdict."""
        return Screened(patient.id, tuple(each.judge(patient) for each in self._criteria), patient.problems)


class _Criterion:
    """One criterion of a draft: its rule; or, where that is a gap, what its words may mean."""

    def __init__(self, draft: Draft, name: str) -> None:
        self.name, self.dictionary = name, draft.dictionary
        entry = draft.content.eligibility[name]
        rule = draft.rules.criterion.get(name)
        self.rules = draft.rules.reading.get(name, ()) if rule is None else (rule,)
        self.settled = rule is not None
        self.kind: str | None = entry.kind if _stated(entry) and isinstance(entry.kind, str) else None
        self.policy = entry.missing if _stated(entry) and isinstance(entry.missing, str) else "block"
        self.gap = _why_open(draft, f"eligibility.{name}")
        self.sentence = self._sentence(entry)

    def _sentence(self, entry: Any) -> Mapping[Language, str]:
        """The rule in words; the protocol's own words where the rule is a gap."""
        if self.settled:
            return {language: prose(self.rules[0], self.dictionary, language) for language in ("en", "zh")}
        text: Any = entry.text if _stated(entry) else None
        if not _stated(text) or not isinstance(text.en, str):
            return {"en": self.name, "zh": self.name}
        chinese = text.zh if isinstance(text.zh, str) else f"〔英文〕{text.en}"
        return {"en": f"“{text.en}”", "zh": f"“{chinese}”"}

    def judge(self, patient: Patient) -> CriterionVerdict:
        """The verdict, with its traces and the reasons that no trace knows."""
        judged = [_judge(rule, patient, self.dictionary) for rule in self.rules]
        truth, reasons = (judged[0].truth, judged[0].reasons) if self.settled else self._among(judged)
        if self.kind is None:
            reasons = (*reasons, MESSAGES["verdict.kind_gap"].finding("verdict.kind_gap"))
        return CriterionVerdict(
            self.name,
            self.kind,
            SAID[truth],
            self.sentence,
            tuple(each.verdict for each in judged),
            reasons,
            self.policy,
        )

    def _among(self, judged: list[_Judged]) -> tuple[Truth, tuple[Finding, ...]]:
        """What all readings say, where several are stated and agree; one reading alone is not all of them."""
        truths = {each.truth for each in judged}
        agreed = truths.pop() if len(judged) > 1 and len(truths) == 1 else UNKNOWN
        reasons = [MESSAGES["verdict.gap"].finding("verdict.gap", why=self.gap)]
        reasons += [
            _reading(rule, each.truth, self.dictionary) for rule, each in zip(self.rules, judged, strict=True)
        ]
        return agreed, (*reasons, *(reason for each in judged for reason in each.reasons))


@dataclass(frozen=True, slots=True)
class _Judged:
    """One rule for one person: `verdict` as the records beyond doubt have it, `truth` with the doubts."""

    truth: Truth
    verdict: Verdict
    reasons: tuple[Finding, ...] = ()


def _judge(rule: Node, patient: Patient, dictionary: Dictionary) -> _Judged:
    """Known only if it is the same whatever the doubtful records mean."""
    verdict = evaluate(rule, patient.history, dictionary)
    if not patient.problems:
        return _Judged(verdict.truth, verdict)
    names = {read.name for read in reads(rule, dictionary)}
    open_ = tuple(doubt for doubt in patient.doubts if doubt.name in names)
    if open_:
        truths = {decide(rule, world, dictionary) for world in possible(patient.history, open_)}
        if truths != {verdict.truth}:
            return _Judged(UNKNOWN, verdict, _what_decides(rule, patient, open_, dictionary))
    if verdict.truth is not UNKNOWN:
        return _Judged(verdict.truth, verdict)
    faults = tuple(found for name, found in patient.faults if name in names)
    return _Judged(UNKNOWN, verdict, faults + _what_hides(rule, patient, dictionary))


def _what_decides(
    rule: Node, patient: Patient, open_: tuple[Doubt, ...], dictionary: Dictionary
) -> tuple[Finding, ...]:
    """The doubtful records on which the verdict turns, each by itself; all, if only together."""
    if not any(True for _ in possible(patient.history, open_)):
        return (MESSAGES["verdict.too_many"].finding("verdict.too_many", number=len(open_)),)
    alone = [
        doubt.problem
        for doubt in open_
        if len({decide(rule, world, dictionary) for world in possible(patient.history, (doubt,))}) > 1
    ]
    return tuple(alone or [doubt.problem for doubt in open_])


def _what_hides(rule: Node, patient: Patient, dictionary: Dictionary) -> tuple[Finding, ...]:
    """The words that the study does not know, where they alone keep a list from counting as complete."""
    if patient.claimed == patient.history.complete:
        return ()
    claimed = replace(patient.history, complete=patient.claimed)
    if decide(rule, claimed, dictionary) is UNKNOWN:
        return ()
    withdrawn = patient.claimed - patient.history.complete
    return tuple(found for kind, found in patient.hides if kind in withdrawn)


def _reading(rule: Node, truth: Truth, dictionary: Dictionary) -> Finding:
    english, chinese = {TRUE: ("met", "成立"), FALSE: ("not met", "不成立"), UNKNOWN: ("not known", "未知")}[
        truth
    ]
    said = MESSAGES["verdict.reading"]
    words = said.finding("verdict.reading", rule=prose(rule, dictionary), verdict=english)
    in_chinese = said.finding("verdict.reading", rule=prose(rule, dictionary, "zh"), verdict=chinese)
    return replace(words, words_zh=in_chinese.words_zh)


def _why_open(draft: Draft, path: str) -> str:
    """Why the rule at or around `path` is a gap."""
    for place in (f"{path}.rule", path):
        if place in draft.gaps:
            return draft.gaps[place]
    return "it is not written"


def _stated(value: object) -> bool:
    return value is not None and not isinstance(value, Gap)
