"""The outside of the service, one room per thing outside: the database, the mapping files, the FHIR server."""
