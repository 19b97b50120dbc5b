"""Put the generated world into the systems."""

from __future__ import annotations

import json
from collections import Counter

import psycopg

from demo.analytics.records import Records
from demo.buckets import LAKE, s3_client
from demo.postgres import dsn
from demo.systems import Systems
from demo.world import World, as_json_lines, create_schema, fill, lake_files

EVENTS = "events.jsonl"
"""The file of the workspace that holds the company's account events, to be imported."""
_FLAG = "ALTER TABLE customers ADD COLUMN is_suspended boolean NOT NULL DEFAULT false"
"""What the demo's data map adds to the pack's: its application heeds it."""


def fill_systems(systems: Systems, world: World) -> None:
    """Fill database and lake, and write the account events beside them."""
    with psycopg.connect(dsn(systems.app_url)) as connection:
        create_schema(connection)
        connection.execute(_FLAG)
        fill(
            connection,
            {
                "customers": world.customers,
                "payments": world.payments,
                "inquiries": world.inquiries,
                "inquiry_replies": world.inquiry_replies,
                "reviews": world.reviews,
                "fraud_signals": world.fraud_signals,
                "entrusted_contacts": world.entrusted,
            },
        )
    client = s3_client(systems.s3_endpoint)
    for key, content in lake_files(world.viewing, world.http):
        client.put_object(Bucket=LAKE, Key=key, Body=content)
    _tell_analytics(systems, world)
    (systems.workspace / EVENTS).write_text(as_json_lines(world.happenings), encoding="utf-8")


def _tell_analytics(systems: Systems, world: World) -> None:
    """Give the processor what the company gives it: how much each person watched."""
    views = Counter(view.user_id for view in world.viewing)
    seconds: Counter[str] = Counter()
    for view in world.viewing:
        seconds[view.user_id] += view.position_s
    Records(systems.workspace / "systems/analytics").load(
        json.dumps({"user_id": user, "views": count, "minutes": seconds[user] // 60}) for user, count in views.items()
    )
