"""Every ready policy, as a user starts from it."""

from __future__ import annotations

import json

import pytest

from retention.packs import pack_names


@pytest.mark.parametrize("pack", pack_names())
def test_every_pack_makes_a_workspace_that_checks(cli, tmp_path, pack):
    """`init --pack`, then `policy check`: exit 0, proposals and conflicts are warnings with articles."""
    folder = tmp_path / "new"
    assert cli("init", folder, "--pack", pack).code == 0
    said = cli("policy", "check", "--json", folder=folder)
    assert said.code == 0, said.all
    findings = json.loads(said.out)["findings"]
    assert {finding["severity"] for finding in findings} == {"warning"}
    assert any(finding["code"] == "NEEDS_LEGAL_REVIEW" for finding in findings)
    assert any(finding["articles"] for finding in findings)
