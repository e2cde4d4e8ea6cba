"""The acts: one address for each command that a person may give, its schema made from the command's fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from django.http import HttpRequest
from ninja import Body, Header, Schema, Status
from ninja.errors import AuthorizationError
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, create_model

from trialist.conduct import commands as c
from trialist.conduct.commands import Command
from trialist.conduct.fields import LARGEST
from trialist.conduct.messages import refusal
from trialist.conduct.roles import MAY
from trialist.desk import Receipt
from trialist.server import accounts
from trialist.server.access import Here
from trialist.server.api.problems import REFUSALS, said
from trialist.server.api.router import router
from trialist.server.api.shapes import Event
from trialist.server.api.shapes import Receipt as ReceiptOut
from trialist.server.models import Account

ABOUT_A_PARTICIPANT: Mapping[str, type] = {
    "record-visit": c.RecordVisit,
    "miss-visit": c.MissVisit,
    "save-form": c.SaveForm,
    "correct-value": c.CorrectValue,
    "fail-screening": c.FailScreening,
    "sign-eligibility": c.SignEligibility,
    "randomize": c.RequestRandomization,
    "dispense": c.Dispense,
    "hold-dose": c.HoldDose,
    "restart-dose": c.RestartDose,
    "end-treatment": c.EndTreatment,
    "open-query": c.OpenQuery,
    "answer-query": c.AnswerQuery,
    "close-query": c.CloseQuery,
    "record-deviation": c.RecordDeviation,
    "sign": c.Sign,
    "withdraw-consent": c.WithdrawConsent,
    "lose-to-follow-up": c.LoseToFollowUp,
    "record-death": c.RecordDeath,
    "complete-study": c.CompleteStudy,
    "freeze": c.Freeze,
}
"""Address → command. Not here: what only the software does (`RecordAllocation`), and what touches treatment codes
(`RecordCodeBreak`), which is asked of the vault and not by this door."""
ABOUT_THE_STUDY: Mapping[str, type] = {
    "appoint": c.Appoint,
    "open-site": c.OpenSite,
    "close-site": c.CloseSite,
    "pause-enrollment": c.PauseEnrollment,
    "lock": c.LockStudy,
}
"""Address → command. The acts that found a study are done where the study file and the annex lie."""

SIGNATURES = frozenset({c.SignEligibility, c.Sign})
"""Acts that are a signature: the password is asked for once more (21 CFR 11.200(a)(1)(i))."""

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern="^[!-~]{8,100}$",
        description="the act's own name, made by the caller; repeated, it gives the first answer again",
    ),
]


class EntryIn(BaseModel):
    """What was typed for one item: text exactly as typed, and its unit."""

    model_config = ConfigDict(extra="forbid")
    value: StrictStr | None = None
    unit: StrictStr | None = None
    comparator: Literal["<", ">"] | None = None
    not_done: StrictStr | None = None
    confirmed: StrictStr | None = None


Whole = Annotated[StrictInt, Field(ge=1, le=LARGEST)]
_TAKES: Mapping[Any, Any] = {
    str: StrictStr,
    int: Whole,
    bool: StrictBool,
    c.Entry: EntryIn,
    Mapping[str, c.Entry]: dict[str, EntryIn],
    tuple[str, ...]: list[StrictStr],
}


def schema_of(command: type, *, without: frozenset[str]) -> type[Schema]:
    """The schema of a command's fields, but those that the address names."""
    fields = command.__dataclass_fields__  # type: ignore[attr-defined]
    parts: dict[str, Any] = {
        name: (_takes(hint), _default(fields[name]))
        for name, hint in get_type_hints(command).items()
        if name not in without
    }
    if command in SIGNATURES:
        parts["password"] = (
            StrictStr,
            Field(description="once more: a signature is given by whoever knows it"),
        )
    return create_model(  # type: ignore[no-any-return,call-overload]
        command.__name__, __base__=_Strict, __doc__=command.__doc__, **parts
    )


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid")


def _takes(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        inner = next(part for part in get_args(hint) if part is not type(None))
        return _TAKES.get(inner, inner) | None
    return _TAKES.get(hint, hint)


def _default(field: Any) -> Any:
    from dataclasses import MISSING

    return ... if field.default is MISSING else field.default


def command_of(kind: type, sent: Schema, **named: str) -> Command:
    """The command that somebody sent."""
    known = kind.__dataclass_fields__  # type: ignore[attr-defined]
    values = {name: _plain(value) for name, value in sent if name in known}
    return kind(**named, **values)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, EntryIn):
        return c.Entry(**dict(value))
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return tuple(value) if isinstance(value, list) else value


