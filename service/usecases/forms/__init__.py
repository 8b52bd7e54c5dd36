"""The form of a patient: opening a visit, saving pages, sending, and the texts that the patient reads."""
