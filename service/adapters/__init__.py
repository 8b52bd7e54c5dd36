"""The outside: files, database, FHIR server. One file per outside thing."""
