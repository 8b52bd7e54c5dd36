"""Values and Protocols between the use cases and the adapters, one file per thing outside."""
