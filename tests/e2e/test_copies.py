"""One person in copies of eight kinds: where, until when, why; and the case closes itself when the last is gone."""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from retention.model.case import CaseState

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TAKEN = date(2026, 11, 22)
END = datetime(2026, 12, 28, tzinfo=UTC)


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


def test_one_person_in_copies_of_eight_kinds(
    shop: Any, cli: Any, cloud: Any, places: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    """Table, weakened rule found, late copy found, and the case closes by itself when all are proven gone (UMU-35)."""
    copies = {name: place.put(TAKEN) for name, place in places.items()}
    app, case, plan = shop.approved_request("email=c3@mail.example")
    with app:
        app.apply(plan, NOW)
        app.verify(plan, NOW)
        assert app.seal(plan, NOW).until == END
        pages = [path for path in app.certificate(case, tmp_path / "answer") if path.suffix == ".html"]
        answer = "".join(path.read_text(encoding="utf-8") for path in pages)
        print(__import__("re").sub("<[^>]+>", " ", answer)[-6000:])
        assert "23 November 2026" in answer
        assert "28 December 2026" in answer

    def said(moment: datetime, *arguments: str, code: int = 0) -> Any:
        monkeypatch.setattr("retention.cli.copies.now", lambda: moment)
        answer = cli("backups", *arguments, folder=shop.folder)
        assert answer.code == code, answer.all
        return json.loads(answer.out) if "--json" in arguments else answer.out

    # who answers for it that nobody uses them
    tests = {"--no-decisions": "yes", "--no-access": "yes", "--secured": "yes", "--will-delete": "yes"}
    words = [word for pair in tests.items() for word in pair]
    assert "vault: beyond use" in said(NOW, "beyond-use", "vault", "--by", "hanako", *words)

    # where, until when, why
    table = said(NOW, "--case", case, "--json")["horizons"]
    assert {row["what"]: (row["until"], row["state"]) for row in table} == {
        copy: (END.isoformat(), "there") for copy in copies.values()
    }
    assert [row["beyond_use"]["no_access"] for row in table if row["what"] == copies["vault"]] == [True]
    assert {row["kind"] for row in table} >= {
        *("dated-folder", "replica", "noncurrent-versions", "dump", "archive-day"),
        *("automated-snapshot", "recovery-point"),
    }
    assert {row["why"] for row in table} == {"declared", "lifecycle-rule", "retention-period"}
    assert f"{case}: erased; copies until 2026-12-28" in said(NOW, "--case", case)

    # a lifecycle rule is weakened behind our back
    said(NOW, "check")
    places["replica"].lifecycle(363)
    assert "later-than-declared: replica/2026-11-22" in said(NOW, "check", code=1)
    moved = said(NOW, "--case", case, "--json", code=1)
    assert ("horizon-moved", "2026-12-28", "2027-11-23") in {
        (found["fault"], found["expected"], found["found"]) for found in moved["findings"]
    }
    assert "erased; copies until 2027-11-23" in said(NOW, "--case", case, code=1)
    places["replica"].lifecycle(33)
    assert "erased; copies until 2026-12-28" in said(NOW, "--case", case)

    # all but one are gone; one is there after its date
    for name, place in places.items():
        if name != "vault":
            place.remove(copies[name])
    after = END + timedelta(days=1)
    late = said(after, "--case", case, "--json", code=1)
    assert [found["what"] for found in late["findings"] if found["fault"] == "late"] == [copies["vault"]]
    assert late["closed"] == []
    states = {row["what"]: row["state"] for row in late["horizons"]}
    assert states.pop(copies["vault"]) == "late"
    assert set(states.values()) == {"gone"}

    # a court wants it: it is withheld, not late
    hold = cli("hold", "place", "--subject", "user_id=c7", "--reason", "litigation", folder=shop.folder).out.split()[0]
    said(after, "hold", copies["vault"], hold)
    cloud.backup.holds["court"] = [places["vault"].arn(copies["vault"])]
    assert f"withheld ({hold})" in said(after, "--case", case)
    cloud.backup.holds.clear()
    assert cli("hold", "release", hold, folder=shop.folder).code == 0
    said(after, code=1)

    # the last one is gone
    places["vault"].remove(copies["vault"])
    assert said(after, "--json")["closed"] == [case]
    with shop.app() as app:
        assert app.context.ledger.cases.get(case).state is CaseState.CLOSED
        told = [json.loads(entry) for entry in _statements(app, case)]
        expired = {fact["copyId"] for fact in told if fact["kind"] == "backupExpired"}
        assert expired == set(copies.values())
        stated = [(f["why"], f["until"]) for f in told if f["kind"] == "copyRemains" and f["what"] == copies["vault"]]
        assert stated == [("retention-period", "2026-12-28T00:00:00Z"), ("late", None), ("legal-hold", None)]
        assert [(f["system"], f["secured"]) for f in told if f["kind"] == "beyondUse"] == [("vault", True)]
        ends = [f["until"] for f in told if f["kind"] == "copyRemains" and f["what"] == copies["replica"]]
        assert ends == ["2026-12-28T00:00:00Z", "2027-11-23T00:00:00Z"]
    bundle = tmp_path / "case.bundle"
    assert cli("evidence", "export", case, "-o", bundle, folder=shop.folder).code == 0
    assert cli("evidence", "verify", bundle, folder=shop.folder).code == 0


def _statements(app: Any, case: str) -> Iterator[str]:
    for entry in app.context.ledger.log.of_case(case):
        yield json.dumps(json.loads(base64.b64decode(json.loads(entry.envelope)["payload"]))["predicate"])
