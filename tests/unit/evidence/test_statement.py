from __future__ import annotations

import copy
import dataclasses
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from re import _parser
from string import ascii_letters, digits
from typing import Any, get_args

import jsonschema
import pytest

from retention.errors import InputError
from retention.evidence import column_name, json_schema, kind_of, statement, statement_id, verifier
from retention.evidence.shapes import KINDS
from retention.model.approval_facts import NotApproved
from retention.model.batch_facts import BatchShare, DoneOf, KeptOf
from retention.model.disclosure import Disclosed
from retention.model.facts import (
    Approved,
    BeyondUse,
    CanaryLooked,
    Corrected,
    Denied,
    Disposed,
    Expired,
    Fact,
    HoldPlaced,
    HoldReleased,
    IdentityDecided,
    Indexed,
    Kept,
    KeyDestroyed,
    Looked,
    MapLooked,
    Planned,
    Pseudonymized,
    Recorded,
    Rejected,
    Remains,
    Replayed,
    SubjectsCommitted,
    Suspended,
)
from retention.model.ids import (
    CaseId,
    CopyId,
    DatasetId,
    HoldId,
    OrderId,
    PlanId,
    RuleId,
    StatementId,
    StepId,
    SystemId,
)
from retention.model.media import MediaSanitized
from retention.model.outcome import Effect, Residue
from retention.model.processor_facts import Answered, ContractStated, OrderNoted, Probed
from retention.model.request_facts import PapersGone
from retention.model.rescan import FoundIn, Readmitted, Rescanned
from retention.model.restores import RestoreGated

AT = datetime.fromisoformat("2026-11-23T10:02:03+09:00")
D = "ab" * 32
PLAN, DATA = PlanId("P-1"), DatasetId("app.customers")
SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "evidence" / "erasure-v1.schema.json"


def disposed(action: str) -> Disposed:
    effect = Effect(3, residues=(Residue("write-ahead-log", AT),))
    step = StepId(f"01-{action}-app.customers")
    return Disposed(step, D, action, DATA, (RuleId("account"),), ("jp.appi",), 3, effect, AT, AT, False)  # noqa: FBT003


def pseudonymized() -> Pseudonymized:
    step, rules, statutes = StepId("02-pseudonymize-app.customers"), (RuleId("account"),), ("jp.appi.41",)
    return Pseudonymized(step, D, DATA, rules, statutes, "joint-use-a", D, 3, Effect(3), AT, AT, False)  # noqa: FBT003


