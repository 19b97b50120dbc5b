"""Every command that the documentation shows is executed, in order, in one small workspace."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIRST = ("README.md", "docs/engineer.md", "docs/operator.md", "docs/auditor.md")

ELSEWHERE = {
    "git clone": ".ci/run",  # CI starts from a fresh clone
    "cd ": ".ci/run",
    "make test": ".ci/run",
    "make bench": "benchmarks/__main__.py",
    "make demo": "tests/e2e/test_demo.py",
    "make up": "tests/dags/test_up.py",
    "retention demo": "tests/e2e/test_demo.py",
    "retention datamap import": "tests/e2e/test_datamap_cli.py",
    "retention backups hold": "tests/e2e/test_copies.py",
    "retention backups beyond-use": "tests/e2e/test_copies.py",
    "retention request open --subject user_id=c8 --right suspension": "tests/e2e/test_suspension.py",
    "retention request lift": "tests/e2e/test_suspension.py",
    "retention letters write": "tests/letters/test_letters_cli.py",
    "retention letters send": "tests/letters/test_letters_cli.py",
    "retention letters notice": "tests/letters/test_notices.py",
    "retention opendsr serve": "tests/e2e/test_opendsr_docs.py",
    "retention api ": "tests/e2e/test_api_docs.py",
    "curl -sS ": "tests/e2e/test_api_docs.py",
    "curl ": "tests/e2e/test_opendsr_docs.py",
    "openssl ": "tests/e2e/test_opendsr_docs.py",
    "grep -i ": "tests/e2e/test_opendsr_docs.py",
    "airflow pools import": "tests/dags/test_dag_runs.py",
    "pg_restore ": "tests/e2e/test_restored_stores.py",
    "psql ": "tests/e2e/test_restored_stores.py",
    "python -m benchmarks.batch": "tests/e2e/test_batches.py",
    "python -m benchmarks.detection": "tests/unit/datamap/test_detection.py",
}
"""Commands that are not run here, by how they begin, and what runs them."""

CASE, PLAN, DIGEST = r"C-\d{8}-\w{6}", r"P-\d{8}-\w{6}", r"[0-9a-f]{64}"


def documents() -> list[Path]:
    """Return the documents in the order in which a reader walks the road."""
    first = [ROOT / name for name in FIRST]
    return first + [path for path in sorted((ROOT / "docs").rglob("*.md")) if path not in first]


def commands(document: Path) -> Iterator[str]:
    """Yield the lines after `$ ` of the document's ```console blocks."""
    text = document.read_text(encoding="utf-8")
    for block in re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from (line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ "))


def elsewhere(command: str) -> str | None:
    """Return what runs the command, if it is not run here."""
    return next((cover for begins, cover in ELSEWHERE.items() if command.startswith(begins)), None)


class Reader:
    """Types what the documents show, with the numbers that the last commands printed."""

    def __init__(self, cli, folder: Path) -> None:
        self._cli = cli
        self._folder = folder
        self._seen = {CASE: "CASE", PLAN: "PLAN", DIGEST: "DIGEST"}

    def type(self, command: str) -> None:
        """Run one command and check its exit code: 0, or the one that a comment `# exit N` promises."""
        line, _, comment = command.partition(" # exit ")
        words = shlex.split(self._filled(line), comments=True)
        expected = int(comment or 0)
        if words[0] == "retention":
            said = self._cli(*words[1:])
            code, text = said.code, said.all
        else:
            assert words[0] in {"python3", "python"}, f"nobody runs `{command}`"
            done = subprocess.run(
                [sys.executable, *words[1:]], cwd=self._folder, capture_output=True, text=True, check=False
            )
            code, text = done.returncode, done.stdout + done.stderr
        assert code == expected, f"`{command}`: {text}"
        for pattern in self._seen:
            self._seen[pattern] = next(iter(re.findall(rf"\b{pattern}\b", text)), self._seen[pattern])

    def _filled(self, line: str) -> str:
        for pattern, word in ((CASE, "CASE"), (PLAN, "PLAN"), (DIGEST, "DIGEST")):
            line = re.sub(rf"\b(?:{word}|{pattern})\b", self._seen[pattern], line)
        return line


@pytest.mark.timeout(300)
def test_every_command_shown_works(shop, cli, monkeypatch):
    """A reader who types README, then each page, command by command, gets what he was promised."""
    monkeypatch.chdir(shop.folder)
    reader = Reader(cli, shop.folder)
    typed = 0
    for document in documents():
        for command in commands(document):
            if elsewhere(command) is None:
                reader.type(command)
                typed += 1
    assert typed > 15


def test_what_is_not_run_here_is_run_elsewhere():
    """Each command that is left out is covered by a file that exists."""
    covers = {elsewhere(command) for document in documents() for command in commands(document)} - {None}
    assert not [cover for cover in covers if not (ROOT / str(cover)).is_file()]


def test_links_between_documents_lead_somewhere():
    """Every relative link of README and docs points to a file of the tree."""
    dead = [
        f"{document.name}: {target}"
        for document in documents()
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert not dead
