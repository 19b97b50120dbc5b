"""One person in copies of eight kinds: where, until when, why; and the case closes itself when the last is gone."""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from retention.model.case import CaseState

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TAKEN = date(2026, 11, 22)
END = datetime(2026, 12, 28, tzinfo=UTC)
AFTER = END + timedelta(days=1)


def _load() -> ModuleType:
    if "copies_places" not in sys.modules:
        path = Path(__file__).parent.parent / "copies" / "places.py"
        spec = importlib.util.spec_from_file_location("copies_places", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["copies_places"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["copies_places"])
    return sys.modules["copies_places"]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Any]:
    """Moto and the simulator of AWS Backup."""
    running = _load().Cloud()
    yield running
    running.close()


@pytest.fixture
def places(shop: Any, cloud: Any) -> Mapping[str, Any]:
    """One place of each kind, with one copy of the shop, written into its retention.yaml."""
    made = {each.__name__.lower(): each(cloud, shop.folder, each.__name__.lower()) for each in _load().PLACES}
    lines = [
        f"  {name}: {json.dumps({'connector': 'backups', 'copies': ['shop'], **place.options()})}\n"
        for name, place in made.items()
    ]
    settings = shop.folder / "retention.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "".join(lines), encoding="utf-8")
    return made


@dataclass(frozen=True)
class Story:
    """A sealed case, its copies, and the command line at any moment."""

    shop: Any
    cli: Any
    cloud: Any
    places: Mapping[str, Any]
    copies: Mapping[str, str]
    case: str
    at: Any
    """Sets the clock of the command."""

    def said(self, moment: datetime, *arguments: str, code: int = 0) -> Any:
        """Run `retention backups …` at a moment; return its JSON or its text."""
        self.at(moment)
        answer = self.cli("backups", *arguments, folder=self.shop.folder)
        assert answer.code == code, answer.all
        return json.loads(answer.out) if "--json" in arguments else answer.out

    def stands(self, moment: datetime, *, code: int = 0) -> str:
        """Return the table of the case."""
        return str(self.said(moment, "--case", self.case, code=code))


@pytest.fixture
def story(shop: Any, cli: Any, cloud: Any, places: Any, monkeypatch: Any) -> Story:
    """The request of c3, carried out and sealed while nine copies are there."""
    copies = {name: place.put(TAKEN) for name, place in places.items()}
    app, case, plan = shop.approved_request("email=c3@mail.example")
    with app:
        app.apply(plan, NOW)
        app.verify(plan, NOW)
        assert app.seal(plan, NOW).until == END

    def at(moment: datetime) -> None:
        monkeypatch.setattr("retention.cli.copies.now", lambda: moment)

    return Story(shop, cli, cloud, places, copies, case, at)


def test_one_person_in_copies_of_eight_kinds(story: Story, tmp_path: Path) -> None:
    """Table, weakened rule found, late copy found, and the case closes by itself when all are proven gone (UMU-35)."""
    _is_told_both_dates(story, tmp_path)
    _where_until_when_why(story)
    _a_rule_is_weakened_behind_our_back(story)
    for name, place in story.places.items():
        if name != "vault":
            place.remove(story.copies[name])
    _one_is_late(story)
    _a_court_wants_it(story)
    story.places["vault"].remove(story.copies["vault"])
    assert story.said(AFTER, "--json")["closed"] == [story.case]
    _evidence_says_all_of_it(story, tmp_path / "case.bundle")


def _is_told_both_dates(story: Story, folder: Path) -> None:
    """The person's answer names the day of the erasure, and the day of the last copy."""
    with story.shop.app() as app:
        pages = [path for path in app.certificate(story.case, folder / "answer") if path.suffix == ".html"]
    answer = "".join(path.read_text(encoding="utf-8") for path in pages)
    assert "23 November 2026" in answer
    assert "28 December 2026" in answer


