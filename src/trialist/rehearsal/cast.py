"""Who plays: the people of a rehearsed trial and their appointments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialist.conduct.commands import Actor, Appoint
from trialist.protocol import Protocol

SPONSOR = Actor("sponsor", "sponsor")
DATA_MANAGER = Actor("data-manager", "data_manager")
STATISTICIAN = Actor("unblinded-statistician", "unblinded_statistician")
HOLDERS = ("sponsor", "unblinded-statistician", "escrow")
"""The holders of the keys to the sealed annex: two of three open it, the third lies in escrow."""


@dataclass(frozen=True, slots=True)
class Team:
    """The people of one site."""

    coordinator: Actor
    investigator: Actor
    pharmacist: Actor
    monitor: Actor

    @classmethod
    def of(cls, site: str) -> Team:
        """The team of `site`; one monitor looks after several sites, under one name."""
        return cls(
            coordinator=Actor(f"coordinator-{site}", "coordinator", site),
            investigator=Actor(f"investigator-{site}", "investigator", site),
            pharmacist=Actor(f"pharmacist-{site}", "pharmacist", site),
            monitor=Actor("monitor", "monitor", site),
        )

    def __iter__(self) -> Iterator[Actor]:
        return iter((self.coordinator, self.investigator, self.pharmacist, self.monitor))


def appointments(protocol: Protocol, start: str) -> Iterator[Appoint]:
    """The delegation log of a rehearsal: study-wide people, then each site's team."""
    for actor in (DATA_MANAGER, STATISTICIAN):
        yield Appoint(actor.person, actor.role, (), start)
    yield Appoint("monitor", "monitor", tuple(protocol.sites), start)
    for site in protocol.sites:
        for actor in Team.of(site):
            if actor.role != "monitor":
                yield Appoint(actor.person, actor.role, (site,), start)
