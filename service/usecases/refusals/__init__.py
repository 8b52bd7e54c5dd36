"""Responses that were refused: kept for the operator."""