FACTS: tuple[Fact, ...] = (
    Planned(PLAN, D, 3, 1),
    Approved(PLAN, D, "ab" * 16, standing=True),
    Rejected(PLAN, D, "ab" * 16, "too-much"),
    disposed("erase"),
    disposed("redact"),
    disposed("anonymize"),
    Looked(D, DATA, True, 10, 7, 0, D, D, None, 4, D),  # noqa: FBT003
    Answered(OrderId("12345678-1234-5678-9abc-123456789abc"), SystemId("analytics"), "completed", D, D, AT),
    OrderNoted(OrderId("12345678-1234-5678-9abc-123456789abc"), SystemId("analytics"), "reminded", None),
    ContractStated(SystemId("analytics"), "outsourcer", "2024-04-01", None, None, "JP", None, ("cdn",)),
    Probed(OrderId("12345678-1234-5678-9abc-123456789abc"), SystemId("analytics"), False),  # noqa: FBT003
    Remains(SystemId("nightly"), "nightly/2026-11-22", AT),
    BeyondUse(SystemId("nightly"), True, True, True, False, "ab" * 16, AT),  # noqa: FBT003
    Expired(SystemId("nightly"), CopyId("nightly/2026-11-22")),
    Kept(D, DATA, ("amount", "paid_at"), 4, HoldId("tax-books"), "jp.corporate-tax-act", None),
    Denied("identity-not-proven"),
    KeyDestroyed(D, "0123456789abcdef"),
    HoldPlaced(HoldId("H-1"), "litigation"),
    HoldReleased(HoldId("H-1")),
    Replayed(SystemId("app"), 12, 1),
    pseudonymized(),
    Suspended(StepId("03-suspend-app.customers"), D, DATA, "suspended", (RuleId("account"),), ("jp.appi.35",), 3, None),
    Suspended(StepId("01-lift-app.customers"), D, DATA, "lifted", (), ("jp.appi.35-5",), 3, None, "cured", D[:32]),
    Disclosed(StepId("01-disclose-app.customers"), D, DATA, "portability", "read", 3, 2, 1, ("eu.gdpr.20",), D, None),
    Corrected(StatementId(D), "wrong-count", None),
    CanaryLooked(D, "survived", 2, (DATA,)),
    Indexed(12, 3, D),
    IdentityDecided(D, "apart", (DATA,), 2, 0, "ab" * 16),
    MapLooked(None, DATA, True, 5, 0, D),  # noqa: FBT003
    RestoreGated(SystemId("app_restored"), "shut", 12, 1, 7, (DATA,), ("people-back",)),
    BatchShare(
        D,
        CaseId("C-20261128-8g4m3r"),
        (DoneOf(StepId("01-erase-app.customers"), DATA, "erase", 1),),
        (KeptOf(DATA, ("amount",), 2, HoldId("tax-books"), "jp.corporate-tax-act", None),),
        (OrderId("12345678-1234-5678-9abc-123456789abc"),),
    ),
    Rescanned("P7D", AT, "returned", True, 2, 3, 1, (FoundIn(DATA, 3, None, ("crm",)),), CaseId("C-20261130-7f3k2q")),  # noqa: FBT003
    MediaSanitized("tape-0042", "purge", "eraser-5", AT, "ab" * 16, "cd" * 16),
    NotApproved(PLAN, D, "ab" * 16, "own-plan"),
    NotApproved(PLAN, D, None, "timed-out"),
    PapersGone(("letter", "passport"), (D, "cd" * 32), "0123456789abcdef"),
    Readmitted("new-contract", ("eu.gdpr.6-1",), 2, AT, "ab" * 16),
    SubjectsCommitted(D, 3, D, "hmac-sha256-salted/v1", "2026", AT),
)
PERSONAL = (
    "taro@example.jp",
    "0901_2345678",
    "090-1234-5678",
    "09012345678",
    "+81 90 1234 5678",
    "山田 太郎",
    "a note",
    "a\n",
    "",
)


def recorded(fact: Fact, at: datetime = AT) -> Recorded:
    held = isinstance(fact, HoldPlaced | HoldReleased | CanaryLooked | MapLooked | Indexed)
    return Recorded(None if held else CaseId("C-20261123-7f3k2q"), at, fact)


