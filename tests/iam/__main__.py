"""`python -m tests.iam`: record what connectors ask of AWS while their tests run; write recording and policies."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.iam.policies import policies
from tests.iam.recording import OUTPUT, Recording, read, written

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "iam"
RECORDING = FOLDER / "recorded.json"
STORE = "tests/contract/test_store_contract.py"
SUITES = (
    *("tests/contract/test_tiles_contract.py", "tests/contract/test_exports_contract.py"),
    *("tests/contract/test_queue_contract.py", "tests/contract/test_copies_contract.py"),
    *("tests/contract/test_subject_keys_contract.py", "tests/contract/test_suspension_contract.py"),
    *("tests/unit/connectors/lake/test_lake_objects.py", "tests/unit/connectors/lake/test_lake_arrivals.py"),
    *("tests/unit/connectors/lake/test_lake_surveyor.py", "tests/unit/connectors/lake/keyed"),
    *("tests/unit/connectors/sql/test_sql_dumps.py", "tests/processors/test_drop_processor.py"),
    *("tests/fault/test_lake_uploads.py", "tests/fault/test_dynamodb_writes.py", "tests/e2e/test_doctor.py"),
    *(STORE, "-k", "not test_store_contract or ((lake-parquet or dynamodb) and not reference and not ten_thousand)"),
)
"""Tests in which connectors meet a simulator of AWS."""


def record(*suites: str) -> Recording:
    """Run the tests and return what was asked; stops if they fail."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "recorded.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.iam.recording", "-p", "no:cacheprovider", *suites]
        subprocess.run(command, cwd=ROOT, env={**os.environ, OUTPUT: str(output)}, check=True)
        return read(output.read_text(encoding="utf-8"))


if __name__ == "__main__":
    calls = record(*(sys.argv[1:] or SUITES))
    FOLDER.mkdir(exist_ok=True)
    RECORDING.write_text(written(calls), encoding="utf-8")
    for name, text in policies(calls).items():
        (FOLDER / name).write_text(text, encoding="utf-8")
