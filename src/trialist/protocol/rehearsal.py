"""The section `rehearsal:` of a study file, line 2: parameters of virtual participants.

Every parameter is marked: `sourced` says where its value was published, `assumed` why it was chosen. None of
them is a fact about the trial; they only make a rehearsal look like one.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from trialist.protocol import scalars
from trialist.protocol.model import Id, Section, Words


class Marked(Section):
    """A parameter with its provenance: exactly one of `assumed` and `sourced`."""

    assumed: str | None = None
    sourced: str | None = None

    @model_validator(mode="after")
    def _has_one_provenance(self) -> Self:
        if (self.assumed is None) == (self.sourced is None):
            message = "say either `assumed: why` or `sourced: where`, and not both"
            raise ValueError(message)
        return self


class Number(Marked):
    """One number."""

    value: scalars.Number


class Share(Marked):
    """A probability."""

    value: scalars.Number = Field(ge=0, le=1)


class Range(Marked):
    """Two numbers, the lower first."""

    value: tuple[scalars.Number, scalars.Number]

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.value[0] > self.value[1]:
            message = (
                f"the range runs from {self.value[0]} down to {self.value[1]}; write the lower number first"
            )
            raise ValueError(message)
        return self


class Numbers(Marked):
    """Numbers by name: an arm, a site, a kind."""

    value: dict[Id, scalars.Number]


class Ranges(Marked):
    """Pairs of numbers by name."""

    value: dict[Id, tuple[scalars.Number, scalars.Number]]


class Day(Marked):
    """A calendar day."""

    value: scalars.Day


class Platelets(Section):
    """`log P(t) = log B + R E (1 - exp(-t/onset)) + OU(t) + e`, t in months since the first dose.

    B is the absolute value of a normal draw; R says whether the person responds, E (a normal draw above
    zero) how strongly; OU fluctuates around zero; e is the error of one measurement. Counts are in 10*9/L,
    whole numbers.
    """

    baseline_mean: Number
    baseline_sd: Number
    effect_mean: Number
    effect_sd: Number
    onset_months: Number
    offset_months: Number
    relaxation_months: Number
    fluctuation_sd: Range
    measurement_cv: Number
    cap: Number
    month_days: Number


class Scenario(Section):
    """One set of assumptions about what the arms do; everything else is shared by all scenarios."""

    label: Words
    responder: Numbers
    rescue: Numbers
    dropout_factor_after_moderate_event: Number | None = None
    dropout_factor_when_low: Number | None = None
    low_below_times_baseline: Number | None = None


class Visits(Section):
    """How visits miss their plan. `excess` holds, by visit, the most days before and after its window."""

    missed: Share
    outside: Share
    excess: Ranges
    confirmation_days: Range


class Leaving(Section):
    """Dropout: its probability within `days`, and the ways in which people leave."""

    probability: Share
    days: Number
    ways: Numbers


class Treatment(Section):
    """Capsules stopped for good, or held for a while, by people who stay in the study."""

    stopped: Share
    stopped_days: Range
    held: Share
    held_days: Range
    adherence: Range


class Drugs(Section):
    """Drugs given after the first dose: rescue, short steroid courses, transfusions."""

    rescue_days: Range
    rescue_drugs: Numbers
    rescue_boost: Number
    rescue_boost_months: Number
    steroid_course: Share
    transfusion: Share
    transfusion_days: Range


class Events(Section):
    """Adverse events: probability per participant within six months, by arm."""

    mouth_ulcer: Numbers
    infection: Numbers
    bleeding: Numbers
    thrombosis: Numbers
    serious: Numbers
    other: Numbers
    grades: Numbers
    days: Range


class Lipids(Section):
    """Fasting lipids in mmol/L: log-normal at baseline; by arm a shift of LDL, a factor of triglycerides."""

    ldl_median: Number
    ldl_log_sd: Number
    ldl_rise: Numbers
    ldl_rise_sd: Number
    triglycerides_median: Number
    triglycerides_log_sd: Number
    triglycerides_factor: Numbers
    measurement_cv: Number


class Antibodies(Section):
    """Titers: log-normal by median and quartiles, sharing a latent factor; a factor at month 6 by arm."""

    median: Numbers
    quartiles: Ranges
    shared: Number
    lupus_anticoagulant: Share
    not_repeated: Share
    factor: Numbers
    batch_cv: Number
    laboratory_cv: Number


class People(Section):
    """Who comes, and with which drugs."""

    women: Share
    age_mean: Number
    age_sd: Number
    warfarin: Share
    aspirin: Share
    hydroxychloroquine: Share
    prednisone: Share
    statin: Share
    past_thrombosis: Share


class Screening(Section):
    """What happens before randomization, beside counts and lipids out of range."""

    days: Range
    referral_counts: Range
    referred_out_of_range: Share
    declined: Share
    wash_out: Share
    recent_antibiotic: Share
    infection: Share
    liver: Share


class Recruitment(Section):
    """When people come: the first consent and the time planned; where is each site's `recruitment_share`."""

    first_consent: Day
    months: Number
    randomized_per_assessed: Share


class Entry(Section):
    """How people type: probability that one saved form holds a slip, and the kinds of slips."""

    slip: Share
    slips: Numbers
    clumped: Share
    clumped_factor: Number


class Rehearsal(Section):
    """Everything that virtual participants are drawn from."""

    note: Words
    default_scenario: Id
    scenarios: dict[Id, Scenario]
    platelets: Platelets
    visits: Visits
    leaving: Leaving
    treatment: Treatment
    drugs: Drugs
    adverse_events: Events
    lipids: Lipids
    antibodies: Antibodies
    people: People
    screening: Screening
    recruitment: Recruitment
    entry: Entry
