"""A participant's course: consent, visits, the product, and the ways out."""

from __future__ import annotations

import re
from datetime import date

from trialist.conduct import commands as c
from trialist.conduct.calendar import Moment, in_window, moment, target
from trialist.conduct.commands import Fact, Sealed
from trialist.conduct.messages import finding, refusal, shown
from trialist.conduct.state import ParticipantState
from trialist.conduct.study_acts import enrollment_goes_on
from trialist.conduct.view import Act, Decision, only
from trialist.protocol.model import Visit

_CODED = re.compile(r"[a-z][a-z0-9_]{0,39}")


def coded(reason: str) -> object:
    """A reason from a list stays in the open; words of one's own are sealed."""
    return reason if _CODED.fullmatch(reason) else Sealed(reason)


def consent(act: Act) -> Decision:
    """A person agrees to take part, under a screening number of the site; again at most once, linked."""
    command: c.Consent = act.command
    if re.fullmatch(re.escape(command.site) + r"-[0-9]{3,6}", command.participant) is None:
        raise refusal(
            "participant.number_shape",
            path="participant",
            participant=shown(command.participant),
            site=command.site,
        )
    if act.person.exists:  # asked only of the site's own numbers: nobody learns another site's
        raise refusal("participant.number_taken", path="participant", participant=command.participant)
    enrollment_goes_on(act, command.site)
    act.when(command.effective)
    payload = {"site": command.site, "effective": command.effective}
    if command.previous is None:
        return only(act.fact("consented", payload))
    _may_be_rescreened(act, command.previous)
    link = Fact(
        f"participant/{command.previous}", "rescreened", {"to": command.participant}, site=command.site
    )
    return only(act.fact("consented", {**payload, "previous": command.previous}), link)


def _may_be_rescreened(act: Act, name: str) -> None:
    previous = act.view.previous
    if previous is None or not previous.exists or previous.site != act.site:
        why, zh = "this site has no such participant", "本中心没有该受试者"
    elif previous.status != "screen_failed":
        why, zh = f"they are {previous.status}, not screen_failed", f"状态为 {previous.status}，并非筛选失败"
    elif previous.rescreened is not None:
        why, zh = f"they were already, as {previous.rescreened}", f"已以 {previous.rescreened} 再次筛选"
    elif previous.previous is not None:
        why, zh = "they were themselves a rescreening; one is the most", "其本身即为再次筛选，至多一次"
    else:
        return
    raise refusal("participant.rescreen", path="previous", previous=shown(name), why=why, why_zh=zh)


# --- visits ------------------------------------------------------------------------------------------------


def record_visit(act: Act) -> Decision:
    """A visit took place; outside its window the system records a deviation beside it."""
    command: c.RecordVisit = act.command
    visit = _visit(act, command.visit, command.occurrence)
    if act.person.visits.get((command.visit, command.occurrence)) is not None:
        raise refusal("visit.recorded", path="visit", visit=command.visit)
    when = after_consent(act, command.effective)
    while_followed(act, when.day)
    anchor = _anchor(act, command.visit, visit)
    planned = target(visit, anchor)
    inside = in_window(visit, planned, when.day)
    day = None if anchor is None else (when.day - anchor).days
    fact = act.fact(
        "visit recorded",
        {
            "visit": command.visit,
            "occurrence": command.occurrence,
            "effective": command.effective,
            "day": day,
            "in_window": inside,
        },
    )
    if inside is not False or planned is None or visit.window is None:
        return only(fact)
    before, after = visit.window
    late = finding(
        "deviation.window",
        path="visit",
        visit=command.visit,
        days=(when.day - planned).days,
        before=before,
        after=after,
    )
    deviation = act.fact(
        "deviation recorded",
        {
            "category": "visit_window",
            "grade": "minor",
            "text": Sealed(late.words),
            "effective": command.effective,
        },
        by_system=True,
    )
    return Decision((fact, deviation), (late,))


def _visit(act: Act, name: str, occurrence: int) -> Visit:
    visits = act.view.protocol.schedule.visits
    visit = visits.get(name)
    if visit is None:
        raise refusal("visit.unknown", path="visit", visit=shown(name), known=", ".join(visits))
    if occurrence != 1 and visit.kind != "unscheduled":
        raise refusal("visit.occurrence", path="occurrence", visit=name, occurrence=occurrence)
    return visit


