"""The door of the FHIR interface: who asks, what that allows, and the trace of it in the audit trail."""
