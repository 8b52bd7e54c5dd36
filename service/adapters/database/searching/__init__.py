"""Searches in SQL: their conditions, and the index that finds each, whatever is known of the tables."""
