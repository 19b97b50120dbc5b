from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from retention.cli.output import console, print_json, print_plan, print_table
from retention.model.case import CaseKind
from retention.model.key_steps import KeptKeys, LeaveUnreadable, ShredKeys
from retention.model.period import Period
from retention.model.plan import (
    AnonymizeRows,
    Because,
    Crossing,
    EraseRows,
    ExpireCopies,
    Plan,
    RedactFields,
    TellProcessor,
    Withholding,
)
from retention.model.predicate import Everything
from retention.model.subject import KeySet, SubjectKey
from retention.model.transform import Drop

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
KEYS = KeySet("k1", 1, "0" * 64)
BECAUSE = Because(("account",), ("jp.appi",), request=True)


class Colour(Enum):
    """Some words."""

    RED = "red"


@dataclass(frozen=True)
class Thing:
    """A record with something that does not show."""

    colour: Colour
    at: datetime
    parts: tuple[str, ...]
    secret: str = field(repr=False)


def plan() -> Plan:
    """Return a plan with every kind of step."""
    return Plan(
        plan_id="P-20261123-aaaaaa",
        case_id="C-20261123-aaaaaa",
        kind=CaseKind.REQUEST,
        made_at=NOW,
        policy_digest="p",
        datamap_digest="d",
        holds_digest="h",
        subjects=1,
        steps=(
            TellProcessor("1", "mail", "email", KEYS, Period(days=14), BECAUSE),
            EraseRows("2", "shop.customers", Everything(), 3, 10, BECAUSE),
            RedactFields("3", "shop.orders", Everything(), ("name", "email"), 4, 20, BECAUSE),
            AnonymizeRows("4", "shop.views", Everything(), {"user": Drop()}, ("born",), 5, None, 9, 2, 30, BECAUSE),
            ExpireCopies("5", "nightly", ("nightly/1",), NOW, BECAUSE),
            ExpireCopies("6", "weekly", (), None, BECAUSE),
            ShredKeys("7", "members", "viewing", "user_id", KEYS, NOW, BECAUSE),
            LeaveUnreadable("8", "nightly", ("nightly/1",), NOW, NOW, BECAUSE),
            LeaveUnreadable("9", "weekly", (), None, None, BECAUSE),
        ),
        withheld=(Withholding("shop.orders", ("amount",), 4, "tax-books", "jp.corporate-tax-act", NOW),),
        crossings=(Crossing("subjects", "1000", "2000"),),
        replays=(),
        undated={"shop.notes": 7},
        kept_keys=(KeptKeys("members", "billing", 1, "tax-books", "jp.corporate-tax-act", NOW),),
    )


def test_json_shows_what_repr_shows(capsys):
    """Words, instants and parts are plain JSON; a field that repr hides is hidden here, too."""
    print_json({"thing": Thing(Colour.RED, NOW, ("a", "b"), "hidden"), "none": None, "period": Period(years=7)})
    assert json.loads(capsys.readouterr().out) == {
        "thing": {"colour": "red", "at": "2026-11-23T03:00:00+00:00", "parts": ["a", "b"]},
        "none": None,
        "period": {"years": 7, "months": 0, "days": 0},
    }


def test_a_persons_key_never_prints(capsys):
    """Not even a key that is handed over directly shows its value."""
    print_json([SubjectKey("email", "hanako@mail.example")])
    print_table("Keys", ("key",), [[SubjectKey("email", "hanako@mail.example")]])
    assert "hanako" not in capsys.readouterr().out


def test_a_plan_shows_all_that_its_approver_must_see(capsys, monkeypatch):
    """Each step with its count, what is kept and why, what has no date, the limit crossed, the whole digest."""
    monkeypatch.setattr(console, "width", 200)
    print_plan(plan(), "f" * 64)
    out = capsys.readouterr().out
    for text in (
        "erase 3 of 10 rows",
        "empty name, email in 4 of 20 rows",
        "anonymize 7 and erase 2 rare of 30 rows (k=5)",
        "order to erase one person, answer within P14D",
        "1 copies beyond use until 2026-11-23",
        "0 copies beyond use none exist",
        "members.viewing",
        "shred 1 keys; old copies of them are worthless from 2026-11-23",
        "1 copies unreadable from 2026-11-23; replayed on restore",
        "0 copies none exist; replayed on restore",
        "members.billing: 1 keys stay until 2026-11-23 for tax-books (jp.corporate-tax-act)",
        "request, account, jp.appi",
        "tax-books (jp.corporate-tax-act)",
        "shop.notes: 7 rows have no date",
        "Over the limit: subjects (allowed 1000, found 2000)",
        "digest " + "f" * 64,
    ):
        assert text in out, text


def test_tables_leave_the_unknown_empty(capsys):
    """None is an empty cell, an instant is minutes with its zone."""
    print_table("Things", ("a", "b", "c"), [(None, NOW, Colour.RED)])
    out = capsys.readouterr().out
    assert "2026-11-23 03:00 UTC" in out
    assert "None" not in out