def _anchor(act: Act, name: str, visit: Visit) -> date | None:
    """The day a visit is counted from; on the day of randomization itself that day is not known yet.

    Raises:
        Refusal: a visit that follows something the participant has not reached.
    """
    if visit.kind in ("screening", "baseline", "unscheduled"):
        return anchor_day(act, visit.anchor)
    day = anchor_day(act, visit.anchor)
    if day is None:
        raise refusal(
            "visit.not_yet", path="visit", visit=name, anchor=visit.anchor, participant=act.person.id
        )
    return day


def anchor_day(act: Act, anchor: str) -> date | None:
    """The day of consent, randomization, first or last dose, or of a visit; None while there is none."""
    person = act.person
    text = {
        "consent": person.consented,
        "randomization": person.allocation.effective if person.allocation else None,
        "first_dose": person.first_dose,
        "last_dose": person.treatment_ended.effective
        if person.first_dose and person.treatment_ended
        else None,
    }.get(anchor)
    if text is None and (visited := person.visits.get((anchor, 1))) is not None:
        text = visited.effective
    return None if text is None else act.day_of(text)


def miss_visit(act: Act) -> Decision:
    """A planned visit did not take place."""
    command: c.MissVisit = act.command
    visit = _visit(act, command.visit, 1)
    if visit.kind == "unscheduled":
        raise refusal("visit.unscheduled_missed", path="visit")
    if act.person.visits.get((command.visit, 1)) is not None:
        raise refusal("visit.recorded", path="visit", visit=command.visit)
    return only(act.fact("visit missed", {"visit": command.visit, "reason": coded(command.reason)}))


# --- the product -------------------------------------------------------------------------------------------


def dispense(act: Act) -> Decision:
    """Packs of the assigned kit, and of no other, are handed over."""
    command: c.Dispense = act.command
    person, protocol = act.person, act.view.protocol
    visit = _visit(act, command.visit, 1)
    if person.allocation is None:
        raise refusal("dispense.not_randomized", participant=person.id)
    if command.kit != person.allocation.kit:
        raise refusal(
            "dispense.wrong_kit",
            path="kit",
            kit=shown(command.kit).strip("'"),
            participant=person.id,
            assigned=person.allocation.kit,
        )
    when = _since_randomization(act, command.effective)
    while_followed(act, when.day)
    _on_treatment(act)
    if command.packs != visit.dispense:
        raise refusal(
            "dispense.packs", path="packs", visit=command.visit, packs=command.packs, known=visit.dispense
        )
    if any(one.visit == command.visit for one in person.dispensed):
        raise refusal("dispense.done", path="visit", visit=command.visit, participant=person.id)
    pack = next(iter(protocol.products.values())).pack
    return only(
        act.fact(
            "kit dispensed",
            {
                "visit": command.visit,
                "kit": command.kit,
                "packs": command.packs,
                "units": command.packs * pack,
                "effective": command.effective,
            },
        )
    )


def _since_randomization(act: Act, text: str) -> Moment:
    when = act.when(text)
    allocation = act.person.allocation
    if allocation is None or when.before(moment(allocation.effective, act.zone)):
        raise refusal("dispense.not_randomized", path="effective", participant=act.person.id)
    return when


def _on_treatment(act: Act) -> None:
    person = act.person
    if person.treatment_ended is not None:
        raise refusal(
            "dispense.ended", participant=person.id, since=act.day_of(person.treatment_ended.effective)
        )
    if person.held is not None:
        raise refusal("dispense.held", participant=person.id, since=act.day_of(person.held.effective))


def hold(act: Act) -> Decision:
    """The participant stops taking the product for a while."""
    command: c.HoldDose = act.command
    _taking(act, command.effective)
    if act.person.held is not None:
        raise refusal("dose.held", participant=act.person.id)
    return only(act.fact("dose held", {"effective": command.effective, "reason": coded(command.reason)}))


def restart(act: Act) -> Decision:
    """The participant takes the product again."""
    command: c.RestartDose = act.command
    when = _taking(act, command.effective)
    held = act.person.held
    if held is None:
        raise refusal("dose.not_held", participant=act.person.id)
    since = moment(held.effective, act.zone)
    if when.before(since):
        raise refusal("order.restart", path="effective", day=when.day, held=since.day)
    return only(act.fact("dose restarted", {"effective": command.effective}))


