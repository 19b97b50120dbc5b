"""Every forbidden arrow is planted once in a copy of the tree: the contract that should forbid it must name it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("retention", "connectors", "airflow_plugin", "demo")
LINT = "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports_command; lint_imports_command()"

FLOORS = "Imports under retention/ go down only"
CYCLES = "No cycles among siblings, anywhere"
CONNECTOR = "A connector sees ports, model, errors and its vendor library"
APART = "A connector sees no other connector"
BELOW = "What connectors share knows no connector"
CORE = "The core knows neither connectors nor the demo"
VENDORS = "The core names no vendor"
SQL = "SQLAlchemy and Alembic in the store only"
EXPECTATIONS = "Great Expectations and pandas in verification only"
ARROW = "pyarrow as interchange in ports, deidentify and verification only"
HTTP = "FastAPI and uvicorn in the API only"
PAPER = "The drawing of paper and codes in evidence only"


@dataclass(frozen=True)
class Plant:
    """An import that must not be."""

    file: str
    imports: str
    contract: str
    inside: str = ""
    """Where in the file: `function` or `typing`; at the top if empty."""

    @property
    def text(self) -> str:
        """Return the lines to be appended."""
        match self.inside:
            case "function":
                return f"\ndef planted() -> None:\n    import {self.imports}\n"
            case "typing":
                return f"\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {self.imports}\n"
            case _:
                return f"\nimport {self.imports}\n"

    @property
    def arrow(self) -> str:
        """Return the arrow as the report draws it; among siblings by their last names."""
        importer = self.file.removesuffix(".py").replace("/", ".")
        if self.contract == CYCLES:
            return f".{importer.rpartition('.')[2]} -> .{self.imports.rpartition('.')[2]} "
        return f"{importer} -> {self.imports}"


PLANTS = (
    Plant("retention/model/case.py", "retention.planning.codec", FLOORS),
    Plant("retention/grammar/finding.py", "retention.policy.review", FLOORS, "typing"),
    Plant("retention/policy/review.py", "retention.clocks.fold", FLOORS),
    Plant("retention/requests/intake.py", "retention.datamap.words", FLOORS, "function"),
    Plant("retention/law/rights.py", "retention.policy.words", FLOORS),
    Plant("retention/app/drift.py", "retention.store.ledger", FLOORS),
    Plant("retention/store/instants.py", "retention.app.records", FLOORS),
    Plant("retention/execution/lines.py", "retention.wiring.settings", FLOORS),
    Plant("retention/errors.py", "retention.model.ids", FLOORS),
    Plant("retention/verification/canon.py", "retention.execution.run", FLOORS),
    Plant("retention/evidence/tiles.py", "retention.planning.due", FLOORS),
    Plant("connectors/memory/predicate.py", "connectors.memory.connect", CYCLES),
    Plant("retention/model/ids.py", "retention.model.plan", CYCLES),
    Plant("connectors/sql/finder.py", "retention.app.holds", CONNECTOR),
    Plant("connectors/lake/pattern.py", "retention.planning.reach", CONNECTOR, "function"),
    Plant("connectors/backups/expiry.py", "airflow", CONNECTOR),
    Plant("connectors/sql/columns.py", "connectors.lake.columns", APART),
    Plant("connectors/backups/capabilities.py", "connectors.lake.client", APART, "typing"),
    Plant("connectors/dynamodb/table.py", "connectors.lake.client", APART, "function"),
    Plant("retention/shredding/rotation.py", "retention.clocks.fold", FLOORS),
    Plant("connectors/kms/wrapper.py", "connectors.lake.client", APART, "function"),
    Plant("connectors/aws/words.py", "connectors.lake.client", BELOW, "function"),
    Plant("retention/identity/graph.py", "retention.planning.reach", FLOORS),
    Plant("retention/app/answers.py", "connectors.memory", CORE),
    Plant("retention/wiring/systems.py", "connectors.sql", CORE, "function"),
    Plant("retention/cli/entry.py", "demo.workspace", CORE),
    Plant("retention/app/holds.py", "airflow_plugin.runs", CORE),
    Plant("retention/pages/listing.py", "airflow", VENDORS),
    Plant("retention/api/limits.py", "retention.pages.words", FLOORS),
    Plant("retention/planning/limits.py", "boto3", VENDORS),
    Plant("retention/cli/output.py", "airflow", VENDORS),
    Plant("retention/store/tiles.py", "psycopg", VENDORS),
    Plant("retention/execution/elsewhere.py", "httpx", VENDORS, "function"),
    Plant("retention/app/inbox.py", "sqlalchemy", SQL),
    Plant("retention/wiring/opening.py", "alembic", SQL),
    Plant("retention/app/verifying.py", "pandas", EXPECTATIONS),
    Plant("retention/planning/keysets.py", "great_expectations", EXPECTATIONS),
    Plant("retention/execution/looking.py", "pyarrow", ARROW),
    Plant("retention/app/epochs.py", "segno", PAPER),
    Plant("retention/cli/people.py", "fpdf", PAPER, "function"),
    Plant("retention/opendsr/office.py", "fastapi", HTTP),
    Plant("retention/wiring/quiet.py", "retention.api.limits", FLOORS, "function"),
)

ALLOWED = Plant("retention/model/hold.py", "retention.errors", FLOORS)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy what import-linter reads."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def lint(folder: Path) -> tuple[int, str]:
    """Run import-linter as `make lint` does, without its cache."""
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo"]
    environment = {**os.environ, "COLUMNS": "400", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def section(report: str, contract: str) -> str:
    """Return what the report says about a broken contract."""
    _, _, details = report.partition("Broken contracts")
    underline = f"\n{contract}\n{'-' * len(contract)}\n"
    _, found, rest = details.partition(underline)
    assert found, f"{contract} is not broken"
    titles = [f"\n{other}\n{'-' * len(other)}\n" for other in CONTRACTS]
    ends = [rest.index(title) for title in titles if title in rest]
    return rest[: min(ends, default=len(rest))]


CONTRACTS = (FLOORS, CYCLES, CONNECTOR, APART, BELOW, CORE, VENDORS, SQL, EXPECTATIONS, ARROW, PAPER, HTTP)


def test_the_tree_keeps_its_floors(tree):
    """No module of the tree imports upwards, sideways or a vendor it must not name."""
    code, report = lint(tree)
    assert code == 0, report
    assert "12 kept, 0 broken" in report


def test_each_forbidden_arrow_breaks_its_contract(tree):
    """One import in each forbidden direction is planted; each is reported under the contract that forbids it."""
    for plant in (*PLANTS, ALLOWED):
        file = tree / plant.file
        file.write_text(file.read_text(encoding="utf-8") + plant.text, encoding="utf-8")
    code, report = lint(tree)
    assert code == 1, report
    for contract in CONTRACTS:
        said = section(report, contract)
        for plant in PLANTS:
            if plant.contract == contract:
                assert plant.arrow in said, f"{contract}: {plant.arrow} went unnoticed"
    assert ALLOWED.arrow not in report


def test_a_new_floor_has_to_be_placed(tree):
    """A package under retention/ that the contract does not place is refused."""
    (tree / "retention" / "attic").mkdir()
    (tree / "retention" / "attic" / "__init__.py").write_text('"""Nobody said where this belongs."""\n')
    code, report = lint(tree)
    assert code == 1, report
    assert "retention.attic" in report
