"""The Tasks that call a person: what they say, and how earlier ones are read."""
