"""Limits and rules on answers that a Questionnaire has in extensions."""
