"""Instruments (questionnaires as values), the responses to them, and how values of answers compare."""
