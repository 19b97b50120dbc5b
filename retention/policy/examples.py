"""The examples beside a policy (`policy.tests.yaml`) → `Example`s, or every problem at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from retention.errors import PolicyError
from retention.grammar import ABOUT, EVENT_KINDS, WITHDRAWN, About, Cell, Document, Record
from retention.model.datamap import DataMap
from retention.model.event import Event
from retention.model.example import Example, Expected, Fate
from retention.model.ids import CategoryId, RuleId
from retention.model.policy import AfterFiscalYear, Keep, Policy, SinceDate
from retention.policy.words import ID, ID_WORDS, PURPOSE, one_of

_REQUIRED = ("name", "at", "expect")
_OPTIONAL = ("rule", "category", "events", "dates", "field", "holds")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?([+-]\d{2}:\d{2}|Z))?")
_INSTANT_WORDS = "a day like 2026-11-25, or an instant with its zone like 2026-11-25T10:00+09:00"
_NOON = time(12)
_NOBODY = "example"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_examples(text: str, label: str, policy: Policy, datamap: DataMap) -> tuple[Example, ...]:
    """Read the examples of a policy.

    Args:
        text: The file's text.
        label: The file's name, as problems show it.
        policy: What the examples are about; days are days of its time zone.
        datamap: The fields that an example may name.

    Raises:
        PolicyError: with every problem of the file.

    """
    document = Document(text, label)
    cells = Cell.root(document).record(("tests",))["tests"].items("a list of tests")
    words = _Words(policy, datamap)
    examples = tuple(_example(cell, f"tests[{index}]", words) for index, cell in enumerate(cells))
    document.refuse_problems(PolicyError)
    return examples


class _Words:
    """The words of the policy and the data map that an example may use."""

    def __init__(self, policy: Policy, datamap: DataMap) -> None:
        self.zone = ZoneInfo(policy.timezone)
        self.rules = [rule.rule_id for rule in policy.rules]
        self.categories = policy.categories
        self.purposes = policy.purposes
        self.dates = sorted(filter(None, map(_date_name, _clocks(policy))))
        datasets = datamap.datasets.values()
        self.fields = {f"{d.short_name}.{column}" for d in datasets for column in (*d.fields, *d.dates.values())}
        self.fields |= {field for hold in policy.holds for field in hold.fields}


def _clocks(policy: Policy) -> list[Keep]:
    return [rule.keep for rule in policy.rules] + [hold.keep for hold in policy.holds]


def _date_name(keep: Keep) -> str | None:
    return keep.start.date_name if isinstance(keep.start, SinceDate | AfterFiscalYear) else None


def _example(cell: Cell, place: str, words: _Words) -> Example:
    record = cell.record(_REQUIRED, _OPTIONAL)
    if ("rule" in record) == ("category" in record) and record.cells:
        cell.complain("exactly one of `rule` and `category`", "both" if "rule" in record else "neither")
    events = record["events"].items("a list of events", may_be_empty=True) if "events" in record else ()
    holds = record["holds"].items("a list of holds", may_be_empty=True) if "holds" in record else ()
    return Example(
        name=record["name"].text("what the example shows"),
        place=place,
        at=_instant(record["at"], words.zone),
        rule=RuleId(record["rule"].word(words.rules, "a rule of the policy")) if "rule" in record else None,
        category=CategoryId(record["category"].word(words.categories, "a category of the policy"))
        if "category" in record
        else None,
        events=tuple(_event(event, index, words) for index, event in enumerate(events)),
        dates=_dates(record["dates"], words.dates) if "dates" in record else {},
        field=record["field"].word(words.fields, "a field of the data map, like payments.amount")
        if "field" in record
        else None,
        holds=tuple(hold.matching(ID, ID_WORDS) for hold in holds),
        expected=_expected(record["expect"]),
    )


def _expected(cell: Cell) -> Expected:
    record = cell.record(("fate",), ("until", "because"))
    return Expected(
        fate=one_of(record["fate"], Fate.KEPT),
        until=record["until"].date() if "until" in record else None,
        because=record["because"].text("a rule, event, purpose, hold or statute") if "because" in record else None,
    )


def _event(cell: Cell, index: int, words: _Words) -> Event:
    """Read one event; a later one of the list was recorded later."""
    record = cell.record(("kind", "at"), ("about", "id", "corrects"))
    corrects = record["corrects"].text("the id of an event") if "corrects" in record else None
    kinds = EVENT_KINDS if corrects is None else EVENT_KINDS | {WITHDRAWN}
    kind = record["kind"].word(kinds, "a kind of event in the catalogue")
    return Event(
        event_id=record["id"].text("an id") if "id" in record else f"event-{index}",
        kind=kind,
        key_name=_NOBODY,
        subject_digest=_NOBODY,
        occurred_at=_instant(record["at"], words.zone),
        recorded_at=_EPOCH + timedelta(seconds=index),
        corrects=corrects,
        about=_about(record, kind, words.purposes) if "about" in record else None,
    )


def _about(record: Record, kind: str, purposes: Collection[str]) -> str:
    cell = record["about"]
    match ABOUT.get(kind):
        case About.PURPOSE:
            return cell.word(purposes, "a purpose of the policy")
        case About.PERIOD:
            return str(cell.period())
        case About.NOTICE | About.VERSION | About.CATEGORY:
            return cell.matching(PURPOSE, "a version or a category of the policy, or a kind of notice")
        case _:
            if kind:
                cell.complain(f"no `about`: `{kind}` is about the person only", hint="remove it")
            return ""


def _dates(cell: Cell, known: Collection[str]) -> Mapping[str, date]:
    found = {}
    for name, entry in cell.entries("dates of the row by name", may_be_empty=True).items():
        if name not in known:
            entry.complain(f"a date that a clock of the policy names ({', '.join(known) or 'none does'})", f"`{name}`")
        found[name] = entry.date()
    return found


def _instant(cell: Cell, zone: ZoneInfo) -> datetime:
    """Read an instant; a day is its noon."""
    text = cell.matching(_INSTANT, _INSTANT_WORDS)
    if not text:
        return _EPOCH
    try:
        if len(text) == len("2026-11-25"):
            return datetime.combine(date.fromisoformat(text), _NOON, tzinfo=zone)
        return datetime.fromisoformat(text)
    except ValueError:
        cell.complain(_INSTANT_WORDS)
        return _EPOCH
