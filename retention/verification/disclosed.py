"""Look again at what a person will receive: the file is opened as he opens it, and compared with a fresh look.

Nothing of the maker's code is used: the box is opened by hand, and the rows are taken from whole scans with our own
selector, not from the finder that the maker asked.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from retention.model.disclosure import DiscloseRows
from retention.verification.canon import plain
from retention.verification.looking import Look
from retention.verification.selector import Selector

_BOX: Final = re.compile(r'<script id="box" type="application/json">(.*?)</script>', re.DOTALL)
_IN_UTC: Final = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z")
_MASKED: Final = "[masked]"
_SHORTEST: Final = 8
"""Shorter secrets turn up in other values by chance."""
_LANGUAGES: Final = {"en", "ja"}
_Rows: TypeAlias = "Counter[tuple[str, ...]]"


class _UnreadableError(Exception):
    """The file is not what a person could open."""


@dataclass(frozen=True, slots=True)
class Source:
    """One dataset as it is now."""

    step: DiscloseRows
    batches: Iterable[pa.RecordBatch]
    secrets: tuple[str, ...]
    """Columns of which no value may be in the file."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The file as it lies there."""

    content: bytes | None = field(repr=False)
    """None if there is no file."""
    digest: str
    """SHA-256 (hex) that was noted when it was made."""
    phrase: str | None = field(repr=False)
    """None if nobody has it."""


def look_at_disclosure(sealed: Sealed, sources: Sequence[Source], selector: Selector, salt: bytes) -> Look:
    """Compare the file with what the datasets hold now.

    `salt` is the case's: the digests of rows that evidence shows are made under it, so that nobody can try values.

    Raises:
        TransientFailure, TerminalFailure, KeyTypeError: from the stores and the selector.

    """
    fresh = [_fresh(source, selector) for source in sources]
    expected = [(source.step.dataset, rows) for source, (rows, _) in zip(sources, fresh, strict=True)]
    held = frozenset(secret for _, secrets in fresh for secret in secrets)
    try:
        opened = _open(sealed)
        found = [(source.step.dataset, opened.rows(source.step)) for source in sources]
        wrong = opened.wrong(sources) | {"digest": found != expected, "count": _total(found) != _total(expected)}
        leaked = sum(secret in opened.text for secret in held)
    except (_UnreadableError, KeyError, ValueError, zipfile.BadZipFile, pa.ArrowInvalid):
        found, wrong, leaked = [], {"opens": True}, 0
    wrong |= {"file": hashlib.sha256(sealed.content or b"").hexdigest() != sealed.digest, "secret": leaked > 0}
    failed = tuple(sorted(code for code, is_wrong in wrong.items() if is_wrong))
    summary = {
        "datasets": {str(name): rows.total() for name, rows in found},
        "expected": {str(name): rows.total() for name, rows in expected},
        "failed": failed,
    }
    return Look(
        rows_before=_total(expected),
        rows_after=_total(found),
        rows_expected=_total(expected),
        residual=leaked,
        residual_past=0,
        digest_expected=_digest(expected, salt),
        digest_found=_digest(found, salt),
        smallest_class=None,
        expectations=len(wrong),
        failed=failed,
        summary=json.dumps(summary, sort_keys=True, separators=(",", ":")),
    )


def _total(rows: Iterable[tuple[str, _Rows]]) -> int:
    return sum(each.total() for _, each in rows)


def _digest(rows: Sequence[tuple[str, _Rows]], salt: bytes) -> str:
    told = [[name, sorted([list(row), times] for row, times in each.items())] for name, each in rows]
    return hmac.new(salt, json.dumps(told, ensure_ascii=False).encode(), hashlib.sha256).hexdigest()


# -- the datasets


def shown(source: Source, selector: Selector) -> _Rows:
    """Return the person's rows as they must stand in the file, each value as text (see `text_of`)."""
    return _fresh(source, selector)[0]


def _fresh(source: Source, selector: Selector) -> tuple[_Rows, set[str]]:
    """Return the person's rows as they must stand in the file, and values that must not."""
    rows: _Rows = Counter()
    secrets: set[str] = set()
    step = source.step
    own = {column: frozenset(map(str, selector.values(keys))) for column, keys in step.own.items()}
    for batch in source.batches:
        chosen = batch.filter(selector.mask(step.where, batch))
        columns = [_values(chosen, name) for name in step.columns]
        for row in zip(*columns, strict=True) if columns else [()] * chosen.num_rows:
            cells = zip(step.columns, row, strict=True)
            rows[tuple(_seen(value, name in step.masked, own.get(name)) for name, value in cells)] += 1
        texts = (str(value) for name in source.secrets for value in _values(chosen, name) if value is not None)
        secrets.update(text for text in texts if len(text) >= _SHORTEST)
    return rows, secrets


