"""CDISC, FHIR and ClinicalTrials.gov, in and out (line 6)."""
