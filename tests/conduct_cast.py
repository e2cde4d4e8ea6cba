"""A small cast for conduct and desk: the bundled study on an embedded ledger and vault, people with roles."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count

from trialist.allocation.annex import Annex
from trialist.conduct import commands as c
from trialist.conduct.commands import Actor, Command, Entry
from trialist.desk import Desk, Receipt
from trialist.ledger import Ledger
from trialist.protocol import Protocol, load
from trialist.vault import Vault

SITE, OTHER_SITE = "03", "07"
OFFICE = Actor("office", "administrator")
STATISTICIAN = Actor("Uma", "unblinded_statistician")
COORDINATOR = Actor("Chen", "coordinator", SITE)
STRANGER = Actor("Song", "coordinator", OTHER_SITE)
INVESTIGATOR = Actor("Li", "investigator", SITE)
PHARMACIST = Actor("Fang", "pharmacist", SITE)
ASSESSOR = Actor("Ou", "outcome_assessor", SITE)
MONITOR = Actor("Mo", "monitor", SITE)
DATA_MANAGER = Actor("Dong", "data_manager")
SAFETY = Actor("Sha", "sponsor_safety")
BLINDED = Actor("Bo", "blinded_statistician")
INSPECTOR = Actor("Ines", "inspector")
OUTSIDER = Actor("Nobody", "coordinator", SITE)
CAST = (
    STATISTICIAN,
    COORDINATOR,
    STRANGER,
    INVESTIGATOR,
    PHARMACIST,
    ASSESSOR,
    MONITOR,
    DATA_MANAGER,
    SAFETY,
    BLINDED,
    INSPECTOR,
)
HOLDERS = {name: hashlib.sha256(name.encode()).digest() for name in ("Uma", "escrow", "sponsor")}
SECRET = hashlib.sha256(b"a rehearsal's secret").digest()
START = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


@cache
def smart() -> Protocol:
    """The bundled study."""
    return load("smart").complete()


def counted_salts() -> Callable[[], bytes]:
    """Salts that repeat from run to run."""
    numbers = count()
    return lambda: hashlib.sha256(f"salt {next(numbers)}".encode()).digest()[:16]


def numbered_bytes() -> Callable[[int], bytes]:
    """Bytes for a test's vault that repeat from run to run."""
    numbers = count()
    return lambda size: hashlib.sha256(f"entropy {next(numbers)}".encode()).digest()[:size]


