"""The schemas of the files in mappings/, one module per file or group of files."""
