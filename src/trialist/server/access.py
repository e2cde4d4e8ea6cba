"""Who may open what. Acts are the desk's to allow; this is about pages, and it denies what it does not name.

Every view says what it is: `@public`, `@signed_in`, `@page("participants")` or `@acts(SaveForm)`. The
middleware `Guard` refuses a view that says nothing. A participant of another site is, for everyone who has
no part in it, the same as one who does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from django.http import Http404, HttpRequest

from trialist.conduct.commands import Actor, Command
from trialist.conduct.roles import SITE_ROLES, appointed, may
from trialist.conduct.state import ParticipantState
from trialist.desk import Receipt
from trialist.findings import Language
from trialist.protocol import Protocol
from trialist.server.models import Account
from trialist.server.workplace import Workplace

_TEAM = frozenset({"coordinator", "investigator"})
_FORMS = _TEAM | {"outcome_assessor", "monitor", "data_manager"}

_CHECKERS = _TEAM | {"monitor", "data_manager", "inspector"}

PAGES: Mapping[str, frozenset[str]] = {
    "today": _FORMS | {"pharmacist"},
    "participants": _FORMS | {"pharmacist", "inspector"},
    "participant": _FORMS | {"pharmacist", "inspector"},
    "consent": _TEAM,
    "visit": _FORMS | {"inspector"},
    "log": _CHECKERS,
    "eligibility": _CHECKERS,
    "dispensing": frozenset({"pharmacist", "coordinator", "inspector"}),
    "queries": _CHECKERS,
    "history": _CHECKERS,
    "course": _CHECKERS,
    "locking": frozenset({"monitor", "data_manager", "inspector"}),
    "emergency": frozenset({"investigator", "sponsor_safety", "medical_monitor"}),
    "overview": _CHECKERS
    | {"sponsor", "blinded_statistician", "sponsor_safety", "administrator", "safety_board"}
    | {"unblinded_statistician", "medical_monitor"},
    "study": frozenset({"sponsor", "administrator", "data_manager", "monitor", "inspector"}),
    "people": frozenset({"sponsor", "administrator", "data_manager", "monitor", "inspector"}),
    "ledger": frozenset({"data_manager", "inspector"}),
    "allocation": frozenset({"unblinded_statistician", "administrator", "inspector"}),
    "accounts": frozenset({"administrator"}),
}
"""Page → roles that may open it, at the sites of their appointment. The unblinded find the pooled overview here, and
those who may ask for it one participant's treatment; all else they do on the vault's side of the wall. An inspector
reads everything of the blinded side and does nothing."""

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """What a view says about who may open it. `roles` None: anyone who is signed in."""

    public: bool = False
    roles: frozenset[str] | None = None
    unfinished: bool = False


def _says(access: Access) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Open to everyone, signed in or not."""
    return _says(Access(public=True))(view)


def signed_in(view: View) -> View:
    """Open to everyone who is signed in."""
    return _says(Access())(view)


def unfinished(view: View) -> View:
    """A step of signing in: open once a name and a password were right, before the rest is done."""
    return _says(Access(public=True, unfinished=True))(view)


def page(name: str) -> Callable[[View], View]:
    """Open to the roles that `PAGES` names for this page."""
    return _says(Access(roles=PAGES[name]))


def acts(*commands: type) -> Callable[[View], View]:
    """Open to the roles that may do at least one of these; whether this one may is the desk's answer."""
    from trialist.conduct.roles import MAY

    return _says(Access(roles=frozenset(role for command in commands for role in MAY[command])))


def roles_of(workplace: Workplace, person: str) -> tuple[str, ...]:
    """The roles in which a person may act today, in the order of their appointments."""
    study = workplace.desk.study()
    lines = study.people.get(person, ())
    found = {
        line.role: None
        for line in lines
        if any(
            appointed(study, person, line.role, site, day_at(workplace, site))
            for site in line.sites or (None,)
        )
    }
    return tuple(found)


def day_at(workplace: Workplace, site: str | None) -> date:
    """The day on which an appointment counts: the site's; of the study, that of its first site."""
    return workplace.today(site or next(iter(workplace.protocol.sites)))


@dataclass(frozen=True)
class Here:
    """Who is here, in which role, and what they may see: `request.here` of every view behind a sign-in."""

    workplace: Workplace
    account: Account
    role: str
    roles: tuple[str, ...]
    language: Language

    @property
    def person(self) -> str:
        """The person, as the ledger names them."""
        return self.account.person

    @property
    def protocol(self) -> Protocol:
        """The study file in force."""
        return self.workplace.protocol

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """The sites in this person's scope in this role, in the study file's order."""
        study = self.workplace.desk.study()
        return tuple(
            site
            for site in self.protocol.sites
            if appointed(study, self.person, self.role, site, self.workplace.today(site))
        )

    @property
    def site(self) -> str | None:
        """The one site of somebody who works at one."""
        return self.sites[0] if self.role in SITE_ROLES and len(self.sites) == 1 else None

    def today(self, site: str | None = None) -> date:
        """The day at a site; without one, at the person's own, or the first of the study."""
        return self.workplace.today(site or self.site or next(iter(self.protocol.sites)))

    def actor(self, site: str | None = None) -> Actor:
        """Who acts, for the desk."""
        return Actor(self.person, self.role, site or self.site)

    def may(self, command: type) -> bool:
        """Whether this role may ever do this; where and when is the desk's to say."""
        return may(command, self.role) is not None

    def opens(self, name: str) -> bool:
        """Whether this role may open a page of `PAGES`."""
        return self.role in PAGES[name]

    def sees(self, visibility: str) -> bool:
        """Whether this role sees values of a visibility class."""
        return visibility == "open" or self.role in self.protocol.masking.visibility.get(visibility, ())

    def participant(self, name: str) -> ParticipantState:
        """A participant in this person's scope.

        Raises:
            Http404: there is none, or they are at a site that is not this person's.
        """
        found = self.workplace.desk.participant(name)
        if not found.exists or found.site not in self.sites:
            raise Http404
        return found

    def participants(self) -> tuple[ParticipantState, ...]:
        """Everyone in this person's scope, by number."""
        everyone: Iterable[ParticipantState] = self.workplace.desk.participants()
        return tuple(sorted((one for one in everyone if one.site in self.sites), key=lambda one: one.id))

    def act(self, command: Command, *, key: str, beside: Callable[[], Any] | None = None) -> Receipt:
        """Do it, as this person in this role.

        Raises:
            Refusal: the rules say no.
        """
        return self.workplace.act(command, by=self.actor(), key=key, beside=beside)


def stand(request: HttpRequest, workplace: Workplace, language: Language) -> Here | None:
    """Who is here; None when nobody is, or somebody whom the delegation log gives no role today."""
    account = request.user
    if not isinstance(account, Account) or not account.is_active:
        return None
    workplace.look_once()
    roles = roles_of(workplace, account.person)
    if not roles:
        return None
    wanted = request.session.get("role")
    return Here(workplace, account, wanted if wanted in roles else roles[0], roles, language)