class Trial:
    """A study that has been opened, at a desk, with a clock of its own."""

    def __init__(self, ledger: Ledger | None = None, vault: Vault | None = None) -> None:
        self.protocol = smart()
        self.annex = Annex.make(self.protocol, SECRET, "rehearsal")
        self.ledger = ledger or Ledger.memory()
        self.vault = vault or Vault.memory(entropy=numbered_bytes())
        self.desk = Desk(self.ledger, self.vault, self.protocol, counted_salts())
        self.now = START
        self._keys = count(self.ledger.head().seq)

    def do(self, command: Command, by: Actor = COORDINATOR, key: str | None = None) -> Receipt:
        """The act, a second after the last one."""
        self.now += timedelta(seconds=1)
        return self.desk.act(command, by=by, at=self.now, key=key or f"act {next(self._keys)}")

    def on(self, day: str, time: str = "16:00") -> Trial:
        """Move the clock to a time of a day in Shanghai."""
        self.now = datetime.fromisoformat(f"{day}T{time}+08:00").astimezone(UTC)
        return self

    def open(self) -> Trial:
        """Open study, file, seal, people and two sites."""
        self.do(c.OpenStudy("SMART", "rehearsal"), OFFICE)
        self.do(c.ActivateProtocol(self.protocol.text), OFFICE)
        self.do(
            c.CommitAllocation(self.vault.seal(self.annex, HOLDERS, self.now), self.annex.generator), OFFICE
        )
        for person in CAST:
            sites = () if person.site is None else (person.site,)
            self.do(c.Appoint(person.person, person.role, sites, "2026-01-01"), OFFICE)
        for site in (SITE, OTHER_SITE):
            self.do(c.OpenSite(site), OFFICE)
        return self

    def consent(
        self, participant: str = "03-001", day: str = "2026-03-02", previous: str | None = None
    ) -> Trial:
        """Consent at 10:20, and the screening visit."""
        self.on(day)
        self.do(c.Consent(participant, SITE, f"{day}T10:20+08:00", previous))
        self.do(c.RecordVisit(participant, "SCR", f"{day}T10:40+08:00"))
        return self

    def save(
        self,
        participant: str,
        visit: str | None,
        form: str,
        entries: Mapping[str, str | tuple[str, str] | Entry],
        *,
        row: int = 1,
        by: Actor = COORDINATOR,
        **more: object,
    ) -> Receipt:
        """Save a form; a pair is a value with its unit."""
        return self.do(
            c.SaveForm(
                participant, form, {item: entry(one) for item, one in entries.items()}, visit, row=row, **more
            ),
            by,
        )  # type: ignore[arg-type]

    def screen(self, participant: str = "03-001", platelets: str = "45") -> Trial:
        """Everything that an eligible person's screening records."""
        self.save(participant, "SCR", "demographics", {"sex": "F", "birth_date": "1971-05"})
        for row, day in enumerate(("2025-11-03", "2026-02-23"), 1):
            self.save(
                participant,
                "SCR",
                "antibodies",
                {"specimen_date": day, "lupus_anticoagulant": "positive", "inr": "1.0"},
                row=row,
            )
        for row, day in enumerate(("2026-02-09", "2026-02-25"), 1):
            self.save(participant, "SCR", "hematology", {"specimen_date": day, **counts(platelets)}, row=row)
        self.save(
            participant,
            "SCR",
            "chemistry",
            {"specimen_date": "2026-03-02", "alt": "22", "ast": "25", "creatinine": ("0.8", "mg/dL")},
        )
        self.save(
            participant,
            "SCR",
            "lipids",
            {"specimen_date": "2026-03-02", "ldl": ("95", "mg/dL"), "triglycerides": ("1.1", "mmol/L")},
        )
        self.save(
            participant,
            "SCR",
            "screening_tests",
            {"hbsag": "negative", "tuberculosis_test": "negative", "smear_checked": "true"},
        )
        truths = dict.fromkeys(
            ("other_ctd", "bleeding_tendency", "life_threatening", "active_infection"), "false"
        )
        complete = {"history_complete": "true", "medications_complete": "true"}
        self.save(participant, "SCR", "exclusions", {**truths, **complete}, by=INVESTIGATOR)
        return self

    def baseline(self, participant: str = "03-001", day: str = "2026-03-09", platelets: str = "46") -> Trial:
        """Day 0 up to sign-off."""
        self.on(day, "09:00")
        self.do(c.RecordVisit(participant, "D0", f"{day}T08:30+08:00"))
        self.save(participant, "D0", "hematology", {"specimen_date": day, **counts(platelets)})
        self.save(
            participant, "D0", "baseline_assessment", {"pregnancy_test": "negative", "bleeding_grade": "1"}
        )
        self.do(c.SignEligibility(participant, f"{day}T09:00+08:00"), INVESTIGATOR)
        return self

    def randomize(
        self, participant: str = "03-001", day: str = "2026-03-09", key: str | None = None
    ) -> Receipt:
        """The two events."""
        self.on(day, "09:30")
        return self.desk.randomize(
            participant,
            by=INVESTIGATOR,
            at=self.now,
            effective=f"{day}T09:20+08:00",
            key=key or f"act {next(self._keys)}",
        )

    def treat(self, participant: str = "03-001", day: str = "2026-03-09") -> Trial:
        """Screened, randomized, and the first bottle handed over."""
        self.consent(participant).screen(participant).baseline(participant, day)
        self.randomize(participant, day)
        kit = self.desk.participant(participant).allocation.kit
        self.do(c.Dispense(participant, "D0", kit, 1, f"{day}T09:30+08:00"), PHARMACIST)
        return self


def entry(one: str | tuple[str, str] | Entry) -> Entry:
    """An entry from what a test writes."""
    if isinstance(one, Entry):
        return one
    return Entry(one) if isinstance(one, str) else Entry(*one)


def counts(platelets: str) -> dict[str, str | tuple[str, str]]:
    """A blood count as laboratory B prints it."""
    return {"platelets": (platelets, "10*3/uL"), "wbc": ("5.1", "10*3/uL"), "hemoglobin": ("12.1", "g/dL")}
