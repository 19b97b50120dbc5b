"""The demo, run once as a user runs it; then everything under its workspace is searched."""

from __future__ import annotations

import functools
import io
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from demo.postgres import as_text
from demo.world import make_world
from retention.evidence import verify

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
def secrets_of_the_person() -> dict[str, str]:
    """What must be found nowhere: the world is seeded, so the person is the same on every run."""
    person = make_world(datetime.now(UTC)).protagonist
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


def test_the_workspace_can_be_explored(told):
    """Commands that read the ledger work after the systems have stopped."""
    program = Path(sys.executable).with_name("retention")
    for arguments in (["request", "list"], ["processors"], ["evidence", "verify", str(told.bundle)]):
        done = subprocess.run([program, "-w", told.workspace, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_its_systems_can_be_started_again(told):
    """`retention demo --serve` brings the systems back as the story left them: nothing more is due, she is not back."""
    program = Path(sys.executable).with_name("retention")
    command = [program, "demo", "--workspace", told.workspace, "--serve"]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert "systems are up" in str(serving.stdout.readline())
        answers = {
            arguments: subprocess.run(
                [program, "-w", told.workspace, *arguments], capture_output=True, text=True, check=False
            )
            for arguments in (("datamap", "check"), ("plan", "sweep"), ("plan", "restore", "app_restored"))
        }
    finally:
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=60) == 0
    assert {arguments: done.returncode for arguments, done in answers.items()} == dict.fromkeys(answers, 0)
    assert "nothing is due" in answers["plan", "sweep"].stdout
    assert "brought nobody back" in answers["plan", "restore", "app_restored"].stdout
