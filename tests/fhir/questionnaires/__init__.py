"""Tests of service/fhir/questionnaires."""
