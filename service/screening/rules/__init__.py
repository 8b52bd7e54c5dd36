"""Rules: conditions, scores, red flags and patterns, and their evaluation on the answers of a patient."""
