"""Values and Protocols of access: tokens, the audit trail, links to forms."""
