"""Recipients whom no system connects: who is written to, that it was done, what the person hears."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from retention.app.answers import certificate
from retention.model.ids import CaseId

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MORE = """\
recipients:
  bank: {title: {ja: 銀行, en: Bank}, kind: outsourcer, categories: [account]}
  carrier: {title: {ja: 運送会社, en: Carrier}, kind: third-party, categories: [account]}
  police: {title: {ja: 警察, en: Police}, kind: authority, categories: [account]}
consents:
  carriage: {kind: explicit, title: {ja: 運送, en: Carriage}, purposes: [P1]}
notices:
  processor-order:
    ja: "参照番号{reference}の{category}を{date}までに消去してください。"
    en: "Erase {category} of {reference} by {date}."
  recipient:
    ja: "参照番号{reference}の情報を{date}に消去しました。"
    en: "On {date} we erased what {reference} is about."
"""


@pytest.fixture(scope="module")
def sealed(make_shop, tmp_path_factory):
    """A shop with three recipients whose request is sealed; its case."""
    shop = make_shop(tmp_path_factory.mktemp("letters"))
    policy = shop.folder / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    app, case, plan = shop.approved_request("email=c3@mail.example", NOW)
    with app:
        assert app.recipient_letters(CaseId(case), NOW) == ()
        app.apply(plan, NOW)
        app.verify(plan, NOW)
        app.seal(plan, NOW)
    return shop, case


def posts(shop, cli, case):
    """Return what is to be written in the case."""
    said = cli("processors", "letters", case, "--json", folder=shop.folder)
    return said.code, {post["recipient"]: post for post in json.loads(said.out)}


def test_a_letter_is_open_until_somebody_says_it_was_sent(sealed, cli, tmp_path):
    """Order and notice in words, none to an authority; sent: the person reads "asked", the bundle has it (TRI-17)."""
    shop, case = sealed
    code, found = posts(shop, cli, case)
    assert (code, {name: post["duty"] for name, post in found.items()}) == (
        1,
        {"bank": "order", "carrier": "notice", "police": "none"},
    )
    assert found["bank"]["texts"]["en"].startswith(f"Erase Account of {case} by 20")
    assert "c3" not in str(found).replace(case, "")
    assert found["police"]["texts"] == {}
    with shop.app() as app:
        before = certificate(app.context, CaseId(case)).processors
    assert [(line.name, line.said) for line in before] == [("bank", "manual")]
    for name in ("bank", "carrier", "bank"):
        assert cli("processors", "told", case, name, "--by", "Sato", folder=shop.folder).code == 0
    code, found = posts(shop, cli, case)
    assert (code, [name for name, post in found.items() if post["told_at"]]) == (0, ["bank", "carrier"])
    with shop.app() as app:
        after = certificate(app.context, CaseId(case)).processors
    assert {(line.name, line.said, line.completed_at) for line in after} == {
        ("bank", "best-effort", None),
        ("carrier", "best-effort", None),
    }
    bundle = tmp_path / "case.bundle"
    assert cli("evidence", "export", case, "-o", bundle, folder=shop.folder).code == 0
    assert cli("evidence", "verify", bundle, folder=shop.folder).code == 0
    shown = cli("evidence", "show", case, "--json", folder=shop.folder).out
    assert [each["kind"] for each in json.loads(shown)].count("orderNote") == 2
    assert "Sato" not in shown


def test_only_who_has_to_be_written_to_is(sealed, cli):
    """An authority is refused (3), and so is whom the case does not know (2)."""
    shop, case = sealed
    assert cli("processors", "told", case, "police", "--by", "Sato", folder=shop.folder).code == 3
    said = cli("processors", "told", case, "florist", "--by", "Sato", folder=shop.folder)
    assert (said.code, "florist" in said.err) == (2, True)


def test_a_job_asks_before_it_reads(sealed, cli, monkeypatch):
    """0 for what a purpose carries, 3 for what none does, 1 and a line's number for who did not agree, 2 for a typo."""
    shop, _ = sealed

    def use(*words):
        return cli("use", *words, folder=shop.folder)

    assert use("P1", "shop.customers").code == 0
    beyond = use("P2", "shop.customers", "--to", "nobody")
    assert beyond.code == 3
    assert all(word in beyond.err for word in ("out-of-purpose", "jp.appi.18-1", "recipient-unknown"))
    assert use("P1", "shop.customer").code == 2
    away = ("P1", "shop.customers.email", "--to", "carrier")
    assert use(*away).code == 3
    agreed = ("event", "record", "consent.given", "--subject", "user_id=c1", "--id", "k1", "--about", "P1")
    assert cli(*agreed, folder=shop.folder).code == 0
    assert use(*away, "--subject", "email=c1@mail.example").code == 0
    monkeypatch.setattr("sys.stdin", iter(["user_id=c1\n", "user_id=c2\n"]))
    said = use(*away, "--subject", "-")
    assert (said.code, said.out.split()) == (1, ["2"])
    assert use(*away, "--law", "life-body-property").code == 0
