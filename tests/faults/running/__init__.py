"""Processes of the service that tests kill, the clients that send to them, and the checker of what is left."""
