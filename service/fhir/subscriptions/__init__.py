"""Subscription on the FHIR server, and the notifications that it sends."""
