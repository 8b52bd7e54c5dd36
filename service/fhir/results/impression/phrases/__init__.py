"""Phrases of summaries and notes: flags, patterns, open questions and self-harm answers."""
