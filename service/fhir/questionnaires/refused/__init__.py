"""Responses that are refused: what can be read of them."""
