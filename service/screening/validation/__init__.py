"""Validation of a response against its questionnaire, of any publisher."""
