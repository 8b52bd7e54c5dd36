"""Advice about an assessment, for patients and for clinicians."""
