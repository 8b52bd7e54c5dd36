"""Links by which a patient opens forms."""
