"""The ledger, in SQL: what the ports `ledger`, `keys` and `tiles` ask for, durable.

ledger      start here: `open_ledger(url, keys)`; leases and staff references
engine      connections, transactions and what a database error means for us
schema      which version the tables have, and bringing them up to date
tables      the tables
migrations  how the tables came to be, step by step (Alembic)
instants    instants go in aware and come back in UTC
cases, vault, plans, journal, events, holds, copies, clients, log    one port each
keys        keys as files
shelf       wrapped keys of people, in a database of their own
wrapping    key-encryption keys as files
tiles       the evidence log's files in a folder
exports     sets for joint users in a folder
durable     files that survive a power cut

SQLite (one machine) and PostgreSQL (several) behave alike; every test runs on both.
"""

from __future__ import annotations

from retention.store.exports import FolderExports
from retention.store.keys import FileKeyStore
from retention.store.ledger import SqlLedger, open_ledger
from retention.store.schema import HEAD, KNOWN, version_of
from retention.store.shelf import SqlShelf
from retention.store.tiles import FolderTiles
from retention.store.wrapping import FileWrapper, WrapperBox

__all__ = [
    "HEAD",
    "KNOWN",
    "FileKeyStore",
    "FileWrapper",
    "FolderExports",
    "FolderTiles",
    "SqlLedger",
    "SqlShelf",
    "WrapperBox",
    "open_ledger",
    "version_of",
]
