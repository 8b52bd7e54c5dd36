"""The resources: their tables, and how their versions are written."""