def texts(value: Any) -> Iterator[Callable[[Any, str], None]]:
    """Yield, for every text inside, a function that puts another text in its place."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        if isinstance(part, str):
            yield lambda root, new, key=key: root.__setitem__(key, new)
        for change in texts(part):
            yield lambda root, new, key=key, change=change: change(root[key], new)


def test_facts_cover_the_union() -> None:
    """The facts tested here are all there are, and every kind has one."""
    assert {type(fact) for fact in FACTS} == set(get_args(Fact))
    assert {kind_of(fact) for fact in FACTS} == set(KINDS)


def test_every_kind_of_the_design_exists() -> None:
    """The kinds that the design promises are all there."""
    assert set(KINDS) >= {
        "deletion",
        "pseudonymize",
        "anonymize",
        "keyDestroyed",
        "holdPlaced",
        "holdReleased",
        "backupExpired",
        "processorAck",
        "verification",
        "denial",
        "suspension",
        "correction",
        "restoreReplayed",
        "canary",
    }


def test_the_verifier_knows_every_kind() -> None:
    """What can be recorded can be read: the single file names each kind, and reads only fields that it has."""
    for kind, fields in KINDS.items():
        assert set(verifier._FIELDS[kind]) <= set(fields)


def strings(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every part of the schema that admits text."""
    if isinstance(schema, dict):
        if schema.get("type") == "string" or any(isinstance(word, str) for word in schema.get("enum", ())):
            yield schema
        for part in schema.values():
            yield from strings(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from strings(part)


def signs(parsed: Any) -> set[int]:
    """Return every sign that a parsed pattern can consume; fails on what is not a plain enumeration of signs."""
    found: set[int] = set()
    for operation, argument in parsed:
        match str(operation):
            case "LITERAL":
                found.add(argument)
            case "RANGE":
                found.update(range(argument[0], argument[1] + 1))
            case "IN":
                found |= signs(argument)
            case "MAX_REPEAT":
                found |= signs(argument[2])
            case "SUBPATTERN":
                found |= signs(argument[3])
            case "BRANCH":
                found |= {sign for branch in argument[1] for sign in signs(branch)}
            case "AT":
                assert str(argument) == "AT_BEGINNING"
            case other:
                raise AssertionError(other)
    return found


def test_no_text_of_the_schema_is_free() -> None:
    """Every text is an enum or an anchored pattern, and no sign that it admits is a space, an `@` or not ASCII."""
    allowed = {ord(sign) for sign in "-_.:/" + ascii_letters + digits}
    texts_found = list(strings(json_schema()))
    assert len(texts_found) > 100
    for part in texts_found:
        if "enum" in part:
            assert all(set(map(ord, word)) <= allowed for word in part["enum"])
            continue
        assert part["pattern"].startswith("^(?:")
        assert part["pattern"].endswith(")(?![\\s\\S])")
        assert signs(_parser.parse(part["pattern"].removesuffix("(?![\\s\\S])"))) <= allowed


def test_schema_file_is_made_from_the_shapes() -> None:
    """The published schema is the one statements are checked against."""
    assert json.loads(SCHEMA_FILE.read_text()) == json_schema()


@pytest.mark.parametrize("fact", FACTS, ids=kind_of)
def test_statement_is_valid_and_admits_no_free_text(fact: Fact) -> None:
    """Every kind passes the schema; put an address, a number or a name into any text (in turn) and it does not."""
    validator = jsonschema.Draft202012Validator(json_schema())
    told = json.loads(statement(recorded(fact)))
    validator.validate(told)
    for change, personal in zip(texts(told), itertools.cycle(PERSONAL), strict=False):
        spoiled = copy.deepcopy(told)
        change(spoiled, personal)
        assert not validator.is_valid(spoiled)


@pytest.mark.parametrize("fact", FACTS, ids=kind_of)
def test_a_personal_value_is_never_signed(fact: Fact) -> None:
    """A fact with an address in any text field is refused, and the refusal does not repeat it (UNX-38)."""
    for part in dataclasses.fields(fact):
        if isinstance(getattr(fact, part.name), str):
            with pytest.raises(InputError) as refusal:
                statement(recorded(dataclasses.replace(fact, **{part.name: "taro@example.jp"})))
            assert "taro" not in str(refusal.value)


@pytest.mark.parametrize("fact", FACTS, ids=kind_of)
def test_a_rerun_names_the_statement_the_same(fact: Fact) -> None:
    """Times do not count for the id, save for looks: looking again is another fact."""
    later = recorded(fact, AT + timedelta(days=7))
    assert (statement_id(recorded(fact)) == statement_id(later)) == (
        not isinstance(fact, Looked | Probed | OrderNoted | CanaryLooked | MapLooked | RestoreGated | NotApproved)
    )


def test_ids_tell_facts_apart() -> None:
    """No two of the facts share an id, and neither does the same fact of another case."""
    ids = [statement_id(recorded(fact)) for fact in FACTS]
    ids += [statement_id(Recorded(CaseId("C-20261123-aaaaaa"), AT, fact)) for fact in FACTS]
    assert len(set(ids)) == len(ids)


def test_a_longer_horizon_is_another_fact() -> None:
    """A copy that remains longer than was stated must not hide behind the earlier statement."""
    remains = next(fact for fact in FACTS if isinstance(fact, Remains))
    longer = dataclasses.replace(remains, until=AT + timedelta(days=1))
    assert statement_id(recorded(remains)) != statement_id(recorded(longer))


def test_instants_are_told_in_utc() -> None:
    """Instants stand in RFC 3339 with Z, whatever the zone; one without a zone is refused."""
    assert b'"at":"2026-11-23T01:02:03Z"' in statement(recorded(FACTS[0]))
    with pytest.raises(InputError):
        statement(recorded(FACTS[0], AT.replace(tzinfo=None)))


def test_columns_in_other_scripts_are_stated_by_digest() -> None:
    """A Japanese column name neither stops a run nor lets free text into evidence."""
    assert column_name("paid_at") == "paid_at"
    for name in ("氏名", "山田 太郎 090-1234-5678", "a b"):
        stated = column_name(name)
        assert stated.startswith("column-")
        kept = Kept(D, DATA, (stated,), 1, HoldId("tax-books"), "jp.tax", None)
        assert json.loads(statement(Recorded(CaseId("C-20261123-abcdef"), AT, kept)))["predicate"]["fields"] == [stated]
