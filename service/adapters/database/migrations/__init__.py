"""The tables from version to version, with Alembic: https://alembic.sqlalchemy.org/"""