def end_treatment(act: Act) -> Decision:
    """The product is stopped for good; the participant stays in the study."""
    command: c.EndTreatment = act.command
    _taking(act, command.effective)
    return only(act.fact("treatment ended", {"effective": command.effective, "reason": command.reason}))


def _taking(act: Act, text: str) -> Moment:
    """The participant has been given the product, and it is not ended."""
    person = act.person
    if person.first_dose is None:
        raise refusal("dose.not_started", participant=person.id)
    if person.treatment_ended is not None:
        raise refusal("dose.ended", participant=person.id, since=act.day_of(person.treatment_ended.effective))
    when = act.when(text)
    if when.day < act.day_of(person.first_dose):
        raise refusal("dose.not_started", path="effective", participant=person.id)
    return when


# --- the ways out ------------------------------------------------------------------------------------------


def withdraw(act: Act) -> Decision:
    """The participant withdraws, from visits or from all new data."""
    command: c.WithdrawConsent = act.command
    why = {} if command.reason is None else {"why": Sealed(command.reason)}
    payload = {"effective": command.effective, "scope": command.scope, **why}
    return _leave(act, command.effective, act.fact("consent withdrawn", payload), "withdrawn")


def lose(act: Act) -> Decision:
    """Attempts to reach the participant have ended."""
    command: c.LoseToFollowUp = act.command
    fact = act.fact("lost to follow-up", {"effective": command.effective})
    return _leave(act, command.effective, fact, "lost")


def die(act: Act) -> Decision:
    """The participant died; that may be learned after every other end."""
    command: c.RecordDeath = act.command
    fact = act.fact("died", {"effective": command.effective, "cause": Sealed(command.cause)})
    return _leave(act, command.effective, fact, "died")


def _leave(act: Act, text: str, fact: Fact, reason: str) -> Decision:
    """The fact, and with it the end of the product where that was still being taken."""
    person = act.person
    over = ("died",) if reason == "died" else ("died", "withdrawn", "lost", "completed")
    if person.status in over:
        raise refusal("end.twice", participant=person.id, status=person.status, since=ended_on(act))
    after_consent(act, text)
    if person.first_dose is None or person.treatment_ended is not None:
        return only(fact)
    stop = act.fact("treatment ended", {"effective": text, "reason": reason}, by_system=True)
    return only(fact, stop)


def complete(act: Act) -> Decision:
    """The end of study as planned, for somebody who was randomized and whose treatment has ended."""
    command: c.CompleteStudy = act.command
    person = act.person
    if person.status != "randomized":
        raise refusal("end.not_randomized", participant=person.id, status=person.status)
    if person.first_dose is not None and person.treatment_ended is None:
        raise refusal("end.treatment_first", participant=person.id)
    after_consent(act, command.effective)
    return only(act.fact("study completed", {"effective": command.effective}))


def ended_on(act: Act) -> date | None:
    """The first day from which nothing new is collected: of death, withdrawal, loss or completion."""
    person: ParticipantState = act.person
    ends = [end for end in (person.died, person.withdrawn, person.lost, person.completed) if end is not None]
    return min([act.day_of(end.effective) for end in ends], default=None)


def while_followed(act: Act, day: date) -> None:
    """Refuse what was collected after the participant had left; what is older may still be entered."""
    last = ended_on(act)
    if last is not None and day > last:
        status = act.person.status
        raise refusal(
            "participant.ended",
            path="effective",
            participant=act.person.id,
            since=last,
            status_words=_LEFT[status][0],
            status_words_zh=_LEFT[status][1],
        )


_LEFT = {
    "died": ("died", "死亡"),
    "withdrawn": ("withdrew", "撤回同意"),
    "lost": ("lost to follow-up", "失访"),
    "completed": ("completed the study", "完成研究"),
}


def after_consent(act: Act, text: str) -> Moment:
    """The moment that `text` names, which lies on or after the day of consent."""
    when = act.when(text)
    given = act.day_of(act.person.consented or "")
    if when.day < given:
        raise refusal("order.before_consent", path="effective", what=text, day=when.day, consent=given)
    return when
