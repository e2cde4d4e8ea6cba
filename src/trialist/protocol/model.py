"""What a study file says, section by section: the typed, complete form.

Each class is one mapping of the YAML file. Field names are the file's keys. All models are frozen and refuse
unknown keys. `Draft` (a file with written gaps) is derived from these classes; see `trialist.protocol.draft`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from trialist.protocol.scalars import Amount, Day, Number, Span, Truth, Unit, Whole, Zone

Id = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=40)]
SiteId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=10)]
CodeId = Annotated[str, Field(pattern=r"^[A-Za-z0-9\[{][A-Za-z0-9_./\[\]{}*-]*$", max_length=40)]
Sides = Annotated[Literal[1, 2], BeforeValidator(lambda text: int(text) if text in {"1", "2"} else text)]
Language = Literal["en", "zh"]
Rule = Annotated[str, Field(min_length=1, description="An expression of the criteria language")]
CodeSystem = Literal["loinc", "snomed", "rxnorm", "atc", "icd10", "icd10cm"]
Role = Literal[
    "coordinator",
    "investigator",
    "outcome_assessor",
    "pharmacist",
    "monitor",
    "data_manager",
    "blinded_statistician",
    "unblinded_statistician",
    "medical_monitor",
    "safety_board",
    "sponsor",
    "sponsor_safety",
    "inspector",
    "administrator",
    "system",
]


class Section(BaseModel):
    """A mapping of the study file: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Section):
    """Words in the languages of the study; a plain string in the file means English only."""

    en: str
    zh: str | None = None

    def __str__(self) -> str:
        return self.en

    def say(self, language: Language) -> str:
        """The words in `language`; a missing translation falls back visibly to English."""
        if language == "en":
            return self.en
        return self.zh if self.zh is not None else f"〔英文〕{self.en}"


def _text(value: object) -> object:
    return {"en": value} if isinstance(value, str) else value


Words = Annotated[Text, BeforeValidator(_text, json_schema_input_type=Text | str)]


class Registration(Section):
    """A number under which the trial is registered."""

    registry: str
    number: str


class Retention(Section):
    """How long records, and the list that identifies participants, are kept."""

    years: Whole = Field(gt=0)
    reason: Words


class SafetyClock(Section):
    """Who must hear of an event, and how soon after awareness."""

    event: Literal["serious", "fatal_or_life_threatening_susar", "other_susar"]
    to: tuple[str, ...]
    within: Span
    applies: Words | None = None


class Identity(Section):
    """What the trial is, whose it is, and under which rules it runs."""

    id: Id
    version: str
    acronym: str
    title: Words
    brief_title: Words
    standing: Words
    registrations: tuple[Registration, ...]
    sponsor: Words
    contact: str | None = None
    phase: str
    kind: Literal["interventional", "observational"] = "interventional"
    allocation: Literal["randomized", "non_randomized"] = "randomized"
    model: Literal["parallel", "crossover", "factorial", "sequential", "single_group"] = "parallel"
    purpose: str
    status: str | None = None
    start: Day | None = None
    completion: Day | None = None
    conditions: tuple[Words, ...]
    summary: Words
    jurisdiction: str
    chosen_standards: tuple[str, ...] = ()
    retention: Retention
    safety_clocks: tuple[SafetyClock, ...] = ()


class Objective(Section):
    """What the trial wants to learn."""

    level: Literal["primary", "secondary", "safety", "exploratory"]
    text: Words
    endpoints: tuple[Id, ...] = ()


class Product(Section):
    """What a participant swallows, injects or wears."""

    label: Words
    substance: str
    strength: Amount
    form: Words
    units_per_dose: Whole = Field(gt=0)
    doses_per_day: Whole = Field(gt=0)
    pack: Whole = Field(gt=0, description="units in one pack (bottle)")
    packs_per_kit: Whole = Field(1, gt=0, description="packs under one kit number")
    compliance: tuple[Number, Number] | None = Field(
        None, description="units taken over units due: outside these shares a participant is named"
    )


class Arm(Section):
    """A group of participants allocated to one treatment."""

    label: Words
    type: Literal["experimental", "active_comparator", "placebo_comparator", "no_intervention"]
    description: Words
    product: Id
    daily_dose: Amount


class Masking(Section):
    """Who does not know the allocation, and what each role may see."""

    participant: Truth
    care_provider: Truth
    investigator: Truth
    outcomes_assessor: Truth
    visibility: dict[Id, tuple[Role, ...]] = Field(description="visibility class → roles that see its values")