def _where_until_when_why(story: Story) -> None:
    """The table has every copy, its kind and reason, and who answers for it that nobody uses it."""
    tests = ("--no-decisions", "--no-access", "--secured", "--will-delete")
    words = [word for test in tests for word in (test, "yes")]
    assert "vault: beyond use" in story.said(NOW, "beyond-use", "vault", "--by", "hanako", *words)
    table = story.said(NOW, "--case", story.case, "--json")["horizons"]
    assert {row["what"]: (row["until"], row["state"]) for row in table} == {
        copy: (END.isoformat(), "there") for copy in story.copies.values()
    }
    assert [row["beyond_use"]["no_access"] for row in table if row["system"] == "vault"] == [True]
    assert {row["kind"] for row in table} >= {
        *("dated-folder", "replica", "noncurrent-versions", "dump", "archive-day"),
        *("automated-snapshot", "recovery-point"),
    }
    assert {row["why"] for row in table} == {"declared", "lifecycle-rule", "retention-period"}
    assert f"{story.case}: erased; copies until 2026-12-28" in story.stands(NOW)
    shown = story.cli("request", "show", story.case, folder=story.shop.folder)
    assert "erased; copies until 2026-12-28" in shown.out


def _a_rule_is_weakened_behind_our_back(story: Story) -> None:
    """It is found in the bucket, the case is told the later date, and the earlier one when the rule is back."""
    story.said(NOW, "check")
    story.places["replica"].lifecycle(363)
    assert "later-than-declared: replica/2026-11-22" in story.said(NOW, "check", code=1)
    moved = story.said(NOW, "--case", story.case, "--json", code=1)
    assert ("horizon-moved", "2026-12-28", "2027-11-23") in {
        (found["fault"], found["expected"], found["found"]) for found in moved["findings"]
    }
    assert "erased; copies until 2027-11-23" in story.stands(NOW, code=1)
    story.places["replica"].lifecycle(33)
    assert "erased; copies until 2026-12-28" in story.stands(NOW)


def _one_is_late(story: Story) -> None:
    """All but one are gone; the one that is there after its date is found and keeps the case open."""
    late = story.said(AFTER, "--case", story.case, "--json", code=1)
    assert [found["what"] for found in late["findings"] if found["fault"] == "late"] == [story.copies["vault"]]
    assert late["closed"] == []
    states = {row["what"]: row["state"] for row in late["horizons"]}
    assert states.pop(story.copies["vault"]) == "late"
    assert set(states.values()) == {"gone"}


def _a_court_wants_it(story: Story) -> None:
    """Under a hold it is withheld, and late again when the hold is released."""
    backup, copy = story.cloud.backup, story.copies["vault"]
    placed = story.cli("hold", "place", "--subject", "user_id=c7", "--reason", "litigation", folder=story.shop.folder)
    hold = placed.out.split()[0]
    story.said(AFTER, "hold", copy, hold)
    backup.holds["court"] = [story.places["vault"].arn(copy)]
    assert f"withheld ({hold})" in story.stands(AFTER)
    backup.holds.clear()
    assert story.cli("hold", "release", hold, folder=story.shop.folder).code == 0
    story.said(AFTER, code=1)


def _evidence_says_all_of_it(story: Story, bundle: Path) -> None:
    """Each copy expired once; what was told of the late and of the moved one; who answered the four tests."""
    with story.shop.app() as app:
        assert app.context.ledger.cases.get(story.case).state is CaseState.CLOSED
        told = list(_statements(app, story.case))
    assert sorted(f["copyId"] for f in told if f["kind"] == "backupExpired") == sorted(story.copies.values())
    remains = [f for f in told if f["kind"] == "copyRemains"]
    stated = [(f["why"], f["until"]) for f in remains if f["system"] == "vault"]
    assert stated == [("retention-period", "2026-12-28T00:00:00Z"), ("late", None), ("legal-hold", None)]
    ends = [f["until"] for f in remains if f["system"] == "replica"]
    assert ends == ["2026-12-28T00:00:00Z", "2027-11-23T00:00:00Z"]
    assert [(f["system"], f["secured"]) for f in told if f["kind"] == "beyondUse"] == [("vault", True)]
    assert story.cli("evidence", "export", story.case, "-o", bundle, folder=story.shop.folder).code == 0
    assert story.cli("evidence", "verify", bundle, folder=story.shop.folder).code == 0


def _statements(app: Any, case: str) -> Iterator[Any]:
    for entry in app.context.ledger.log.of_case(case):
        yield json.loads(base64.b64decode(json.loads(entry.envelope)["payload"]))["predicate"]
