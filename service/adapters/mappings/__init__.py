"""The files in questionnaires/ and mappings/: read, checked alone and against each other."""
