"""Checks of the files against each other, and of content that nothing uses."""