def _values(batch: pa.RecordBatch, name: str) -> list[Any]:
    if name not in batch.schema.names:
        return [None] * batch.num_rows
    return list(plain(batch.column(name)).to_pylist())


def _seen(value: object, mask: bool, own: frozenset[str] | None) -> str:  # noqa: FBT001 -- private, one meaning
    if value is None:
        return text_of(None)
    return text_of(_MASKED if mask or (own is not None and str(value) not in own) else _simple(value))


def _simple(value: object) -> object:
    """Return the value in JSON's types: by value, whatever the store's type was."""
    if isinstance(value, Decimal | float) and value == value and abs(value) != float("inf"):  # noqa: PLR0124 -- not NaN
        whole = int(value)
        exact = isinstance(value, float) or Decimal(repr(float(value))) == value
        return whole if whole == value else float(value) if exact else str(value)
    if isinstance(value, datetime):
        aware = value.tzinfo is not None
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z" if aware else value.isoformat()
    if isinstance(value, date):
        return str(value)
    if isinstance(value, bytes):
        return base64.standard_b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(key): _simple(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_simple(part) for part in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def text_of(value: object) -> str:
    """Return one text for a value, so that files and readers with other types can be compared.

    MariaDB keeps neither zones nor truth values: one side reads UTC or true where the other reads no zone or 1, so
    that neither makes a difference.
    """
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if isinstance(value, str):
        return value[:-1] if _IN_UTC.fullmatch(value) else value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


# -- the file


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a person finds in the file."""

    pages: Mapping[str, str]
    data: Mapping[str, Any]
    members: Mapping[str, bytes] = field(repr=False)
    text: str = field(repr=False)
    """All of it that is text."""

    def rows(self, step: DiscloseRows) -> _Rows:
        """Return the rows of the dataset in JSON."""
        told = self._dataset(step)
        if not step.columns:
            return Counter({(): told["rowCount"]})
        return Counter(tuple(map(text_of, row)) for row in told["rows"])

    def wrong(self, sources: Sequence[Source]) -> dict[str, bool]:
        """Compare the parts of the file with one another, and its columns with the plan's."""
        steps = [source.step for source in sources]
        wanted = [str(step.dataset) for step in steps]
        full = [step for step in steps if step.columns]
        return {
            "opens": False,
            "pages": set(self.pages) != _LANGUAGES or not all(self.pages.values()),
            "datasets": [each["dataset"] for each in self.data["datasets"]] != wanted,
            "columns": any(tuple(self._dataset(step)["columns"]) != step.columns for step in steps),
            "csv": any(self._csv(step) != (list(step.columns), self.rows(step).total()) for step in full),
            "parquet": any(self._parquet(step) != self.rows(step) for step in full),
        }

    def _dataset(self, step: DiscloseRows) -> Mapping[str, Any]:
        found = [each for each in self.data["datasets"] if each["dataset"] == step.dataset]
        if len(found) != 1:
            raise _UnreadableError
        told: Mapping[str, Any] = found[0]
        return told

    def _csv(self, step: DiscloseRows) -> tuple[list[str], int]:
        text = self.members[f"csv/{step.dataset}.csv"].decode("utf-8-sig")
        head, *rows = csv.reader(io.StringIO(text, newline=""))
        return head, len(rows)

    def _parquet(self, step: DiscloseRows) -> _Rows:
        table = pq.read_table(io.BytesIO(self.members[f"parquet/{step.dataset}.parquet"]))
        columns = [table.column(name).to_pylist() for name in step.columns]
        return Counter(tuple(map(text_of, row)) for row in zip(*columns, strict=True))


def _open(sealed: Sealed) -> _Opened:
    if sealed.content is None or sealed.phrase is None:
        raise _UnreadableError
    found = _BOX.search(sealed.content.decode())
    if found is None:
        raise _UnreadableError
    box = json.loads(found[1])
    salt, nonce, data = (base64.b64decode(box[name]) for name in ("salt", "iv", "data"))
    key = hashlib.pbkdf2_hmac("sha256", sealed.phrase.replace("-", "").encode(), salt, box["rounds"])
    try:
        content = json.loads(AESGCM(key).decrypt(nonce, data, b"retention-disclosure/v1"))
    except InvalidTag:
        raise _UnreadableError from None
    members = dict(_members(base64.b64decode(content["zip"])))
    text = "\n".join([*content["pages"].values(), members["data.json"].decode()])
    return _Opened(content["pages"], json.loads(members["data.json"]), members, text)


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)
