"""One file per interaction of the FHIR interface."""
