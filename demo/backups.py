"""What the company's operations team runs: a nightly backup, and a restore into fresh systems.

s3://nightly/YYYY-MM-DD/ holds manifest.json, app/TABLE.jsonl and lake/KEY. These scripts know
nothing of the product: a restore brings back whoever was in the copy.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from demo.buckets import LAKE, LAKE_RESTORED, NIGHTLY, keys_of, purge, s3_client
from demo.postgres import dsn
from demo.systems import Systems
from demo.world import TABLES, create_schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client  # types only: not installed with the product


def take(systems: Systems, taken_at: datetime) -> str:
    """Back up every table and every object of the lake as they are; return the copy's date.

    The manifest is written last: a copy without one is not a copy.
    """
    client = s3_client(systems.s3_endpoint)
    copy = taken_at.date().isoformat()
    with psycopg.connect(dsn(systems.app_url)) as connection:
        for table in TABLES:
            client.put_object(Bucket=NIGHTLY, Key=f"{copy}/app/{table}.jsonl", Body=_dump(connection, table))
    for key in keys_of(client, LAKE):
        client.copy_object(Bucket=NIGHTLY, Key=f"{copy}/lake/{key}", CopySource={"Bucket": LAKE, "Key": key})
    manifest = json.dumps({"taken_at": taken_at.isoformat()})
    client.put_object(Bucket=NIGHTLY, Key=f"{copy}/manifest.json", Body=manifest.encode())
    return copy


def restore(systems: Systems, copy: str) -> None:
    """Load the copy into the database `app_restored` and the bucket `lake-restored`, both emptied first."""
    client = s3_client(systems.s3_endpoint)
    with psycopg.connect(dsn(systems.app_restored_url)) as connection:
        create_schema(connection)
        for table in TABLES:
            body = client.get_object(Bucket=NIGHTLY, Key=f"{copy}/app/{table}.jsonl")["Body"].read()
            _load(connection, table, body)
    purge(client, LAKE_RESTORED)
    prefix = f"{copy}/lake/"
    for key in keys_of(client, NIGHTLY, prefix):
        client.copy_object(
            Bucket=LAKE_RESTORED, Key=key.removeprefix(prefix), CopySource={"Bucket": NIGHTLY, "Key": key}
        )


def copies(client: S3Client) -> tuple[str, ...]:
    """Return the dates of the copies that have a manifest, oldest first."""
    return tuple(key.split("/")[0] for key in keys_of(client, NIGHTLY) if key.endswith("/manifest.json"))


def _dump(connection: psycopg.Connection[Any], table: str) -> bytes:
    query = sql.SQL("SELECT row_to_json(t)::text FROM {} AS t ORDER BY id").format(sql.Identifier(table))
    return "".join(f"{line}\n" for (line,) in connection.execute(query)).encode()


def _load(connection: psycopg.Connection[Any], table: str, body: bytes) -> None:
    name = sql.Identifier(table)
    command = sql.SQL("INSERT INTO {} SELECT * FROM json_populate_recordset(NULL::{}, %s::json)").format(name, name)
    rows = ",".join(line for line in body.decode().split("\n") if line)
    connection.execute(command, [f"[{rows}]"])
