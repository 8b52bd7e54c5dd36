"""The database as whoever runs the service sees it: is it ready, what waits in the outbox, and how much of it."""
