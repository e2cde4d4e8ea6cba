"""CDISC, FHIR and ClinicalTrials.gov, in and out. (Line 6.)"""
