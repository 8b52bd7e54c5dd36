"""What the outbox sends, and what of it the FHIR server has."""
