"""New objects in a mapped prefix: is somebody in them who was erased? Amazon S3 tells of them (event notifications).

The notice only says where to look: what is read is everything that the store received since, by its own clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import cast
from urllib.parse import unquote_plus

from retention.app.context import Context
from retention.app.envelopes import read_json
from retention.app.rescans import rescan
from retention.app.suppressed import Arrival, which_suppressed
from retention.model.case import CaseState
from retention.model.datamap import Dataset
from retention.model.ids import CaseId, SystemId
from retention.model.parcel import Parcel
from retention.model.subject import SubjectKey
from retention.ports.arrivals import ReceivingStore

_MADE = "ObjectCreated:"
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z")
_COMPLETED = (CaseState.SEALED, CaseState.CLOSED)
_BATCH = 5_000
"""Keys in memory at a time."""


def are_objects(sent: object) -> bool:
    """Whether it is a notice of S3 about objects, or the test notice that a bucket sends first."""
    if not isinstance(sent, dict):
        return False
    records = sent.get("Records")
    is_notice = isinstance(records, list) and bool(records) and all(_is_record(record) for record in records)
    return is_notice or (sent.get("Event") == "s3:TestEvent" and sent.get("Service") == "Amazon S3")


def look_at_files(context: Context, parcels: Iterable[Parcel], now: datetime) -> list[CaseId]:
    """Look into what has come; whoever was erased and is in it goes again: return the cases that do it.

    The one who brought it is noted (`late-file`), so that evidence can tell where it came from.

    Raises:
        TransientFailure: the store cannot be reached; the parcels stay, and the next call looks.

    """
    cases: list[CaseId] = []
    for parcel in parcels:
        system = context.intake.objects_of.get(parcel.intake)
        returned = [] if system is None else _erased_again(context, system, parcel, now)
        context.ledger.inbox.opened(parcel.parcel_id, returned[0] if returned else None, now)
        cases += returned
    return list(dict.fromkeys(cases))


def _erased_again(context: Context, system: SystemId, parcel: Parcel, now: datetime) -> list[CaseId]:
    made = list(_made(read_json(parcel.body or b"")))
    back: dict[CaseId, None] = {}
    for dataset in context.datamap.datasets.values():
        times = [at for key, at in made if dataset.system == system and _is_of(dataset, key)]
        if times:
            back |= dict.fromkeys(_whose(context, dataset, min(times), parcel.intake, now))
    plans = [plan for case in back for plan in rescan(context, now, case).plans]
    return [plan.case_id for plan in plans]


def _made(sent: object) -> Iterator[tuple[str, datetime]]:
    """Yield key and time of each object that was made; keys are URL-encoded in notices."""
    for record in sent.get("Records", ()) if isinstance(sent, dict) else ():
        if str(record.get("eventName", "")).removeprefix("s3:").startswith(_MADE):
            yield unquote_plus(record["s3"]["object"]["key"]), datetime.fromisoformat(record["eventTime"])


def _is_record(record: object) -> bool:
    """Whether it is one object's entry, with all that is read of it."""
    match record:
        case {"eventSource": "aws:s3", "eventName": str(), "eventTime": str(at), "s3": {"object": {"key": str()}}}:
            return _ISO.fullmatch(at) is not None
        case _:
            return False


def _is_of(dataset: Dataset, key: str) -> bool:
    """Whether the object lies where the dataset's do; the system's own prefix may stand before."""
    parts, pattern = key.split("/"), dataset.location.split("/")
    here = parts[-len(pattern) :]
    return len(here) == len(pattern) and all(map(fnmatchcase, here, pattern))


def _whose(context: Context, dataset: Dataset, since: datetime, intake: str, now: datetime) -> list[CaseId]:
    """Return the completed cases whose people are in what the dataset received since."""
    arrival = Arrival(dataset.dataset_id, source=intake)
    found: set[CaseId] = set()
    for keys in _batched(_keys(context, dataset, since)):
        out = [keys[place] for place in which_suppressed(context, keys, now, arrival)]
        digests = {(key.name, context.suppression_digest(key)) for key in out}
        found |= {each.case_id for each in context.ledger.copies.suppressed(digests, now)} if digests else set()
    return sorted(case for case in found if context.ledger.cases.get(case).state in _COMPLETED)


def _keys(context: Context, dataset: Dataset, since: datetime) -> Iterator[SubjectKey]:
    store = cast("ReceivingStore", context.stores[dataset.system])
    for name, column in dataset.subject.items():
        for _, rows in store.arrivals().arrived(dataset, [column], since.replace(microsecond=0)):
            yield from (SubjectKey(name, str(value)) for (value,) in rows if value is not None)


def _batched(keys: Iterator[SubjectKey]) -> Iterator[list[SubjectKey]]:
    while batch := list(islice(keys, _BATCH)):
        yield list(dict.fromkeys(batch))
