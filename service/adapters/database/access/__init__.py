"""What the database knows of access: the patient filter, the audit trail, links, the mark of access control."""
