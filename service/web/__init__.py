"""The faces of the service over HTTP: the FHIR interface and the front page."""