class Laboratory(Section):
    """A site's laboratory: its own upper and lower limits where they differ from the items' normal range."""

    label: Words
    units: dict[Id, Unit] = {}
    limits: dict[Id, tuple[Number | None, Number | None]] = {}


class Site(Section):
    """A place where participants are seen."""

    label: Words
    zone: Zone
    country: str
    laboratory: Id
    recruitment_share: Number | None = None


class Sizing(Section):
    """What the number of participants was computed from: two proportions, power and error."""

    control: Number = Field(gt=0, lt=1)
    treatment: Number = Field(gt=0, lt=1)
    power: Number = Field(gt=0, lt=1)
    level: Number = Field(Decimal("0.05"), gt=0, lt=1)
    sided: Sides = 2
    dropout: Number = Field(Decimal(0), ge=0, lt=1)


class Population(Section):
    """Whom the registry record lets in, beside the criteria."""

    sex: Literal["all", "female", "male"]
    minimum_age: Span
    maximum_age: Span | None = None
    healthy_volunteers: Truth
    enrollment: Whole = Field(gt=0)
    sizing: Sizing | None = Field(None, description="what the number was computed from")


class GradeLimit(Section):
    """From where on a laboratory value has a grade of severity; the highest grade that is reached counts."""

    grade: Whole = Field(ge=1, le=5)
    below: Number | None = None
    above: Number | None = None
    times: Literal["lower_limit", "upper_limit"] | None = Field(
        None, description="`below` or `above` is a multiple of the laboratory's own limit, else canonical"
    )


class Analyte(Section):
    """A thing that laboratories measure, with the unit its values are compared in."""

    label: Words
    unit: Unit = Field(description="its values are compared in it")
    molar_mass_factor: Number | None = Field(
        None, description="how many of the first of `factor_units` equal one of the second"
    )
    factor_units: tuple[Unit, Unit] | None = Field(
        None, description="e.g. 38.67 and [mg/dL, mmol/L]: 38.67 mg/dL are 1 mmol/L"
    )
    loinc: str | None = None
    result: Literal["number", "positive"] = "number"
    groups: tuple[Id, ...] = ()
    positive_from: Number | None = Field(
        None, description="a titer at or above this (canonical unit) is positive"
    )
    invalid_when: Rule | None = Field(
        None, description="a result drawn under this condition is not evaluable"
    )
    grades: tuple[GradeLimit, ...] = Field((), description="when a value is out of the ordinary, and how far")


class Substance(Section):
    """A drug, its classes, the dose usually given, and its worth in an equivalence."""

    label: Words
    classes: tuple[Id, ...] = ()
    equivalents: dict[Id, Number] = Field({}, description="equivalence → units equal to its reference dose")
    usual_doses: tuple[Amount, ...] = ()
    half_life: Span | None = None


class Named(Section):
    """A class of drugs, a condition, an attestation: something rules may name."""

    label: Words
    text: Words | None = None


class DoseEquivalence(Section):
    """A scale on which doses of several drugs add up, e.g. prednisone equivalents."""

    label: Words
    reference: Id
    reference_dose: Number
    unit: Unit


class RecordCodes(Section):
    """The codes under which records come from elsewhere; an ATC or ICD-10 code holds those below it."""

    analytes: dict[Id, dict[CodeSystem, tuple[str, ...]]] = Field(
        {}, description="beside the analyte's `loinc`"
    )
    substances: dict[Id, dict[CodeSystem, tuple[str, ...]]] = {}
    conditions: dict[Id, dict[CodeSystem, tuple[str, ...]]] = {}
    other: dict[CodeSystem, tuple[str, ...]] = Field({}, description="codes of things that no rule speaks of")


class Dictionaries(Section):
    """The words that rules may use."""

    analytes: dict[Id, Analyte]
    analyte_groups: dict[Id, Named] = {}
    substances: dict[Id, Substance]
    classes: dict[Id, Named]
    equivalences: dict[Id, DoseEquivalence] = {}
    conditions: dict[Id, Named]
    attestations: dict[Id, Named] = {}
    event_classes: dict[Id, Named] = Field({}, description="classes under which adverse events are counted")
    codes: RecordCodes = RecordCodes()


