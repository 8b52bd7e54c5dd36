"""Authorization servers: proves where bearer tokens are from, by the issuer's keys or by asking the issuer."""
