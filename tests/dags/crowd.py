"""A shop full of planted people: whoever of them turns up outside the shop's own stores is found by `traces_of`.

Everybody has a key, a name in Japanese and in English, an address, a telephone number and a note; a row in each
of four datasets, three tables in SQLite and objects with old versions on S3.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.e2e.conftest import DATAMAP, SETTINGS, Shop, make_shop_in

BUCKET = "crowd-lake"
OBJECTS = ("visits/dt=2026-10-01/part.parquet", "visits/dt=2026-10-02/part.parquet")
LIMITS = "limits: {subjects: 5, fraction: 0.9, rows: 100}"
LAKE = """\
  lake: {{connector: lake, url: "s3://{bucket}", endpoint: "{endpoint}", region: us-east-1,
         access_key: AKIDEXAMPLE, secret_key: not-a-real-secret}}
"""
VISITS = """\
  lake.visits:
    system: lake
    path: "visits/dt=*/*.parquet"
    subject: {user_id: user_id}
    dates: {written: at}
    fields:
      page: {category: account, identifies: "no"}
      at: {category: account, identifies: "no"}
"""
_NOON = datetime.now(UTC).replace(microsecond=0) - timedelta(days=60)
"""When everything was written: not due by itself whenever the tests run."""


@dataclass(frozen=True, slots=True)
class Person:
    """One planted person."""

    number: int

    @property
    def key(self) -> str:
        """The key in every dataset."""
        return f"planted-key-{self.number:03}"

    @property
    def name(self) -> str:
        """In Japanese and in English, as the shop keeps it."""
        return f"高輪 さくら{self.number:03}号 / Sakura Takanawa-{self.number:03}"

    @property
    def mail(self) -> str:
        """An address."""
        return f"sakura.{self.number:03}@planted.example"

    @property
    def phone(self) -> str:
        """A telephone number."""
        return f"090-4417-{self.number:04}"

    @property
    def planted(self) -> tuple[str, ...]:
        """Everything that must be found nowhere else."""
        return (self.key, *self.name.split(" / "), self.mail, self.phone, f"電話は{self.phone}")


def everybody(number: int) -> list[Person]:
    """Return so many people."""
    return [Person(each) for each in range(number)]


def planted(people: Iterable[Person]) -> list[str]:
    """Return every string that was planted with them."""
    return [text for person in people for text in person.planted]


def make_crowded(parent: Path, s3: Any, people: Sequence[Person]) -> Shop:
    """Make the shop, and its lake in a versioned bucket; `s3` is a tests/s3 server."""
    shop = make_shop_in(parent)
    _fill(shop.database, people)
    s3.direct.create_bucket(Bucket=BUCKET)
    s3.direct.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key in OBJECTS:
        for pages in (["home"], ["home", "cart"]):  # twice, so that there is an old version
            s3.direct.put_object(Bucket=BUCKET, Key=key, Body=_visits(people, pages))
    settings = SETTINGS.replace("limits: {subjects: 5, fraction: 0.5, rows: 20}", LIMITS)
    lake = LAKE.format(bucket=BUCKET, endpoint=s3.endpoint)
    (shop.folder / "retention.yaml").write_text(settings + lake, encoding="utf-8")
    fields = "email: {category: account, identifies: directly}\n"
    datamap = DATAMAP.replace(fields, f"{fields}      phone: {{category: account, identifies: directly}}\n", 1)
    (shop.folder / "datamap.yaml").write_text(datamap + VISITS, encoding="utf-8")
    return shop


def visits_of(s3: Any) -> dict[str, list[tuple[str, str]]]:
    """Return who visited what, by object; an object is named once a version."""
    found: dict[str, list[tuple[str, str]]] = {}
    listing = s3.direct.list_object_versions(Bucket=BUCKET)
    for number, entry in enumerate(listing.get("Versions", ())):
        body = s3.direct.get_object(Bucket=BUCKET, Key=entry["Key"], VersionId=entry["VersionId"])["Body"].read()
        rows = pq.read_table(io.BytesIO(body)).to_pylist()
        found[f"{entry['Key']} {number}"] = sorted((row["user_id"], row["page"]) for row in rows)
    for entry in listing.get("DeleteMarkers", ()):
        found[f"marker of {entry['Key']}"] = []
    return found


def _fill(database: Path, people: Sequence[Person]) -> None:
    connection = sqlite3.connect(database)
    with connection:
        for table in ("notes", "orders", "customers"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("ALTER TABLE customers ADD COLUMN phone TEXT")
        for who in people:
            connection.execute("INSERT INTO customers VALUES (?, ?, ?, ?)", (who.key, who.name, who.mail, who.phone))
            for year in (2023, 2024):  # both still in the tax office's books: no sweep takes them
                row = (who.key, 5000 + who.number, f"{year}-05-10 00:00:00.000000")
                connection.execute("INSERT INTO orders (customer_id, amount, paid_at) VALUES (?, ?, ?)", row)
            note = (who.key, f"{who.name}、電話は{who.phone}", f"{_NOON:%Y-%m-%d} 00:00:00.000000")
            connection.execute("INSERT INTO notes (customer_id, body, written_at) VALUES (?, ?, ?)", note)
    connection.close()


def _visits(people: Sequence[Person], pages: Sequence[str]) -> bytes:
    rows = [{"user_id": who.key, "page": page, "at": _NOON} for who in people for page in pages]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()
