"""Instruments, validation, rules and advice: pure functions of their arguments. Standard library alone."""
