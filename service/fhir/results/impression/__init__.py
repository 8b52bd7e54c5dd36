"""The ClinicalImpression and its texts."""
