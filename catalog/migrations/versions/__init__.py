"""Alembic finds the revisions here."""
