"""A dump that lies on S3, as a store: loaded into a scratch database, dumped again after each change. Start at `store`.

store      the store: a scratch database that is what the dump says, and a dump that is what it says
object     the dump's object: fetched, replaced as one, its earlier versions removed; locks are respected
programs   PostgreSQL's programs, and SQLite's own way, between a file and a database
"""

from __future__ import annotations

from connectors.sql.dumps.object import DumpObject
from connectors.sql.dumps.store import DumpStore

__all__ = ["DumpObject", "DumpStore"]
