"""Picks up responses that others write to the FHIR server."""
