"""Is a chain intact and complete, does it extend a head, and is every allocation what was sealed?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from trialist.allocation import Annex
from trialist.findings import Finding, InputError
from trialist.findings.finding import Language
from trialist.ledger.chain import Broken, Chain, printed_study
from trialist.ledger.event import Event, Head
from trialist.ledger.file import walk
from trialist.ledger.messages import finding

_HEAD = re.compile(r"(?:(?P<seq>[0-9]{1,15}):)?(?P<hash>[0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: nothing and the counts, or the first broken place.

    `allocations` is the number of allocations re-derived, None when no annex was given; `against` the head
    with which the chain was compared.
    """

    findings: tuple[Finding, ...]
    events: int
    head: Head
    study: str
    allocations: int | None = None
    against: str | None = None

    @property
    def ok(self) -> bool:
        """Whether everything asked for holds."""
        return not self.findings

    def say(self, language: Language = "en") -> str:
        """The answer, in one line."""
        if self.findings:
            return self.findings[0].say(language)
        if language == "zh":
            parts = [f"{self.study}：{self.events} 个事件，链完整；链头 {self.head}"]
            parts += [f"已核对链头 {self.against}"] if self.against else []
            parts += (
                [f"{self.allocations} 项随机分配均由附件重新推出"] if self.allocations is not None else []
            )
            return "；".join(parts) + "。"
        parts = [f"{self.study}: {self.events} events, chain intact and complete; head {self.head}"]
        parts += [f"it extends head {self.against}"] if self.against else []
        parts += (
            [f"{self.allocations} allocations re-derived from the annex"]
            if self.allocations is not None
            else []
        )
        return "; ".join(parts) + "."

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """The record printed by `--format json`."""
        return {
            "ok": self.ok,
            "study": self.study,
            "events": self.events,
            "head": str(self.head),
            "allocations": self.allocations,
            "findings": [found.as_json(language) for found in self.findings],
        }


def verify(
    path: Path | str, annex: Annex | Path | str | None = None, head: str | None = None
) -> Verification:
    """Check an exported ledger whole.

    Args:
        path: the exported file.
        annex: the sealed annex, or its file; with it every allocation is derived again.
        head: a head written down earlier, `seq:hash` or the hash alone; the chain must hold it.

    Returns:
        The counts, or the first broken place in words.

    Raises:
        InputError: the file is no ledger, the annex no annex, or `head` no head.
    """
    sealed = None if annex is None else annex if isinstance(annex, Annex) else Annex.read(annex)
    wanted = None if head is None else _Wanted(head)
    allocations = None if sealed is None else _Allocations(sealed)
    chain = Chain()
    findings: tuple[Finding, ...] = ()
    try:
        for event in walk(path, chain):
            if isinstance(event, Event):
                if wanted is not None:
                    wanted.see(event)
                if allocations is not None:
                    allocations.see(event, chain.lines)
        if wanted is not None:
            wanted.settle()
        if allocations is not None:
            allocations.settle()
    except Broken as broken:
        findings = tuple(found.located(file=str(path)) for found in broken.findings)
    return Verification(
        findings=findings,
        events=chain.head.seq,
        head=chain.head,
        study=printed_study(chain.study, chain.mode),
        allocations=None if allocations is None else allocations.count,
        against=head,
    )


class _Wanted:
    """A head that the chain must hold."""

    def __init__(self, text: str) -> None:
        match = _HEAD.fullmatch(text.strip().lower())
        if match is None:
            raise InputError(finding("bad_head", head=text[:100]))
        self._text = text.strip()
        self._seq = None if match["seq"] is None else int(match["seq"])
        self._hash = match["hash"]
        self._found = False

    def see(self, event: Event) -> None:
        self._found |= event.hash == self._hash and self._seq in (None, event.seq)

    def settle(self) -> None:
        if not self._found:
            raise Broken(finding("broken_head", head=self._text))


@dataclass
class _Allocations:
    """Every allocation of a chain, derived again from the annex as the events go by."""

    annex: Annex
    count: int = 0
    committed: bool = False
    contents: dict[str, str] = field(init=False)
    slots: dict[str, set[int]] = field(init=False)
    kits: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    requests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.contents = dict(self.annex.kit_list)
        self.slots = {stratum: set() for stratum in self.annex.strata}

    def see(self, event: Event, line: int) -> None:
        if event.kind == "allocation sealed":
            self._commitment(event, line)
        elif event.kind == "randomization requested":
            self.requests[event.stream] = str(event.payload.get("stratum"))
        elif event.kind == "randomized":
            self._randomized(event, line)

    def settle(self) -> None:
        """No slot may have been passed over, but for those whose request is still open."""
        for stratum, used in self.slots.items():
            missing = sorted(set(range(1, max(used, default=0) + 1)) - used)
            if len(missing) > sum(asked == stratum for asked in self.requests.values()):
                raise Broken(finding("slot_gap", stratum=stratum, ordinal=missing[0]))

    def _commitment(self, event: Event, line: int) -> None:
        if self.committed:
            _fail("two_commitments", event, line)
        if event.payload.get("commitment") != self.annex.commitment:
            _fail("other_annex", event, line)
        self.committed = True

    def _randomized(self, event: Event, line: int) -> None:
        stratum, ordinal, kit = (event.payload.get(name) for name in ("stratum", "ordinal", "kit"))
        if not self.committed:
            _fail("late_commitment", event, line)
        if event.stream in self.people:
            _fail("randomized_twice", event, line, participant=event.stream.removeprefix("participant/"))
        if type(ordinal) is not int or ordinal in self.slots.get(str(stratum), {ordinal}):
            _fail("unlisted_slot", event, line, stratum=stratum, ordinal=ordinal)
        if not 1 <= ordinal <= len(self.annex.sequences[str(stratum)]):
            _fail("unlisted_slot", event, line, stratum=stratum, ordinal=ordinal)
        if kit in self.kits:
            _fail("kit_twice", event, line, kit=kit)
        if self.contents.get(str(kit)) != self.annex.arm(str(stratum), ordinal):
            _fail("wrong_kit", event, line, kit=kit)
        self.slots[str(stratum)].add(ordinal)
        self.kits.add(str(kit))
        self.people.add(event.stream)
        self.requests.pop(event.stream, None)
        self.count += 1


def _fail(code: str, event: Event, line: int, **fields: Any) -> NoReturn:
    raise Broken(finding(code, line=line, seq=event.seq, **fields))
