"""The tables of the OMOP common data model 5.4 that screening reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("person_id", "gender_concept_id", "year_of_birth"),
    "observation_period": ("person_id", "observation_period_start_date", "observation_period_end_date"),
    "measurement": (
        "measurement_id",
        "person_id",
        "measurement_concept_id",
        "measurement_date",
        "value_as_number",
        "unit_concept_id",
    ),
    "drug_exposure": (
        "drug_exposure_id",
        "person_id",
        "drug_concept_id",
        "drug_exposure_start_date",
        "drug_exposure_end_date",
    ),
    "condition_occurrence": (
        "condition_occurrence_id",
        "person_id",
        "condition_concept_id",
        "condition_start_date",
        "condition_end_date",
    ),
    "concept_ancestor": ("ancestor_concept_id", "descendant_concept_id"),
    "drug_strength": ("drug_concept_id", "ingredient_concept_id", "amount_value", "amount_unit_concept_id"),
}
"""Table → columns without which nothing can be said."""

OPTIONAL: Final[Mapping[str, frozenset[str]]] = {
    "person": frozenset({"month_of_birth", "day_of_birth", "care_site_id"}),
    "measurement": frozenset(
        {"measurement_datetime", "operator_concept_id", "value_as_concept_id", "range_low", "range_high"}
    ),
    "drug_exposure": frozenset({"drug_type_concept_id", "quantity", "days_supply"}),
    "condition_occurrence": frozenset({"condition_type_concept_id"}),
    "care_site": frozenset({"care_site_id", "care_site_name"}),
}
"""Table → columns that are read where they are there."""
