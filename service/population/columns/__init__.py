"""The rules as operations on columns: flags, scores, patterns and urgency of every row of a batch."""
