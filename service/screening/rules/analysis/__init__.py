"""Searches over rules: whether a condition can be true, and which answers would change a finding."""
