"""Language: FHIR R4 JSON to screening values and back. No input or output."""
