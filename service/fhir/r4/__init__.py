"""Rules of FHIR R4 for every resource type: strict JSON, element definitions, structure, OperationOutcome."""
