"""Search and history of FHIR resources: parameters, requests, index, result Bundles."""
