"""Submissions and amendments: the rows of one, made before others wait for it, and how they are written."""
