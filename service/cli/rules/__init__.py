"""Commands on questionnaires and mappings: check, diff."""
