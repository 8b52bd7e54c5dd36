"""The Tasks that call a person: when one is written, what became of it, and who is called next."""
