"""The SDC operations, which store nothing: $populate, $extract as a preview, $validate."""
