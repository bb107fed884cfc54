"""How Alembic runs here: on the connection that it is given, in the transaction that is open."""

from alembic import context

from storage.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by making a new one
    user_module_prefix="",
)
context.run_migrations()
