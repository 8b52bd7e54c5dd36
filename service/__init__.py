"""Sural: a FHIR R4 questionnaire service for leg pain, anxiety (GAD-7) and depression (PHQ-9)."""

__version__ = "0.1.0"
