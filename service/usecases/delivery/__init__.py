"""Delivers outbox entries to the FHIR server."""
