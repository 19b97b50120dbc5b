"""A live schema against the map: what is not mapped will not be erased, so it must be seen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from retention.grammar import Finding, nearest
from retention.model.datamap import ColumnType, DataMap, Dataset
from retention.model.ids import SystemId

UNMAPPED_COLUMN = "UNMAPPED_COLUMN"
UNMAPPED_TABLE = "UNMAPPED_TABLE"
UNMAPPED_FILES = "UNMAPPED_FILES"
MISSING_COLUMN = "MISSING_COLUMN"
MISSING_DATASET = "MISSING_DATASET"
EXCLUDED_TELLS = "EXCLUDED_TELLS"
HIDES_DATA = frozenset({UNMAPPED_COLUMN, UNMAPPED_TABLE, UNMAPPED_FILES, EXCLUDED_TELLS})
"""Findings behind which a person's data could lie: no case is complete while there is one."""
EXPIRY = "EXPIRY_DIFFERS"
_PARTITION = re.compile(r"(\w+)=")


def drift(dataset: Dataset, live: Mapping[str, ColumnType]) -> tuple[Finding, ...]:
    """Return how the live columns differ from the map; nothing if they agree.

    Columns that a path's partitions name (`dt` of `viewing/dt=*/…`) are part of the location and
    need no entry. A column that was mapped as not personal may disappear without a finding.
    """
    if not live:
        text = f"`{dataset.location}` does not exist or is empty"
        return (Finding(MISSING_DATASET, dataset.dataset_id, text),)
    needed = {
        *dataset.fields,
        *dataset.dates.values(),
        *dataset.linking_columns,
        *dataset.primary_key,
        *(here for reference in dataset.mentions for here in reference.here),
        *([dataset.tenant[1]] if dataset.tenant else []),
        *([dataset.ttl] if dataset.ttl else []),
        *([dataset.flag.column] if dataset.flag else []),
    }
    known = needed | dataset.not_personal.keys() | set(_PARTITION.findall(dataset.location))
    missing = needed - live.keys()
    unmapped = (
        Finding(
            UNMAPPED_COLUMN,
            f"{dataset.dataset_id}.{column}",
            _say("add it to `fields`, or to `not_personal` with the reason", nearest(column, missing)),
        )
        for column in sorted(live.keys() - known)
    )
    gone = (
        Finding(
            MISSING_COLUMN,
            f"{dataset.dataset_id}.{column}",
            _say("the map names a column that does not exist", nearest(column, live.keys() - known)),
        )
        for column in sorted(missing)
    )
    return (*unmapped, *gone)


def beside(system: SystemId, locations: Iterable[str]) -> tuple[Finding, ...]:
    """Return findings for tables and files of the system that the map neither maps nor excludes."""
    return tuple(_unmapped(system, location) for location in sorted(locations))


def telling(system: SystemId, location: str, live: Iterable[str], datamap: DataMap) -> tuple[Finding, ...]:
    """Return a finding if a place that was excluded has a column by which people are known elsewhere.

    Who says that nothing in it is personal must be able to show that it is tied to nobody: a set that keeps a
    customer's number beside page views is no anonymous statistic (APPI art. 2(1): easy collation).
    """
    keys = {_plainly(name) for name in _keys_of_people(datamap)}
    found = sorted(column for column in live if _plainly(column) in keys)
    if not found:
        return ()
    text = f"it was excluded as not personal, and people are known by {', '.join(found)}; map it, or remove the column"
    return (Finding(EXCLUDED_TELLS, f"{system}: {location}", text),)


def _keys_of_people(datamap: DataMap) -> Iterator[str]:
    """Yield the names of identity keys, and the columns that hold them: `id` alone says nothing."""
    for dataset in datamap.datasets.values():
        yield from (*dataset.subject, *dataset.associates)
        yield from dataset.naming_columns - set(dataset.primary_key)


def _plainly(name: str) -> str:
    """`UserId`, `user_id` and `user-id` are one name."""
    return re.sub(r"[\W_]", "", name).lower()


def _unmapped(system: SystemId, location: str) -> Finding:
    is_path = "/" in location or "*" in location
    what = "files that no `path` matches" if is_path else "a table that no dataset maps"
    hint = f"map it (`retention datamap draft` proposes how), or name it under `excluded: {system}:` with the reason"
    return Finding(UNMAPPED_FILES if is_path else UNMAPPED_TABLE, f"{system}: {location}", f"{what}; {hint}")


def expiry_drift(dataset: Dataset, live: str | None) -> tuple[Finding, ...]:
    """Return how the store's own expiry differs from the map's `ttl`; nothing if they agree.

    Rows that the map believes to expire and that do not stay for ever; rows that expire and are not
    mapped so go before their time.
    """
    if dataset.ttl == live:
        return ()
    mapped = f"by `{dataset.ttl}`" if dataset.ttl else "never"
    really = f"by `{live}`" if live else "never"
    return (Finding(EXPIRY, dataset.dataset_id, f"the map says that rows expire {mapped}, the store {really}"),)


def _say(text: str, hint: str) -> str:
    return f"{text}; {hint}" if hint else text
