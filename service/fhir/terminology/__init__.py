"""Our codes, facts and messages; and membership of codes in ValueSets."""
