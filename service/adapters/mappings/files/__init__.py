"""Reading YAML files: strictly, and checked against a schema."""
