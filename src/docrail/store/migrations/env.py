"""Alembic's entry: migrate on the connection that `store.schema` hands over."""

from alembic import context

from docrail.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
