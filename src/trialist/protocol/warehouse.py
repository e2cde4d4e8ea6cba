"""The section `warehouse:` of a study file, line 2: how its words are found in an OMOP common data model 5.4."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trialist.protocol.model import Id, Section
from trialist.protocol.scalars import Span, Truth, Unit, Whole

Concept = Annotated[Whole, Field(ge=1)]
Concepts = tuple[Concept, ...]


class ConceptSet(Section):
    """The standard concepts that stand for one word; `[]` says that the warehouse has no record of it."""

    concepts: Concepts
    descendants: Truth = Field(True, description="and all concepts below them (`concept_ancestor`)")


class ConditionSet(ConceptSet):
    """The standard concepts that stand for one condition."""

    lasts: Span | None = Field(
        None, description="how long a record without an end is taken to last; else until the index day"
    )


class Results(Section):
    """What a result in words (`value_as_concept_id`) says."""

    positive: Concepts = ()
    negative: Concepts = ()


class Warehouse(Section):
    """Where the study's words stand in a warehouse of the OMOP common data model 5.4, by standard concept id."""

    complete: tuple[Literal["measurements", "exposures", "conditions"], ...] = Field(
        (), description="kinds of records whose absence means, while a person is observed: did not happen"
    )
    analytes: dict[Id, ConceptSet]
    substances: dict[Id, ConceptSet]
    conditions: dict[Id, ConditionSet]
    units: dict[Unit, Concepts] = Field(description="the amount of a drug (`mg`) is read as a daily dose")
    results: Results = Results()
    month_only: Concepts = Field(
        (), description="types of records (`…_type_concept_id`) whose days are known to the month only"
    )
