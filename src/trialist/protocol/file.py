"""The whole study file: its sections in order."""

from __future__ import annotations

from pydantic import Field

from trialist.protocol.model import (
    Arm,
    Assumption,
    Code,
    CodeId,
    Criterion,
    DataCut,
    Dictionaries,
    Disposition,
    Endpoint,
    Estimand,
    Form,
    Id,
    Identity,
    IntercurrentEvent,
    Item,
    Laboratory,
    Masking,
    Objective,
    Population,
    Product,
    Randomization,
    Schedule,
    Section,
    Site,
    SiteId,
    Subgroup,
)
from trialist.protocol.rehearsal import Rehearsal
from trialist.protocol.warehouse import Warehouse


class StudyFile(Section):
    """Everything that a study file says; the sections other than the last three are required."""

    study: Identity
    objectives: dict[Id, Objective]
    products: dict[Id, Product]
    arms: dict[Id, Arm]
    masking: Masking
    laboratories: dict[Id, Laboratory]
    sites: dict[SiteId, Site]
    population: Population
    dictionaries: Dictionaries
    eligibility: dict[Id, Criterion]
    codelists: dict[Id, dict[CodeId, Code]]
    items: dict[Id, Item]
    forms: dict[Id, Form]
    schedule: Schedule
    randomization: Randomization
    intercurrent_events: dict[Id, IntercurrentEvent]
    endpoints: dict[Id, Endpoint]
    estimands: dict[Id, Estimand]
    subgroups: dict[Id, Subgroup] = Field(
        {}, description="parts of the population that results are also shown for"
    )
    data_cuts: dict[Id, DataCut] = Field({}, description="when a safety board is reported to")
    assumptions: dict[Id, Assumption] = Field({}, description="what no source says")
    dispositions: tuple[Disposition, ...] = ()
    warehouse: Warehouse | None = Field(None, description="where the words stand in a warehouse (OMOP)")
    rehearsal: Rehearsal | None = Field(None, description="parameters of virtual participants")
