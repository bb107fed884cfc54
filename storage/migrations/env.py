"""Runs Alembic on the given connection, inside its open transaction."""

from alembic import context

from storage.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by creating a new one
    user_module_prefix="",
)
context.run_migrations()
