"""The fields that FHIR R4 gives the resources that are read: another one is a slip, or not R4."""

from __future__ import annotations

from typing import Final

EVERYWHERE: Final = """
    resourceType id meta implicitRules language text contained extension modifierExtension identifier
    note subject status
"""
FIELDS: Final = {
    "Observation": """
        basedOn partOf category code focus encounter issued performer interpretation bodySite method
        specimen device referenceRange hasMember derivedFrom component dataAbsentReason effectiveDateTime
        effectivePeriod effectiveTiming effectiveInstant valueQuantity valueCodeableConcept valueString
        valueBoolean valueInteger valueRange valueRatio valueSampledData valueTime valueDateTime valuePeriod
    """,
    "MedicationStatement": """
        basedOn partOf statusReason category medicationCodeableConcept medicationReference context
        effectiveDateTime effectivePeriod dateAsserted informationSource derivedFrom reasonCode
        reasonReference dosage
    """,
    "MedicationRequest": """
        statusReason intent category priority doNotPerform reportedBoolean reportedReference
        medicationCodeableConcept medicationReference encounter supportingInformation authoredOn requester
        performer performerType recorder reasonCode reasonReference instantiatesCanonical instantiatesUri
        basedOn groupIdentifier courseOfTherapyType insurance dosageInstruction dispenseRequest substitution
        priorPrescription detectedIssue eventHistory
    """,
    "MedicationAdministration": """
        instantiates partOf statusReason category medicationCodeableConcept medicationReference context
        supportingInformation effectiveDateTime effectivePeriod performer reasonCode reasonReference request
        device dosage eventHistory
    """,
    "Condition": """
        clinicalStatus verificationStatus category severity code bodySite encounter onsetDateTime onsetAge
        onsetPeriod onsetRange onsetString abatementDateTime abatementAge abatementPeriod abatementRange
        abatementString recordedDate recorder asserter stage evidence
    """,
    "Procedure": """
        instantiatesCanonical instantiatesUri basedOn partOf statusReason category code encounter
        performedDateTime performedPeriod performedString performedAge performedRange recorder asserter
        performer location reasonCode reasonReference bodySite outcome report complication
        complicationDetail followUp focalDevice usedReference usedCode
    """,
    "Composition": """
        type category encounter date author title confidentiality attester custodian relatesTo event section
    """,
    "Quantity": """
        id extension value comparator unit system code
    """,
    "Dosage": """
        id extension modifierExtension sequence text additionalInstruction patientInstruction timing
        asNeededBoolean asNeededCodeableConcept site route method doseAndRate dose maxDosePerPeriod
        maxDosePerAdministration maxDosePerLifetime rateRatio rateQuantity
    """,
}
"""Type → its own fields, as FHIR R4 (4.0.1) names them."""

PARTS: Final = ("Quantity", "Dosage")
"""Of these types, those that are parts of a resource."""


def known_fields(type_: str) -> tuple[str, ...]:
    """Every field that R4 gives a resource, or a part of one."""
    own = tuple(FIELDS[type_].split())
    return own if type_ in PARTS else (*EVERYWHERE.split(), *own)
