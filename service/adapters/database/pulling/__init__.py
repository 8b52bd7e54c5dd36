"""What waits to be picked up from the FHIR server, and what was picked up."""
