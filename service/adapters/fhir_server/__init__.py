"""The FHIR server of the site."""