class Criterion(Section):
    """One eligibility criterion: the protocol's words, and the rule that decides it."""

    kind: Literal["inclusion", "exclusion"]
    text: Words
    rule: Rule
    reading: Words | None = Field(None, description="how the words were read, where they leave a choice")
    readings: tuple[Rule, ...] = Field((), description="what else the words may mean, each as a rule")
    look_back: Span | None = None
    missing: Literal["block", "pass", "fail"] = "block"
    attestation: Id | None = None


class Check(Section):
    """An expectation about entered values; when it does not hold, a query opens."""

    expect: Rule
    say: Words
    severity: Literal["hard", "soft"] = "soft"


class SdtmTarget(Section):
    """Where a value goes in CDISC SDTM."""

    domain: str
    variable: str
    test_code: str | None = None
    test: str | None = None
    category: str | None = None


class Code(Section):
    """One entry of a code list."""

    label: Words
    c_code: str | None = None
    visibility: Id | None = Field(None, description="where this answer is seen by fewer roles than its item")
    event_class: Id | None = Field(None, description="of an adverse event: the class it is counted under")


class Item(Section):
    """One question of a form."""

    label: Words
    type: Literal["number", "integer", "code", "truth", "date", "text", "computed"]
    codelist: Id | None = None
    partial: Truth = False
    analyte: Id | None = None
    unit: Unit | None = None
    units: tuple[Unit, ...] = ()
    plausible: tuple[Number, Number] | None = Field(
        None, description="in `unit`; outside asks for confirmation"
    )
    normal: tuple[Number | None, Number | None] | None = None
    decimals: Whole | None = None
    comparator: Truth = False
    quantification: tuple[Number | None, Number | None] | None = None
    loinc: str | None = None
    specimen: str | None = None
    method: str | None = None
    required: Truth = True
    visibility: Id = "open"
    identifying: Truth = False
    means: (
        Literal[
            "substance",
            "dose",
            "dose_unit",
            "start",
            "end",
            "ongoing",
            "indication",
            "condition",
            "term",
            "onset",
            "serious",
            "grade",
            "related",
            "outcome",
            "category",
            "action",
            "specimen_date",
            "positive",
            "valid",
            "sex",
            "birth_date",
            "attestation",
            "bleeding_grade",
            "units_returned",
            "method",
            "of_analyte",
            "result",
            "complete",
        ]
        | None
    ) = Field(None, description="the part the answer plays in a record (of a drug, an event, a specimen …)")
    attestation: Id | None = None
    completes: Literal["measurements", "exposures", "conditions"] | None = Field(
        None, description="the kind of records that a yes declares to be complete"
    )
    formula: Rule | None = None
    sdtm: SdtmTarget | None = None
    checks: tuple[Check, ...] = ()


class Form(Section):
    """A page of items, saved as one act."""

    label: Words
    items: tuple[Id, ...]
    record: Literal["measurements", "exposures", "conditions", "adverse_events", "answers"] = "answers"
    repeats: Truth = Field(False, description="may hold several rows")
    log: Truth = Field(False, description="belongs to the participant, not to a visit")
    batch: Truth = Field(False, description="entered at the end from stored samples, not at the visit")
    roles: tuple[Role, ...] = ("coordinator", "investigator")
    checks: tuple[Check, ...] = ()


class Visit(Section):
    """A planned contact: when, within what window, and what is done."""

    label: Words
    kind: Literal["screening", "baseline", "treatment", "safety", "confirmation", "call", "unscheduled"]
    anchor: str = Field("randomization", description="randomization, consent, last_dose, or a visit's id")
    day: Whole | None = None
    window: tuple[Whole, Whole] | None = Field(
        None, description="days before and after `day` that are still in time"
    )
    forms: tuple[Id, ...] = ()
    activities: tuple[Words, ...] = ()
    dispense: Whole = Field(0, ge=0, description="packs handed over")


class Selection(Section):
    """Which of several measurements counts as the value at a named time (days from randomization)."""

    label: Words
    from_day: Whole
    to_day: Whole
    pick: Literal["closest", "last"]
    target: Whole | None = None
    tie: Literal["later", "earlier"] = "later"
    visits: tuple[Id, ...] = Field((), description="only from these visits; empty means any")
    invalid_when: Rule | None = Field(
        None, description="a measurement taken under this condition does not count"
    )


class Schedule(Section):
    """Visits in protocol order, and the named times at which endpoints read values."""

    visits: dict[Id, Visit]
    times: dict[Id, Selection]


class Stratum(Section):
    """A group within which allocation is balanced."""

    label: Words
    rule: Rule


