"""The resources that are written from an assessment."""
