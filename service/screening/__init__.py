"""Meaning: what answers say. Standard library only; pure functions of their arguments."""
