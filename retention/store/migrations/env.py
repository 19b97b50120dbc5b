"""Run by Alembic: migrate over the connection that `upgrade` was given."""

from __future__ import annotations

from alembic import context

from retention.store.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
