"""Run by Alembic: applies the revisions on the connection, and in the transaction, that `catalog/schema.py` hands over."""

from __future__ import annotations

from alembic import context

from catalog.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
