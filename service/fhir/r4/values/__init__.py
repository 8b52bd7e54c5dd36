"""Rules of R4 for values of one data type: URIs, references, narrative, and the invariants of complex types."""
