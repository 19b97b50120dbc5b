"""The rows for machines: JSON with everything, a CSV and a Parquet file a dataset, in one archive.

The same parts give the same bytes. CSV begins with a byte order mark, without which Excel reads Japanese wrongly;
a text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection), so that
exact values are those of JSON and Parquet.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from retention.disclosure.story import Story
from retention.disclosure.values import MASKED, plain
from retention.model.disclosure import Part

FORMAT: Final = "https://retention.example/disclosure/v1"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""Every member's date: the archive says nothing of when but in its content."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def archive(story: Story, parts: Sequence[Part], pages: Mapping[str, str]) -> bytes:
    """Return the ZIP: `data.json`, `csv/DATASET.csv`, `parquet/DATASET.parquet`, and the pages to read."""
    files = {"data.json": _json(story, parts)}
    files |= {f"read-me.{language}.html": page.encode() for language, page in pages.items()}
    for part in parts:
        if part.columns:
            files[f"csv/{part.dataset}.csv"] = _csv(part)
            files[f"parquet/{part.dataset}.parquet"] = _parquet(part)
    return _zip(files)


def _json(story: Story, parts: Iterable[Part]) -> bytes:
    told: dict[str, Any] = {
        "format": FORMAT,
        "case": story.case_id,
        "right": story.right.value,
        "controller": dict(story.controller),
        "madeAt": story.made_at.isoformat(),
        "availableUntil": story.until.isoformat(),
        "knownBy": list(story.known_by),
        "masked": MASKED,
        "categories": [
            {"category": name, "title": dict(title), "purposes": [dict(each) for each in story.purposes.get(name, ())]}
            for name, title in story.titles.items()
        ],
        "datasets": [
            {
                "dataset": part.dataset,
                "categories": list(story.held_in.get(part.dataset, ())),
                "rowCount": part.count,
                "columns": list(part.columns),
                "rows": [list(row) for row in part.rows],
            }
            for part in parts
        ],
        "kept": [
            {
                "dataset": line.dataset,
                "category": line.category,
                "fields": list(line.fields),
                "rows": line.rows,
                **{name: dict(getattr(line, name)) for name in ("state", "until", "why")},
            }
            for line in story.keeping
        ],
        "recipients": [
            {
                "recipient": dict(each.title),
                "kind": each.kind,
                "categories": list(each.categories),
                "purpose": dict(each.purpose),
                "country": each.country,
                "rows": each.rows,
                "until": plain(each.until),
            }
            for each in story.receivers
        ],
        "notShown": [
            {
                "dataset": each.dataset,
                "fields": list(each.fields),
                "rows": each.rows,
                "reason": each.why,
                "statute": each.statute or None,
            }
            for each in story.unshown
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _csv(part: Part) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(part.columns)
    writer.writerows([_cell(value) for value in row] for row in part.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value


def _parquet(part: Part) -> bytes:
    columns = [[row[at] for row in part.rows] for at in range(len(part.columns))]
    table = pa.table([_column(values) for values in columns], names=list(part.columns))
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _column(values: Sequence[object]) -> Any:  # noqa: ANN401 -- pyarrow ships no types
    """Return the values in one type; texts where they have several (a masked one among numbers) or are nested."""
    try:
        if not any(isinstance(value, dict | list) for value in values):
            return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        pass  # several types, which Arrow has no column for
    return pa.array(map(_text, values), pa.string())


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _zip(files: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in sorted(files.items()):
            target.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()
