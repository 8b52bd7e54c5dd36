"""A response from receipt to results: prepare, assess, submit, amend, reassess."""
