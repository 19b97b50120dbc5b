"""Foreign keys and columns that cannot be null, as the database has them now."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine.reflection import Inspector

from connectors.sql.database import Database
from retention.ports.constraints import Constraints, ForeignKey


def constraints(database: Database) -> Constraints:
    """Read them for every table of the schema; a foreign key into another schema is not listed."""
    schema = database.options.namespace
    with database.reading() as connection:
        inspector: Inspector = sa.inspect(connection)
        keys = inspector.get_multi_foreign_keys(schema=schema)
        columns = inspector.get_multi_columns(schema=schema)
        primary = {
            found["referred_table"]: inspector.get_pk_constraint(found["referred_table"], schema=schema)
            for every in keys.values()
            for found in every
            if not found["referred_columns"]
        }
    return Constraints(
        tuple(
            ForeignKey(
                table=table,
                here=tuple(found["constrained_columns"]),
                parent=found["referred_table"],
                # SQLite lets the parent's columns be left out: its primary key is meant
                there=tuple(found["referred_columns"] or primary[found["referred_table"]]["constrained_columns"]),
                on_delete=str(found.get("options", {}).get("ondelete", "restrict")).lower(),
            )
            for (_, table), every in sorted(keys.items(), key=lambda item: item[0][1])
            for found in every
            if found["referred_schema"] in {None, schema}
        ),
        {
            table: frozenset(column["name"] for column in every if not column["nullable"])
            for (_, table), every in columns.items()
        },
    )
