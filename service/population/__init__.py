"""The population: the rules on a million responses at once, as operations on columns. Needs `sural[population]`."""
