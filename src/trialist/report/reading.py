"""What a report shows, as plain frozen values: read once from the results, then only drawn and written.

Shares and differences are fractions of 1; days count from randomization.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from trialist.report.further import Further

Group = Literal["primary", "sensitivity", "stratum", "subgroup"]


@dataclass(frozen=True, slots=True)
class Arm:
    """One column: an arm when opened, a dummy before. `mark` (1 or 2) gives its look in figures."""

    key: str
    label: str
    mark: int


@dataclass(frozen=True, slots=True)
class Share:
    """Events among participants, with a Wilson interval; a mean number of events where some were imputed."""

    events: float
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share."""
        return self.events / self.n


@dataclass(frozen=True, slots=True)
class Comparison:
    """A difference of two shares (first arm minus second) that could be estimated."""

    key: str
    label: str
    group: Group
    shares: tuple[Share, Share]
    value: float
    low: float
    high: float
    p: float | None
    method: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why participants left the flow, or what decided their outcome, and how many."""

    key: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Path:
    """One arm's way through the trial; `decided` says what decided the primary outcome of those analyzed."""

    allocated: int
    received: int
    discontinued: tuple[Reason, ...]
    left: tuple[Reason, ...]
    analyzed: int
    on_treatment: int
    in_study: int
    decided: tuple[Reason, ...]
    not_received: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """The CONSORT numbers."""

    screened: int
    in_screening: int
    not_randomized: int
    excluded: tuple[Reason, ...]
    randomized: int
    arms: tuple[Path, ...]
    criteria: frozenset[str] = frozenset()

    @property
    def grouped(self) -> tuple[tuple[Reason, ...], tuple[Reason, ...], tuple[Reason, ...]]:
        """The exclusions as CONSORT groups them: criteria not met, declined, other reasons."""
        not_met = tuple(one for one in self.excluded if one.key in self.criteria)
        declined = tuple(one for one in self.excluded if one.key == "declined")
        return not_met, declined, tuple(one for one in self.excluded if one not in (*not_met, *declined))

    def sums(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """The additions that must hold: a whole, and its parts."""
        parts = tuple(path.allocated for path in self.arms)
        return (self.screened, (self.not_randomized, self.randomized)), (self.randomized, parts)

    @property
    def adds_up(self) -> bool:
        """Whether all of them hold, the reasons included."""
        reasons = sum(reason.count for reason in self.excluded)
        return reasons == self.not_randomized and all(whole == sum(parts) for whole, parts in self.sums())


@dataclass(frozen=True, slots=True)
class Enrollment:
    """Participants randomized up to each day, the number planned, and (site, consented, randomized)."""

    steps: tuple[tuple[date, int], ...]
    target: int
    sites: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Median:
    """The distribution at one visit: its middle, and the middle half."""

    visit: str
    day: int
    n: int
    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Course:
    """One arm's counts: each participant's (day, value) pairs, and the medians by visit."""

    n: int
    people: tuple[tuple[tuple[float, float], ...], ...]
    medians: tuple[Median, ...]


@dataclass(frozen=True, slots=True)
class Trajectories:
    """Counts over time; `threshold` is the count that a response must exceed."""

    analyte: str
    unit: str
    visits: tuple[tuple[int, str], ...]
    threshold: float | None
    courses: tuple[Course, ...]

    @property
    def last_day(self) -> float:
        """The last day on which anything was measured or planned."""
        measured = [day for course in self.courses for person in course.people for day, _ in person]
        return max([*measured, *(day for day, _ in self.visits)])


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One line of the endpoints' table: `cells` per arm, then difference or ratio, interval, p.

    `stem` is the endpoint in the study file; `part` the analyte's name where it has several.
    """

    key: str
    stem: str
    label: str
    part: str
    level: str
    kind: Literal["difference", "ratio"]
    cells: tuple[tuple[str, str], ...]
    value: float | None
    low: float | None
    high: float | None
    p: float | None
    method: str
    estimand: str | None


@dataclass(frozen=True, slots=True)
class BoundaryRow:
    """A participant whose count stood exactly at the limit, and what the definition makes of it."""

    participant: str
    arm: str
    visit: str
    baseline: str
    value: str
    verdict: str
    decided: str


@dataclass(frozen=True, slots=True)
class SafetyRow:
    """Participants with at least one such event, per arm; `inner` rows belong to the one above them."""

    label: str
    inner: bool
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Safety:
    """Events among those treated."""

    treated: tuple[int, ...]
    rows: tuple[SafetyRow, ...]
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assumed:
    """Something the study file had to decide; `tag` is its number in this report."""

    id: str
    tag: str
    text: str
    reason: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the numbers come from; `study` is the study's id, -SIM appended in a rehearsal."""

    study: str
    head: str
    seq: str
    as_of: str
    protocol: str
    version: str
    blinded: bool
    simulated: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything a report says, in one language."""

    arms: tuple[Arm, ...]
    provenance: Provenance
    primary: Comparison | None
    forest: tuple[Comparison, ...]
    not_estimable: tuple[str, ...]
    replaced: tuple[str, ...]
    flow: Flow
    enrollment: Enrollment | None
    trajectories: Trajectories | None
    endpoints: tuple[EndpointRow, ...]
    boundary: tuple[BoundaryRow, ...]
    safety: Safety
    assumed: tuple[Assumed, ...]
    subgroups: tuple[Comparison, ...]
    beside_subgroups: tuple[str, ...]
    further: Further

    @property
    def stamp(self) -> str:
        """The code of the stamp that lies on every figure."""
        marks = (("simulated", self.provenance.simulated), ("blinded", self.provenance.blinded))
        return "_".join(name for name, holds in marks if holds)
