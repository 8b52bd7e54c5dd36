"""Commands that run the service: serve, worker, and migrate, which prepares the database."""
