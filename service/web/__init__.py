"""Faces: the FHIR interface, and what people see."""
