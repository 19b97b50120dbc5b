"""Where she is: read from the systems themselves, by code that knows nothing of the product."""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections import Counter
from contextlib import closing

import psycopg
import pyarrow.parquet as pq
from psycopg import sql

from demo.analytics.records import FILE
from demo.buckets import LAKE, LAKE_RESTORED, NIGHTLY, keys_of, s3_client
from demo.postgres import as_text, dsn
from demo.systems import Systems
from demo.world import TABLES, Customer

_BY_PERSON = {
    "customers": "SELECT count(*) FROM customers WHERE id = %s",
    "payments": "SELECT count(*) FROM payments WHERE customer_id = %s",
    "inquiries": "SELECT count(*) FROM inquiries WHERE customer_id = %s",
    "reviews": "SELECT count(*) FROM reviews WHERE customer_id = %s",
}


def everywhere(systems: Systems, person: Customer) -> dict[str, int]:
    """Count the rows that name the person: database, lake, backups, processor."""
    found = {f"app {table}": count for table, count in _database(systems.app_url, person).items()}
    found |= {f"lake {kind}": count for kind, count in _lake(systems, LAKE, "", person).items()}
    found["analytics (processor)"] = _processor(systems, person)
    found["nightly (backups)"] = sum(_lake(systems, NIGHTLY, "", person).values())
    return found


def restored(systems: Systems, person: Customer) -> dict[str, int]:
    """Count the rows that name the person in the restored systems."""
    found = {f"app_restored {table}": n for table, n in _database(systems.app_restored_url, person).items()}
    found |= {f"lake_restored {kind}": n for kind, n in _lake(systems, LAKE_RESTORED, "", person).items()}
    return found


def digests(systems: Systems) -> dict[str, tuple[str, str]]:
    """Return a SHA-256 over everybody's rows, live and restored, for database and lake."""
    return {
        "app": (_rows_digest(systems.app_url), _rows_digest(systems.app_restored_url)),
        "lake": (_objects_digest(systems, LAKE), _objects_digest(systems, LAKE_RESTORED)),
    }


def _rows_digest(url: str) -> str:
    found = hashlib.sha256()
    with psycopg.connect(dsn(url)) as connection:
        for table in TABLES:
            query = sql.SQL("SELECT t::text FROM {} AS t ORDER BY id").format(sql.Identifier(table))
            found.update(repr((table, connection.execute(query).fetchall())).encode())
    return found.hexdigest()


def _objects_digest(systems: Systems, bucket: str) -> str:
    client, rows = s3_client(systems.s3_endpoint), list[str]()
    for key in keys_of(client, bucket):
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        if key.endswith(".parquet"):
            rows += [f"{key} {row}" for row in pq.read_table(io.BytesIO(body)).to_pylist()]
        else:
            rows += [f"{key} {line!r}" for line in body.splitlines()]
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def _database(url: str, person: Customer) -> dict[str, int]:
    with psycopg.connect(dsn(url)) as connection:
        return {table: _count(connection, query, person.id) for table, query in _BY_PERSON.items()}


def _count(connection: psycopg.Connection[tuple[int]], query: str, value: str) -> int:
    row = connection.execute(query.encode(), [value]).fetchone()
    return int(row[0]) if row else 0


def _lake(systems: Systems, bucket: str, prefix: str, person: Customer) -> dict[str, int]:
    client = s3_client(systems.s3_endpoint)
    found = Counter({"parquet rows": 0, "JSON lines": 0})
    for key in keys_of(client, bucket, prefix):
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        if key.endswith(".parquet"):
            users = pq.read_table(io.BytesIO(body), columns=["user_id"]).column("user_id").to_pylist()
            found["parquet rows"] += users.count(person.id)
        elif key.endswith(".dump"):
            found["rows of the dump"] += sum(person.id in line for line in as_text(body).splitlines())
        elif key.endswith(".jsonl"):
            needle = f'"{person.id}"'.encode()
            found["JSON lines"] += sum(needle in line for line in body.splitlines())
    return found


def _processor(systems: Systems, person: Customer) -> int:
    """Look into the processor's own file, as only a demo can."""
    with closing(sqlite3.connect(systems.workspace / "systems/analytics" / FILE)) as connection:
        row = connection.execute("SELECT count(*) FROM people WHERE user_id = ?", [person.id]).fetchone()
        return int(row[0])
