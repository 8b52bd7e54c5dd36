"""The resources that we publish: CodeSystems, ValueSets, extensions, the rule set, the CapabilityStatement."""
