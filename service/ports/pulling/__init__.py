"""Values and Protocols of the pick-up of responses from the FHIR server: versions seen, notices."""
