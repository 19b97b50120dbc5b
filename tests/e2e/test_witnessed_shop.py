"""From `retention witness init` to a bundle that the auditor accepts only with the quorum."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PROGRAM = Path(sys.executable).parent / "retention"


@pytest.fixture
def witnessed(shop, cli, tmp_path):
    """The shop, whose log a witness in a process of its own watches; a second one in the policy is dead."""
    with shop.app() as app:
        vkey = app.context.log.vkey
    lines = []
    for name in ("auditor", "partner"):
        said = cli("witness", "init", tmp_path / name, "--name", f"{name}.example/{name}", "--log", vkey)
        assert said.code == 0, said.err
        lines.append(said.out.strip())
    serving = subprocess.Popen(
        [PROGRAM, "witness", "serve", tmp_path / "auditor", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    url = serving.stdout.readline().split(" at ")[1].strip()
    policy = f"log {vkey}\n{lines[0]} {url}\n{lines[1]} http://127.0.0.1:9\ngroup g any auditor partner\nquorum g\n"
    (shop.folder / "witnesses.txt").write_text(policy, encoding="utf-8")
    (tmp_path / "strict.txt").write_text(policy.replace("g any", "g all"), encoding="utf-8")
    settings = shop.folder / "retention.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("origin: shop.example/log", "origin: shop.example/log, witnesses: witnesses.txt"))
    yield shop
    serving.terminate()
    serving.wait(10)


def test_an_erasure_is_witnessed_and_the_bundle_shows_it(witnessed, cli, tmp_path):
    """Sealing and exporting ask the witnesses; the quorum of the policy decides what the auditor accepts."""
    app, case_id, plan_id = witnessed.approved_request("user_id=c3")
    with app:
        app.apply(plan_id, NOW)
        app.verify(plan_id, NOW)
        app.seal(plan_id, datetime.now(UTC))
    bundle = tmp_path / "bundle.json"
    assert cli("evidence", "export", case_id, "-o", bundle, folder=witnessed.folder).code == 0
    good = cli("evidence", "verify", bundle, "--witnesses", witnessed.folder / "witnesses.txt", folder=witnessed.folder)
    assert good.code == 0, good.err
    assert "cosigned by auditor" in good.out
    strict = cli("evidence", "verify", bundle, "--witnesses", tmp_path / "strict.txt", folder=witnessed.folder)
    assert strict.code == 1
    assert "needed 2 of (auditor, partner), found auditor" in strict.err
    published = cli("evidence", "publish", folder=witnessed.folder)
    assert published.code == 0, published.all
    assert "not cosigned by partner: unreachable" in published.out
    page = tmp_path / "page.html"
    assert cli("evidence", "checkpoint", "--print", page, folder=witnessed.folder).code == 0
    assert "auditor.example/auditor" in page.read_text(encoding="utf-8")
    assert cli("witness", "show", tmp_path / "auditor").code == 0


def test_a_policy_file_that_is_wrong_is_wrong_input(witnessed, cli):
    """A policy that names another log, or none that can be read, stops before anything is opened: exit 2."""
    policy = witnessed.folder / "witnesses.txt"
    policy.write_text("quorum nobody\n", encoding="utf-8")
    said = cli("evidence", "publish", folder=witnessed.folder)
    assert (said.code, "line 1" in said.err) == (2, True)
    policy.unlink()
    assert cli("evidence", "publish", folder=witnessed.folder).code == 2
