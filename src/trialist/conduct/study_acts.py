"""Acts on the study: opening, the study file, the seal, appointments, sites, lock, opening of the codes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import get_args

from trialist.conduct import commands as c
from trialist.conduct.commands import Fact
from trialist.conduct.evolve import restated
from trialist.conduct.messages import finding, refusal, shown
from trialist.conduct.roles import MAY, SITE_ROLES
from trialist.conduct.state import Appointment, ParticipantState, SiteState
from trialist.conduct.view import Act, Decision, only
from trialist.findings import Finding, Refusal
from trialist.protocol.model import Role


def _study(kind: str, **payload: object) -> Fact:
    return Fact("study", kind, payload)


def open_study(act: Act) -> Decision:
    """The first act. Whoever opens the study holds that role in it from then on, and can appoint others."""
    command: c.OpenStudy = act.command
    if act.view.study.mode:
        raise refusal("study.opened")
    if command.study != act.view.protocol.study.id:
        raise refusal("study.other", got=act.view.protocol.study.id, known=shown(command.study))
    return only(
        _study("study opened", study=command.study, mode=command.mode),
        _study(
            "person appointed",
            person=act.by.person,
            appointed=act.by.role,
            sites=[],
            start=act.today.isoformat(),
            end=None,
        ),
    )


def activate(act: Act) -> Decision:
    """A study file comes into force: the one that the desk works under, of the study that was opened."""
    command: c.ActivateProtocol = act.command
    protocol = act.view.protocol
    if command.text != protocol.text:
        raise refusal("study.other_protocol", got=shown(command.text, 12), known=protocol.hash[:12])
    if protocol.study.id != act.view.study.id:
        raise refusal("study.other", got=protocol.study.id, known=act.view.study.id)
    return only(
        _study(
            "protocol activated",
            hash=protocol.hash,
            version=protocol.study.version,
            text=protocol.text,
        )
    )


def commit_allocation(act: Act) -> Decision:
    """The commitment to the sealed annex, once."""
    command: c.CommitAllocation = act.command
    if act.view.study.commitment is not None:
        raise refusal("study.committed")
    return only(_study("allocation sealed", commitment=command.commitment, generator=command.generator))


def appoint(act: Act) -> Decision:
    """A line of the delegation log."""
    command: c.Appoint = act.command
    _appointment_makes_sense(act, command)
    _somebody_can_appoint(act, command)
    return only(
        _study(
            "person appointed",
            person=command.person,
            appointed=command.appointed,
            sites=list(command.sites),
            start=command.start,
            end=command.end,
        )
    )


def _appointment_makes_sense(act: Act, command: c.Appoint) -> None:
    if command.appointed not in APPOINTABLE:
        known_roles = ", ".join(sorted(APPOINTABLE))
        raise refusal(
            "intake.unknown_code",
            path="appointed",
            field="appointed",
            got=shown(command.appointed),
            known=known_roles,
        )
    _on_one_side(act, command)
    known = act.view.protocol.sites
    for site in command.sites:
        if site not in known:
            raise refusal("site.unknown", path="sites", site=shown(site), known=", ".join(known))
    if command.appointed in SITE_ROLES and not command.sites:
        raise refusal("study.sites_needed", path="sites", role=command.appointed)
    for field, text in (("start", command.start), ("end", command.end)):
        if text is not None:
            _whole_day(field, text)
    if command.end is not None and command.end < command.start:
        raise refusal("study.dates", path="end")


def _somebody_can_appoint(act: Act, command: c.Appoint) -> None:
    """Refuse to end the last appointment without an end of a role that can appoint others."""
    if command.end is None or command.appointed not in OFFICE:
        return
    line = Appointment(command.appointed, command.sites, command.start, command.end)
    people = act.view.study.people
    after = {**people, command.person: restated(people.get(command.person, ()), line)}
    if not any(one.role in OFFICE and one.end is None for lines in after.values() for one in lines):
        raise refusal("study.last_office", path="end")


OFFICE = frozenset(MAY[c.Appoint])
"""Roles that can appoint others."""
APPOINTABLE = frozenset(get_args(Role)) - {"system"}
_BLINDED = SITE_ROLES | {"data_manager", "blinded_statistician"}


def _on_one_side(act: Act, command: c.Appoint) -> None:
    """Nobody who may see treatments works among those who must not (ICH E6(R3) 4.1.2)."""
    sees = frozenset(act.view.protocol.masking.visibility.get("unblinded", ()))
    held = {line.role for line in act.view.study.people.get(command.person, ())}
    other = _BLINDED if command.appointed in sees else sees if command.appointed in _BLINDED else frozenset()
    if held & other:
        raise refusal(
            "study.both_sides",
            path="appointed",
            person=shown(command.person).strip("'"),
            role=command.appointed,
            held=", ".join(sorted(held & other)),
        )


def _whole_day(field: str, text: str) -> None:
    try:
        if len(text) == 10 and text.isascii():
            date.fromisoformat(text)
            return
    except ValueError:
        pass
    raise refusal("intake.date", path=field, field=field, got=shown(text))


def open_site(act: Act) -> Decision:
    """A site may enroll from now on."""
    command: c.OpenSite = act.command
    sites = act.view.protocol.sites
    if command.site not in sites:
        raise refusal("site.unknown", path="site", site=shown(command.site), known=", ".join(sites))
    if site_of(act, command.site).enrolls:
        raise refusal("site.opened", path="site", site=command.site)
    return only(Fact(f"site/{command.site}", "site opened", {"site": command.site}, site=command.site))


def site_of(act: Act, site: str) -> SiteState:
    """Where a site stands; of version 0 where it was never opened."""
    return act.view.study.sites.get(site, SiteState())


def close_site(act: Act) -> Decision:
    """Nobody enters at a site any more, for a reason that stands in the ledger."""
    command: c.CloseSite = act.command
    if not site_of(act, command.site).enrolls:
        raise refusal("site.not_open", path="site", site=shown(command.site).strip("'"))
    fact = Fact(
        f"site/{command.site}",
        "site closed",
        {"site": command.site},
        reason=command.reason,
        site=command.site,
    )
    return only(fact)


def pause_enrollment(act: Act) -> Decision:
    """Nobody enters anywhere, for a reason that stands in the ledger; or they may again."""
    command: c.PauseEnrollment = act.command
    paused = act.view.study.paused is not None
    if paused != command.resume:
        raise refusal("study.paused_already" if paused else "study.not_paused", path="resume")
    return only(Fact("study", "enrollment paused", {"resume": command.resume}, reason=command.reason))


def enrollment_goes_on(act: Act, site: str) -> None:
    """Somebody may enter, or be randomized, at this site today.

    Raises:
        Refusal: the site is not open, or was closed; enrollment is paused.
    """
    state = site_of(act, site)
    if not state.enrolls:
        raise refusal("site.closed" if state.opened is None else "site.closed_again", path="site", site=site)
    if act.view.study.paused is not None:
        raise refusal("study.paused", path="site", since=act.view.study.paused[:10])


def lock(act: Act) -> Decision:
    """Nothing changes after this; it is refused, with the list, while anything stands against it."""
    people = tuple(act.view.everyone)
    against = tuple(one for person in people for one in blockers(person))
    if against:
        head = finding("study.blocked", count=len(against), first=against[0].words)
        raise Refusal(head, *against)
    return only(_study("study locked", participants=len(people), open_queries=0))


def blockers(person: ParticipantState) -> Iterator[Finding]:
    """What stands against a lock in one participant's record."""
    name = person.id
    for query in person.open_queries:
        yield finding(
            "lock.query", path=name, participant=name, query=query.id, item=query.item, status=query.status
        )
    if person.status == "requested":
        yield finding("lock.requested", path=name, participant=name)
    elif not person.ended:
        yield finding("lock.not_ended", path=name, participant=name, status=person.status)
    if person.dispensed and person.treatment_ended is None:
        yield finding("lock.treatment", path=name, participant=name)
    if person.allocation is not None and person.signature is None:
        yield finding("lock.unsigned", path=name, participant=name)


def record_opening(act: Act) -> Decision:
    """Two people have opened the codes, after the lock, of the list that was sealed."""
    command: c.RecordOpening = act.command
    study = act.view.study
    if study.locked is None:
        raise refusal("study.not_locked")
    if study.opening is not None:
        raise refusal("study.opening_done")
    if len(set(command.keys)) != 2:
        raise refusal("study.two_keys", path="keys")
    if command.commitment != study.commitment:
        raise refusal("study.other_annex", path="commitment")
    return only(_study("allocation opened", keys=list(command.keys), commitment=command.commitment))