class Randomization(Section):
    """The public part of the design; block sizes and the secret live in the sealed annex."""

    method: Literal["permuted_blocks"]
    ratio: dict[Id, Whole]
    strata: dict[Id, Stratum]
    by_site: Truth
    concealment: Words


class IntercurrentEvent(Section):
    """Something after the start of treatment that affects what the endpoint means."""

    label: Words
    source: Literal["rule", "treatment_ended", "died", "lost", "withdrawn"] = "rule"
    rule: Rule | None = None


class Endpoint(Section):
    """A derivation: what is computed for each participant."""

    label: Words
    level: Literal["primary", "secondary", "exploratory", "safety"]
    type: Literal["binary", "log_ratio"]
    rule: Rule | None = None
    analytes: tuple[Id, ...] = ()
    described: tuple[Id, ...] = Field(
        (), description="analytes answered positive or negative, counted at both times"
    )
    time: Id
    from_time: Id | None = None
    time_frame: Words
    definition: Words
    among: Rule | None = Field(None, description="only participants for whom this holds")
    among_positive_at: Id | None = Field(
        None, description="per analyte: only participants whose value at this time reaches `positive_from`"
    )


class Strategy(Section):
    """How an estimand handles one intercurrent event."""

    event: Id
    strategy: Literal[
        "composite", "treatment_policy", "hypothetical", "while_on_treatment", "principal_stratum"
    ]
    counts_as: Literal["non_response", "response"] | None = None
    reason: Words | None = None


class Options(Section):
    """What sensitivity analyses need that the data do not say. The seed makes their draws repeatable."""

    seed: Whole = Field(1, ge=0, description="of all draws: imputations and allocations drawn anew")
    imputations: Whole = Field(100, ge=2, description="completed data sets of a multiple imputation")
    rerandomizations: Whole = Field(10_000, ge=1, description="allocations drawn as the trial drew its own")
    penalties: tuple[Number, ...] = Field(
        (Decimal(1), Decimal("0.8"), Decimal("0.6"), Decimal("0.4"), Decimal("0.2")),
        description="factors on the first arm's imputed values, the mildest first",
    )


class Level(Section):
    """One part of a subgroup: those for whom the rule holds on the day of randomization."""

    label: Words
    rule: Rule


class Subgroup(Section):
    """A question asked of everybody at entry, by whose answers the primary result is also shown."""

    label: Words
    levels: dict[Id, Level]


class Analysis(Section):
    """The statistical method of an estimand."""

    test: Literal["cmh", "none"]
    interval: Literal["stratified_miettinen_nurminen", "miettinen_nurminen", "wald_log"]
    strata: Literal["actual", "as_randomized", "none"] = "actual"
    level: Number = Decimal("0.95")
    sided: Sides = 2
    model: Literal["censored_log_ratio", "mmrm"] = Field(
        "censored_log_ratio", description="of a change between two times"
    )
    sensitivity: tuple[Id, ...] = ()
    subgroups: tuple[Id, ...] = ()
    options: Options = Options()


class Estimand(Section):
    """The five attributes of ICH E9(R1), and the analysis that estimates it."""

    label: Words
    level: Literal["primary", "secondary"]
    objective: Id
    treatment: Words
    population: Literal["all_randomized"]
    endpoint: Id
    intercurrent: tuple[Strategy, ...]
    missing: Literal["non_response", "excluded"]
    summary: Literal["risk_difference", "ratio_of_geometric_means"]
    analysis: Analysis


class DataCut(Section):
    """A moment, named before anybody looks, up to which a safety board's report reads the ledger."""

    label: Words
    by: Literal["day", "visit"]
    day: Day | None = Field(None, description="by day: what is recorded up to the end of this day (UTC)")
    visit: Id | None = Field(None, description="by visit: up to the recording of this visit …")
    participants: Whole | None = Field(None, gt=0, description="… of so many randomized participants")
    purpose: Words


class Assumption(Section):
    """Something the file needed and its sources do not say."""

    text: Words
    reason: Words
    applies_to: tuple[str, ...] = Field(description="dotted paths in this file")


class Disposition(Section):
    """A finding that the sponsor has answered."""

    finding: str
    path: str
    reason: Words
    by: str
    decided: Day | None = Field(None, description="the day of the decision")
    on: Day | None = Field(
        None, description="as `decided`, in older files; YAML 1.1 reads a bare `on` as true"
    )
