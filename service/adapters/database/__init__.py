"""The store of the service in SQLite or PostgreSQL. The only room that imports SQLAlchemy."""