# --- doing -------------------------------------------------------------------------------------------------


def _about(request: HttpRequest, kind: type, participant: str) -> Here:
    """Who acts, when they may do such a thing at all and the participant is one of theirs.

    Raises:
        Refusal: the role may not.
        Http404: no participant of theirs.
    """
    here = _who(request, kind)
    here.participant(participant)
    return here


def _who(request: HttpRequest, kind: type) -> Here:
    from trialist.conduct.decide import ACTS

    here: Here = request.here  # type: ignore[attr-defined]  # the guard sets it
    if not here.may(kind):
        act, act_zh = ACTS[kind]
        raise refusal("role.not_allowed", role=here.role, act=act, act_zh=act_zh, roles=", ".join(MAY[kind]))
    return here


def _signs(request: HttpRequest, here: Here, password: str) -> None:
    """Whether it is the person who signs.

    Raises:
        HttpError: the password is not theirs, or too many were tried.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if not isinstance(
        accounts.check_password(name=here.account.name, password=password, address=address), Account
    ):
        raise AuthorizationError


def _named(here: Here, key: str) -> str:
    """An act's name in the ledger: nobody can use up another's keys, nor the system's."""
    return f"{here.person}/{key}"


def _answer(here: Here, receipt: Receipt, participant: str | None = None) -> ReceiptOut:
    last = [event for event in receipt.events if event.stream == receipt.events[0].stream][-1]
    randomized = any(event.kind == "randomized" for event in receipt.events)
    allocation = (
        here.workplace.desk.participant(participant).allocation if participant and randomized else None
    )
    return ReceiptOut(
        events=[
            Event(seq=one.seq, stream=one.stream, version=one.version, kind=one.kind, hash=one.hash)
            for one in receipt.events
        ],
        findings=[said(one, here.language) for one in receipt.findings],
        version=last.version,
        kit=allocation.kit if allocation else None,
    )


@router.post("/participants", response={201: ReceiptOut, **REFUSALS}, operation_id="consent", tags=["acts"])
def consent(request: HttpRequest, sent: schema_of(c.Consent, without=frozenset()), key: Key) -> Any:  # type: ignore[valid-type]
    """A person agrees to take part; a screening number begins."""
    here = _who(request, c.Consent)
    return Status(201, _answer(here, here.act(command_of(c.Consent, sent), key=_named(here, key))))


def _participant_act(name: str, kind: type) -> None:
    taken = schema_of(kind, without=frozenset({"participant"}))

    def act(request: HttpRequest, participant: str, sent: Any, key: Any) -> Any:
        here = _about(request, kind, participant)
        if kind in SIGNATURES:
            _signs(request, here, sent.password)
        command = command_of(kind, sent, participant=participant)
        if isinstance(command, c.RequestRandomization):
            receipt = here.workplace.randomize(
                participant, by=here.actor(), effective=command.effective, key=_named(here, key)
            )
        else:
            receipt = here.act(command, key=_named(here, key))
        return Status(201, _answer(here, receipt, participant))

    _add(f"/participants/{{participant}}/{name}", name, kind, act, taken)


def _study_act(name: str, kind: type) -> None:
    taken = schema_of(kind, without=frozenset())

    def act(request: HttpRequest, sent: Any, key: Any) -> Any:
        here = _who(request, kind)
        return Status(201, _answer(here, here.act(command_of(kind, sent), key=_named(here, key))))

    _add(f"/study/{name}", name, kind, act, taken)


def _add(path: str, name: str, kind: type, act: Callable[..., Any], taken: type[Schema]) -> None:
    act.__name__, act.__doc__ = name.replace("-", "_"), kind.__doc__
    act.__annotations__ |= {"sent": Annotated[taken, Body()], "key": Key, "participant": str}
    router.post(path, response={201: ReceiptOut, **REFUSALS}, operation_id=name, tags=["acts"])(act)


for _name, _kind in ABOUT_A_PARTICIPANT.items():
    _participant_act(_name, _kind)
for _name, _kind in ABOUT_THE_STUDY.items():
    _study_act(_name, _kind)
