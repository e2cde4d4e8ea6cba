"""Data cuts: when a safety board may be shown the data, as the study file declared before anybody looked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from itertools import islice

from trialist.conduct.evolve import evolve
from trialist.conduct.roles import appointed
from trialist.conduct.state import StudyState
from trialist.findings import InputError, Message, Refusal
from trialist.ledger.event import Event
from trialist.protocol import Protocol
from trialist.protocol.model import DataCut

UNBLINDED = "unblinded_statistician"
MESSAGES: Mapping[str, Message] = {
    "cut.undeclared": Message(
        en="{asked} is no data cut of the study file; it declares {declared}.",
        zh="{asked} 不是研究文件声明的数据截点；已声明：{declared}。",
        ways_en=("Name a declared cut: a report by arm on another day would be a look that nobody planned.",),
        ways_zh=("请指定已声明的截点：在其他日期按组查看属于计划外分析。",),
    ),
    "cut.locked": Message(
        en="The study is locked in this ledger; the vault tells arms for a data cut only before the lock.",
        zh="该账本中研究已锁定；保管库仅在锁定前为数据截点提供组别。",
        ways_en=("After the lock two holders open the codes: trialist open.",),
        ways_zh=("锁定后由两位持有人打开治疗编码：trialist open。",),
    ),
    "cut.not_named": Message(
        en="{person} is not named as unblinded statistician in this ledger on {day}; nothing was asked of the vault.",
        zh="{person} 在该账本中于 {day} 未被任命为非盲统计师；未向保管库提出任何请求。",
        ways_en=("Let the one ask who is: the delegation log names {named}.",),
        ways_zh=("请由授权日志中的人员提出：{named}。",),
    ),
    "cut.not_reached": Message(
        en="The ledger does not reach the data cut {cut} yet: {have} of {need}.",
        zh="账本尚未达到数据截点 {cut}：{have}，需要 {need}。",
        ways_en=("Make the report when it does.",),
        ways_zh=("达到后再生成报告。",),
    ),
}


def moment_of(protocol: Protocol, asked: str, events: Iterable[Event]) -> tuple[str, datetime]:
    """The name of a declared data cut, and the moment up to which it reads the ledger (UTC).

    Args:
        protocol: The study file.
        asked: A cut's name, or the day that one of them names.
        events: The whole ledger, in order.

    Raises:
        InputError: the study file declares no such cut.
        Refusal: the ledger ends before it.
    """
    name = _declared(protocol, asked)
    cut, kept = protocol.data_cuts[name], list(events)
    return name, _by_day(name, cut, kept) if cut.by == "day" else _by_visit(name, cut, kept)


def check_asker(events: Iterable[Event], person: str, day: date) -> None:
    """Refuse whoever may not ask the vault for the arms of a data cut.

    Args:
        events: The whole ledger, in order.
        person: Who asks.
        day: Today.

    Raises:
        Refusal: the study is locked, or the person is not its named unblinded statistician.
    """
    state = StudyState()
    for event in events:
        if event.stream == "study":
            place = (event.at, event.actor, event.seq, event.version)
            state = evolve(state, event.kind, event.schema, event.payload, *place)
    if state.locked is not None:
        raise Refusal(MESSAGES["cut.locked"].finding("cut.locked"))
    if not appointed(state, person, UNBLINDED, None, day):
        named = [one for one in state.people if appointed(state, one, UNBLINDED, None, day)]
        said = MESSAGES["cut.not_named"].finding(
            "cut.not_named", person=person, day=day, named=", ".join(named) or "—"
        )
        raise Refusal(said)


def _declared(protocol: Protocol, asked: str) -> str:
    for name, cut in protocol.data_cuts.items():
        if asked == name or (cut.day is not None and asked == cut.day.isoformat()):
            return name
    declared = ", ".join(
        f"{name} ({cut.day})" if cut.day else name for name, cut in protocol.data_cuts.items()
    )
    raise InputError(
        MESSAGES["cut.undeclared"].finding(
            "cut.undeclared", path="data_cuts", asked=asked, declared=declared or "—"
        )
    )


def _by_day(name: str, cut: DataCut, events: list[Event]) -> datetime:
    """The end of the day; reached once something was recorded after it."""
    assert cut.day is not None, "a cut by day has its day"
    end = datetime.combine(cut.day, time.max, UTC)
    last = events[-1].at.date() if events else date.min
    if last <= cut.day:
        raise _early(name, have=str(last), need=f"> {cut.day}")
    return end


def _by_visit(name: str, cut: DataCut, events: list[Event]) -> datetime:
    """The recording of the visit by which so many randomized participants have had it."""
    assert cut.participants is not None, "a cut by visit has its number"
    randomized = {event.stream for event in events if event.kind == "randomized"}
    reached: dict[str, datetime] = {}
    for event in events:
        if (
            event.kind == "visit recorded"
            and event.payload["visit"] == cut.visit
            and event.stream in randomized
        ):
            reached.setdefault(event.stream, event.at)
    if len(reached) < cut.participants:
        raise _early(name, have=str(len(reached)), need=f"{cut.participants} × {cut.visit}")
    return next(islice(reached.values(), cut.participants - 1, None))


def _early(name: str, *, have: str, need: str) -> Refusal:
    return Refusal(MESSAGES["cut.not_reached"].finding("cut.not_reached", cut=name, have=have, need=need))
