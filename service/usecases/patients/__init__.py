"""What the FHIR server says of a patient, and what it changes in what is sent about the patient."""
