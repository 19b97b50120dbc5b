"""Run by Alembic: migrate over the connection that `upgrade` was given."""

from __future__ import annotations

from alembic import context

from retention.store.outside_tables import TABLES
from retention.store.tables import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
