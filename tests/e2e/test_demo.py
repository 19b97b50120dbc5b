"""The demo, run once as a user runs it; then everything under its workspace is searched."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from demo.postgres import as_text
from demo.world import World, make_world
from demo.writers import choose
from retention.evidence import verify
from retention.model.case import CaseState
from retention.model.letter import Stage
from retention.model.request import FeeState, RequestState
from retention.model.request_moves import (
    Asked,
    CarriedOut,
    Done,
    FeeAsked,
    FeePaid,
    Granted,
    Identified,
    Measure,
    Refused,
    Supplied,
    Wait,
)
from retention.model.terms import Filer, Refusal, Right
from retention.wiring import open_app

pytestmark = pytest.mark.timeout(600)

DECLARED = ("systems/postgres/pg_wal/", "systems/s3/nightly/")
"""Where the report says that a copy remains, and until when."""


@dataclass(frozen=True)
class Told:
    """A demo that has ended."""

    workspace: Path
    output: str

    @property
    def bundle(self) -> Path:
        """The bundle of the person's request."""
        (found,) = [path for path in (self.workspace / "bundles").glob("C-*.json") if "forged" not in path.name]
        return found


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """Run `retention demo`; PostgreSQL needs a folder that other sessions leave alone."""
    program = Path(sys.executable).with_name("retention")
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        workspace = Path(folder) / "workspace"
        done = subprocess.run([program, "demo", "--workspace", workspace], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        yield Told(workspace, done.stdout)


@functools.cache
def the_world() -> World:
    """The demo's world: it is seeded, so its people are the same on every run."""
    return make_world(datetime.now(UTC))


def secrets_of_the_person() -> dict[str, str]:
    """What must be found nowhere."""
    person = the_world().protagonist
    return {"id": person.id, "name": person.name, "email": person.email, "phone": person.phone}


def readable(path: Path) -> bytes:
    """Return the file's content, Parquet decoded."""
    content = path.read_bytes()
    if path.suffix != ".parquet":
        return content
    rows = pq.read_table(io.BytesIO(content)).to_pylist()
    return json.dumps(rows, ensure_ascii=False, default=str).encode()


def test_the_erased_person_is_found_nowhere_but_where_the_report_says(told):
    """No file under the workspace holds her id, name, e-mail or phone, save the copies that are declared."""
    found: dict[str, set[str]] = {}
    for path in sorted(told.workspace.rglob("*")):
        relative = str(path.relative_to(told.workspace))
        if path.is_file() and not relative.startswith(DECLARED):
            content = readable(path)
            for what, value in secrets_of_the_person().items():
                if value.encode() in content:
                    found.setdefault(relative, set()).add(what)
    assert found == {}


def test_the_search_would_find_her(told):
    """The same search finds her in the backups, which are declared: it is able to find."""
    (dump,) = sorted((told.workspace / "systems/s3/nightly").glob("*/app.dump"))[-1:]
    content = as_text(dump.read_bytes()).encode()
    assert all(value.encode() in content for value in secrets_of_the_person().values())


def test_the_report_declares_what_remains(told):
    """Backups and write-ahead logs stand in the report with the day on which they are gone."""
    report = (told.workspace / "report.html").read_text(encoding="utf-8")
    assert "request: nightly backups, out of use, replayed on restore" in report
    assert "request: app write-ahead-log" in report
    assert "<svg" in report


def test_the_group_has_a_labelled_set_without_her(told):
    """Refused until the notice is public; then manifest, label, notices in ja and en, and her rows gone there too."""
    assert "not-a-joint-user" in told.output
    assert "notice-unpublished" in told.output
    names = sorted(path.name for path in (told.workspace / "notices").iterdir())
    assert names == [f"joint-use.group_pseudonymised.{lang}.{kind}" for lang in ("en", "ja") for kind in ("html", "md")]
    (place,) = (told.workspace / "systems/s3/exports").rglob("manifest.json")
    manifest = json.loads(place.read_text(encoding="utf-8"))
    parts = [pq.read_table(path) for path in place.parent.glob("*.parquet")]
    assert manifest["label"] == "pseudonymous"
    assert {table.schema.metadata[b"retention.label"] for table in parts} == {b"pseudonymous"}
    assert sum(table.num_rows for table in parts) == manifest["rows"]
    assert "erase at the joint user" in told.output
    (order,) = (told.workspace / "systems/s3/exports").rglob("orders/*.json")
    (hers,) = json.loads(order.read_text(encoding="utf-8"))["erase"]
    assert not any(hers in table.column("user_id").to_pylist() for table in parts)


def test_without_the_gate_she_is_back_with_it_she_is_not_and_nobody_else_is_lost(told):
    """A real pg_restore and S3 copies bring her back; after the gate the stores are what the live ones are."""
    lines = [line for line in told.output.splitlines() if "_restored" in line]
    rows = [line.split("│")[1:4] for line in lines if line.startswith("│ ") and line.count("│") == 4]
    counts = {where.strip(): (int(before), int(after)) for where, before, after in rows}
    assert all(before > 0 and after == 0 for before, after in counts.values())
    assert {"app_restored customers", "lake_restored parquet rows"} <= set(counts)
    assert len([line for line in lines if line.startswith("gate: ") and "must not open (not-replayed)" in line]) == 2
    assert len([line for line in lines if line.startswith("gate: ") and "may open" in line]) == 2
    assert len([line for line in lines if "hold the same rows: SHA-256" in line]) == 2


def test_the_gates_word_stands_in_her_bundle(told):
    """For each restored system: shut with her in it, and open without."""
    facts = [fact for fact in verify(told.bundle.read_bytes()).facts if fact.kind == "restoreGate"]
    said = {(fact.text("system"), fact.text("verdict"), fact.text("found")) for fact in facts}
    systems = ("app_restored", "lake_restored")
    assert said == {(system, *word) for system in systems for word in (("shut", "1"), ("open", "0"))}


def test_the_tax_hold_was_respected(told):
    """The plan and the table name what the tax law keeps."""
    assert "KEEP amount, invoice_no, paid_at" in told.output
    assert "jp.corporate-tax-act" in told.output


def test_the_forgery_was_caught_and_the_bundle_verifies_alone(told, tmp_path):
    """The single-file verifier accepts the bundle and names what broke in the forged one, with nothing installed."""
    verifier = tmp_path / "verify_evidence.py"
    verifier.write_bytes((told.bundle.parent / "verify_evidence.py").read_bytes())
    command = [sys.executable, "-I", "-S", str(verifier)]
    genuine = subprocess.run([*command, told.bundle], capture_output=True, text=True, check=False, cwd=tmp_path)
    forged = told.bundle.with_suffix(".forged.json")
    broken = subprocess.run([*command, forged], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (genuine.returncode, broken.returncode) == (0, 1)
    assert "entry" in broken.stdout.splitlines()[0]


@pytest.fixture(scope="module")
def desk(told) -> Iterator[Any]:
    """The workspace's ledger, with its systems stopped."""
    with open_app(told.workspace) as app:
        yield app


def case_of(app: Any, right: Right) -> str:
    """The case of the person who asked for it; no lift."""
    (found,) = [case for case in app.context.ledger.cases.all() if case.right is right and case.lifts is None]
    return found.case_id


def facts_of(app: Any, case: str, kind: str) -> list[Any]:
    """What the case's bundle tells of the kind."""
    return [fact for fact in verify(app.bundle(case)).facts if fact.kind == kind]


def places(moves: list[Any], *kinds: type) -> list[int]:
    """Where in the request's life each kind of move stands, once."""
    return [at for kind in kinds for at, what in enumerate(moves) if isinstance(what, kind)]


def letter(told: Told, name: str) -> str:
    """The text of a letter on paper, without white space; skips where nothing reads PDF."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not installed (Debian: poppler-utils)")
    command = [program, told.workspace / "letters" / f"{name}.pdf", "-"]
    return "".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_the_agent_was_asked_for_the_letter_of_attorney_and_answered(told, desk):
    """He waited until it came; then who he is, and that he may, was looked at; the answer names the purposes."""
    case = case_of(desk, Right.PURPOSE_NOTIFICATION)
    request, moves = desk.request(case), [move.what for move in desk.request_moves(case)]
    order = places(moves, Asked, Supplied, Identified, Granted, CarriedOut)
    assert order == sorted(order)
    asked, _, known, _, done = (moves[at] for at in order)
    assert (asked.waits, known.authority, done.done) == ((Wait.AUTHORITY,), "power-of-attorney", Done.BY_ANSWER)
    assert (request.filer, request.channel) == (Filer.MANDATED_AGENT, "post")
    assert request.state is RequestState.CLOSED
    assert "委任状" in letter(told, f"{case}.need-authority.1")
    answer = letter(told, f"{case}.done.1")
    assert "商品・サービスの発送・提供" in answer


def test_what_the_tax_law_keeps_was_refused_with_a_promise(told, desk):
    """By a person, for another law, with the day on which it goes by itself; the letter, in English, says that day."""
    case = case_of(desk, Right.ITEM_DELETION)
    (move,) = [move for move in desk.request_moves(case) if isinstance(move.what, Refused)]
    promised = move.what.alternative
    assert move.by is not None
    assert move.what.reasons == (Refusal.OTHER_LAW,)
    assert (promised.measure, promised.holds) == (Measure.ERASE_WHEN_PERIOD_ENDS, ("tax-books",))
    kept = [each for each in desk.context.ledger.promises.open() if each.case_id == case]
    assert {(each.categories, each.due_on) for each in kept} == {(("billing",), promised.until)}
    assert desk.context.ledger.cases.get(case).state is CaseState.DENIED
    assert len(facts_of(desk, case, "denial")) == 1
    assert not desk.context.ledger.plans.of_case(case)
    text = letter(told, f"{case}.alternative.1")
    assert f"{promised.until.day}{promised.until:%B%Y}" in text
    assert "Itwouldbreakanotherlaw." in text
    assert "GDPR" not in text, "the law of another place is not his"


def test_what_is_held_was_shown_to_who_paid_and_to_nobody_else(told, desk):
    """The page opens with the phrase of the letter; in it are rows of one person, as many as the evidence says."""
    case = case_of(desk, Right.DISCLOSURE)
    order = places([move.what for move in desk.request_moves(case)], FeeAsked, FeePaid, Granted, CarriedOut)
    assert len(order) == 4
    assert order == sorted(order)
    charge = desk.request(case).charge
    assert (charge.amount, charge.currency, charge.state) == (1000, "JPY", FeeState.PAID)
    page = (told.workspace / "letters" / f"{case}.your-data.html").read_bytes()
    (stored,) = (told.workspace / "systems/s3/exports").rglob("your-data.html")
    assert stored.read_bytes() == page
    data = opened(page, (told.workspace / "letters" / f"{case}.passphrase" / "letter.ja.html").read_text("utf-8"))
    shown = {fact.text("dataset"): fact.told["rows"] for fact in facts_of(desk, case, "disclosure")}
    assert {name: len(rows) for name, rows in data.items()} == {
        n: r for n, r in shown.items() if "disclosure." not in n
    }
    (her,) = data["app.customers"]
    owners = {row[key] for rows in data.values() for row in rows for key in ("user_id", "customer_id") if key in row}
    assert owners == {her["id"]}
    assert secrets_of_the_person()["id"] != her["id"]
    assert her["name"] not in told.output
    assert "¥1,000" in letter(told, f"{case}.need-fee.1")
    assert hashlib.sha256(page).hexdigest() in letter(told, f"{case}.disclosure.1")


def opened(page: bytes, told_phrase: str) -> dict[str, list[dict[str, Any]]]:
    """Open the page by hand, with the phrase that stands in the letter; dataset → rows by column."""
    box = json.loads(re.search(rb'id="box" type="application/json">(.*?)</script>', page, re.DOTALL)[1])
    phrase = re.search(r"\b[2-9a-z]{5}(?:-[2-9a-z]{5}){4}\b", told_phrase)[0]
    salt, nonce, data = (base64.b64decode(box[name]) for name in ("salt", "iv", "data"))
    key = hashlib.pbkdf2_hmac("sha256", phrase.replace("-", "").encode(), salt, box["rounds"])
    inside = json.loads(AESGCM(key).decrypt(nonce, data, b"retention-disclosure/v1"))
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(inside["zip"]))) as archive:
        sets = json.loads(archive.read("data.json"))["datasets"]
    return {each["dataset"]: [dict(zip(each["columns"], row, strict=True)) for row in each["rows"]] for each in sets}


def test_the_use_of_her_data_stopped_and_began_again(told, desk):
    """Her row is out of the application's queries, and in them again; nothing was erased; she was told before."""
    case = case_of(desk, Right.SUSPENSION)
    (lift,) = [each.case_id for each in desk.context.ledger.cases.all() if each.lifts == case]
    for one, state in ((case, "suspended"), (lift, "lifted")):
        said = [(fact.text("state"), fact.told["rows"]) for fact in facts_of(desk, one, "suspension")]
        assert said == [(state, 1)]
        assert all(fact.told["passed"] for fact in facts_of(desk, one, "verification"))
    assert {entry.lifted_by for entry in desk.context.ledger.suspensions.all(case)} == {lift}
    seen = {line.split("│")[1].strip(): line.split("│")[2:5] for line in told.output.splitlines() if "│" in line}
    counts = {what: [int(count) for count in seen[what]] for what in ("customers to write to", "payments to show")}
    assert counts == {"customers to write to": [1, 0, 1], "payments to show": [1, 0, 1]}
    assert [int(count) for count in seen["rows that are there"]] == [2, 2, 2]
    assert "利用" in letter(told, f"{case}.suspended.1")
    (ahead,) = (told.workspace / "letters").glob("N-*.lift-ahead.1.pdf")
    assert "利用停止の解除についてのお知らせ" in letter(told, ahead.stem)


def test_every_letter_was_posted_and_nothing_of_it_is_left_but_the_copies(told, desk):
    """The mail room is empty, each letter's key is gone, and the console names nobody of the four."""
    assert [path.name for path in (told.workspace / "mailroom").iterdir()] == ["cover-list.csv"]
    posted = desk.letters()
    assert {each.letter.language for each in posted} == {"ja", "en"}
    assert all(each.is_forgotten and Stage.SENT in {move.stage for move in each.moves} for each in posted)
    copies = {path.stem for path in (told.workspace / "letters").glob("*.pdf")}
    assert copies == {each.letter.letter_id for each in posted}
    writers = choose(the_world(), datetime.now(UTC))
    for who in (writers.ward, writers.payer, writers.reader, writers.newcomer):
        assert not any(value in told.output for value in (who.id, who.name, who.email, who.phone))


@pytest.mark.parametrize("verifier", ["command line", "single file", "openssl", "go", "browser"])
def test_everybody_accepts_the_demos_bundle(told, verifiers, verifier):
    """The bundle of the demo's request is authentic to our programs and to those of others."""
    vkey = (told.workspace / "evidence.vkey").read_text(encoding="utf-8").strip()
    code, said = verifiers[verifier](told.bundle, vkey)
    assert code == 0, said


def test_the_certificate_is_there_in_both_languages(told):
    """The person's answer exists in Japanese and English, names the law and the horizon."""
    folder = next((told.workspace / "certificates").iterdir())
    assert sorted(path.name for path in folder.iterdir()) == [
        *("certificate.en.html", "certificate.en.pdf", "certificate.ja.html", "certificate.ja.pdf", "receipt.txt"),
    ]


def test_the_workspace_can_be_explored(told, cli):
    """Commands that read the ledger work after the systems have stopped."""
    for arguments in (["request", "list"], ["processors"], ["evidence", "verify", told.bundle]):
        done = cli(*arguments, folder=told.workspace)
        assert done.code == 0, done.err


def test_its_systems_can_be_started_again(told, cli):
    """`retention demo --serve` brings the systems back as the story left them: nothing more is due, she is not back."""
    program = Path(sys.executable).with_name("retention")
    command = [program, "demo", "--workspace", told.workspace, "--serve"]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert "systems are up" in str(serving.stdout.readline())
        answers = {
            arguments: cli(*arguments, folder=told.workspace)
            for arguments in (("datamap", "check"), ("plan", "sweep"), ("plan", "restore", "app_restored"))
        }
    finally:
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=60) == 0
    assert {arguments: done.code for arguments, done in answers.items()} == dict.fromkeys(answers, 0)
    assert "nothing is due" in answers["plan", "sweep"].out
    assert "brought nobody back" in answers["plan", "restore", "app_restored"].out
