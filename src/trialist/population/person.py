"""One virtual person: everything that can be drawn about them without knowing their arm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from statistics import NormalDist
from typing import NamedTuple, Self

from trialist.population.model import Model, Plan

TITERS = ("acl_igg", "acl_igm", "ab2gp1_igg", "ab2gp1_igm")
CLERICAL = 16
"""Uniform draws set aside per visit for what clerks, couriers and clocks do."""
_QUARTILE = NormalDist().inv_cdf(0.75)
_SAFELY_POSITIVE = 80.0


class Visit(NamedTuple):
    """One planned contact as it would go: `day` from randomization; the wandering and error of its count."""

    visit: str
    day: int
    missed: bool
    outside: bool
    clumped: bool
    wander: float
    error: float
    lipid_errors: tuple[float, float]
    u: tuple[float, ...]


class Mishap(NamedTuple):
    """An adverse event that may happen: it does on arms whose probability exceeds `u`."""

    term: str
    u: float
    day: int
    grade: int
    length: int
    related: float


@dataclass(frozen=True, slots=True)
class Person:
    """Who someone is and what chance holds for them.

    Counts are in 10*9/L, lipids in mmol/L, days from randomization. `referred` is false for people whom
    their doctor does not send because the last count lies out of range. Fields that begin with `u_` are
    uniform draws: compared with an arm's probability, the same person responds, is rescued or falls ill on
    one arm and not on the other.
    """

    ordinal: int
    woman: bool
    age: float
    drugs: frozenset[str]
    past_thrombosis: bool
    screening_days: int
    declines: bool
    wash_out: str | None
    on_antibiotic: bool
    infected: bool
    liver: bool
    referred: bool
    screening_count: int
    baseline_count: int
    level: float
    u_responder: float
    effect: float
    visits: tuple[Visit, ...]
    confirmation: Visit
    u_leave: tuple[float, ...]
    u_leave_day: tuple[float, ...]
    u_leave_way: float
    stop_day: int | None
    hold: tuple[int, int] | None
    adherence: float
    u_rescue: float
    rescue_day: int
    u_rescue_drug: float
    rescue_wander: float
    rescue_error: float
    steroid_day: int | None
    transfusion_day: int | None
    mishaps: tuple[Mishap, ...]
    ldl: float
    triglycerides: float
    ldl_change: float
    screening_lipid_errors: tuple[float, float]
    lupus_anticoagulant: bool
    not_repeated: bool
    titers: tuple[float, ...]
    titer_errors: tuple[tuple[float, ...], ...]
    labs: tuple[float, ...]
    u: tuple[float, ...]

    @classmethod
    def draw(cls, model: Model, ordinal: int, r: Random) -> Self:
        """Draw a person from their own stream, always with the same number of draws in the same order."""
        screening_days = r.randint(*map(int, model["screening.days"]))
        visits, wanders = _visits(model, screening_days, r)
        sd = model.measurement_sd
        level = math.log(
            max(abs(r.gauss(model["platelets.baseline_mean"], model["platelets.baseline_sd"])), 1.0)
        )
        cap = model["platelets.cap"]
        first = count(level + wanders[0] + r.gauss(0, sd), cap)
        low, high = model["screening.referral_counts"]
        drugs = frozenset(
            drug
            for drug in ("warfarin", "aspirin", "hydroxychloroquine", "prednisone", "statin")
            if r.random() < model[f"people.{drug}"]
        )
        lupus = r.random() < model["antibodies.lupus_anticoagulant"]
        held = r.random() < model["treatment.held"]
        hold_day, hold_length = r.randint(10, 150), r.randint(*map(int, model["treatment.held_days"]))
        return cls(
            ordinal=ordinal,
            woman=r.random() < model["people.women"],
            age=min(max(r.gauss(model["people.age_mean"], model["people.age_sd"]), 15.0), 85.0),
            drugs=drugs,
            past_thrombosis=r.random() < model["people.past_thrombosis"],
            screening_days=screening_days,
            declines=r.random() < model["screening.declined"],
            wash_out=_unless(
                r.random() >= model["screening.wash_out"], r.choice(("ivig", "eltrombopag", "azathioprine"))
            ),
            on_antibiotic=r.random() < model["screening.recent_antibiotic"],
            infected=r.random() < model["screening.infection"],
            liver=r.random() < model["screening.liver"],
            referred=r.random() < model["screening.referred_out_of_range"] or low <= first <= high,
            screening_count=first,
            baseline_count=count(level + wanders[1] + r.gauss(0, sd), cap),
            level=level,
            u_responder=r.random(),
            effect=_above_zero(model["platelets.effect_mean"], model["platelets.effect_sd"], r),
            visits=visits[:-1],
            confirmation=visits[-1],
            u_leave=tuple(r.random() for _ in model.plan),
            u_leave_day=tuple(r.random() for _ in model.plan),
            u_leave_way=r.random(),
            stop_day=_sometimes(r, model["treatment.stopped"], model["treatment.stopped_days"]),
            hold=(hold_day, hold_length) if held else None,
            adherence=r.uniform(*model["treatment.adherence"]),
            u_rescue=r.random(),
            rescue_day=r.randint(*map(int, model["drugs.rescue_days"])),
            u_rescue_drug=r.random(),
            rescue_wander=wanders[2],
            rescue_error=r.gauss(0, sd),
            steroid_day=_sometimes(r, model["drugs.steroid_course"], (20, 150)),
            transfusion_day=_sometimes(r, model["drugs.transfusion"], model["drugs.transfusion_days"]),
            mishaps=_mishaps(model, r),
            ldl=model["lipids.ldl_median"] * math.exp(r.gauss(0, model["lipids.ldl_log_sd"])),
            triglycerides=model["lipids.triglycerides_median"]
            * math.exp(r.gauss(0, model["lipids.triglycerides_log_sd"])),
            ldl_change=r.gauss(0, model["lipids.ldl_rise_sd"]),
            screening_lipid_errors=_lipid_errors(model, r),
            lupus_anticoagulant=lupus,
            not_repeated=r.random() < model["antibodies.not_repeated"],
            titers=_titers(model, r, needed=not lupus or "warfarin" in drugs),
            titer_errors=_titer_errors(model, r),
            labs=tuple(r.gauss(0, 1) for _ in range(5)),
            u=tuple(r.random() for _ in range(2 * CLERICAL)),
        )


def count(log_level: float, cap: float) -> int:
    """A platelet count as a laboratory reports it: a whole number, at most `cap`."""
    return round(min(math.exp(log_level), cap))


def _unless(condition: bool, value: str) -> str | None:  # noqa: FBT001 - reads as a sentence
    return None if condition else value


def _sometimes(r: Random, probability: float, days: tuple[float, float]) -> int | None:
    """A day within `days` with that probability; two draws either way."""
    happens, day = r.random() < probability, r.randint(*map(int, days))
    return day if happens else None


def _above_zero(mean: float, sd: float, r: Random) -> float:
    """A normal draw given that it is positive (by inversion: one draw)."""
    below = NormalDist().cdf(-mean / sd)
    return mean + sd * NormalDist().inv_cdf(below + (1 - below) * (r.random() * (1 - 1e-12) + 5e-13))


def _day_of(plan: Plan, outside: bool, u: float, z: float) -> int:  # noqa: FBT001 - one of two formulas
    """The day on which a visit takes place: near its plan, or beyond its window on a side that is allowed."""
    if outside and plan.early + plan.late:
        step = 1 + int(u * (plan.early + plan.late))
        return (
            plan.day + plan.after + step if step <= plan.late else plan.day - plan.before - (step - plan.late)
        )
    return plan.day + max(-plan.before, min(plan.after, round(z * plan.after / 2)))


def _visits(
    model: Model, screening_days: int, r: Random
) -> tuple[tuple[Visit, ...], tuple[float, float, float]]:
    """All follow-up visits (the confirmation last), and the wandering at screening, baseline and rescue."""
    days = []
    for plan in model.plan:
        outside = r.random() < model["visits.outside"]
        days.append((_day_of(plan, outside, r.random(), r.gauss(0, 1)), outside))
    first, last = map(int, model["visits.confirmation_days"])
    days.append((days[-1][0] + r.randint(first, last), False))
    sd = r.uniform(*model["platelets.fluctuation_sd"])
    path = _Wandering(sd, model["platelets.relaxation_months"] * model["platelets.month_days"], r)
    before, baseline = path.at(-screening_days), path.at(0)
    visits = tuple(
        Visit(
            visit=name,
            day=day,
            missed=r.random() < model["visits.missed"],
            outside=outside,
            clumped=r.random() < model["entry.clumped"],
            wander=path.at(day),
            error=r.gauss(0, model.measurement_sd),
            lipid_errors=_lipid_errors(model, r),
            u=tuple(r.random() for _ in range(CLERICAL)),
        )
        for name, (day, outside) in zip([*(plan.visit for plan in model.plan), ""], days, strict=True)
    )
    return visits, (before, baseline, r.gauss(0, sd))


class _Wandering:
    """An Ornstein-Uhlenbeck path read at increasing days: stationary, exact at any step."""

    def __init__(self, sd: float, relaxation: float, r: Random) -> None:
        self._sd, self._relaxation, self._r = sd, relaxation, r
        self._day: int | None = None
        self._value = 0.0

    def at(self, day: int) -> float:
        kept = 0.0 if self._day is None else math.exp(-(day - self._day) / self._relaxation)
        self._value = kept * self._value + self._sd * math.sqrt(1 - kept * kept) * self._r.gauss(0, 1)
        self._day = day
        return self._value


def _mishaps(model: Model, r: Random) -> tuple[Mishap, ...]:
    grades = list(model["adverse_events.grades"].values())
    first, last = map(int, model["adverse_events.days"])

    def one(term: str) -> Mishap:
        u, grade = r.random(), r.random() * sum(grades)
        drawn = 1 if grade < grades[0] else 2 if grade < grades[0] + grades[1] else 3
        lowest = {"bleeding": 2, "thrombosis": 3, "serious": 3}.get(term, 1)
        return Mishap(term, u, r.randint(first, last), max(drawn, lowest), r.randint(3, 21), r.random())

    return tuple(
        one(term) for term in ("mouth_ulcer", "infection", "bleeding", "thrombosis", "serious", "other")
    )


def _lipid_errors(model: Model, r: Random) -> tuple[float, float]:
    cv = model["lipids.measurement_cv"]
    return r.gauss(0, cv), r.gauss(0, cv)


def _titers(model: Model, r: Random, *, needed: bool) -> tuple[float, ...]:
    """Log-normal titers that go together; `needed` when only a titer can have brought the person here."""
    shared = math.sqrt(model["antibodies.shared"])
    own = math.sqrt(1 - model["antibodies.shared"])
    common = r.gauss(0, 1)
    titers = []
    for name in TITERS:
        low, high = model["antibodies.quartiles"][name]
        spread = math.log(high / low) / (2 * _QUARTILE)
        z = shared * common + own * r.gauss(0, 1)
        titers.append(model["antibodies.median"][name] * math.exp(spread * z))
    raised = _SAFELY_POSITIVE * (1 + r.random())
    if needed and max(titers) < raised:
        titers[0] = raised
    return tuple(titers)


def _titer_errors(model: Model, r: Random) -> tuple[tuple[float, ...], ...]:
    """Log-scale errors: two specimens in local laboratories, then the two of the final batch."""
    laboratory = math.sqrt(math.log1p(model["antibodies.laboratory_cv"] ** 2))
    batch = math.sqrt(math.log1p(model["antibodies.batch_cv"] ** 2))
    return tuple(tuple(r.gauss(0, sd) for _ in TITERS) for sd in (laboratory, laboratory, batch, batch))
