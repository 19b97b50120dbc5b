"""What the command line must show when something is wrong; each exit code once through the real program."""

from __future__ import annotations

import json
import re

import pytest

from retention.app import sealing

WRONG_POLICY = """\
policy: shop
controller: {name: {ja: 例の店, en: Example Shop}, address: 東京都, responsible: Privacy office}
timezone: Asia/Tokio
regimes: [jp.appi]
categories:
  account: {title: {ja: 会員情報, en: Account}, purposes: [P1]}
rules:
  - id: account
    category: acount
    effective: {from: 2020-13-01}
    keep: {for: 30 days, after: account.closed}
    then: destroy
    source: policy
requests: {answer_within: P14D, channels: [post, email], identity_documents: [passport]}
"""


def digest_of(said: str) -> str:
    """Return the digest that a plan shows."""
    found = re.search(r"--digest ([0-9a-f]{64})", said)
    assert found, said
    return found[1]


def plan_of(said: str) -> str:
    """Return the plan's number."""
    found = re.search(r"\bP-\d{8}-\w{6}\b", said)
    assert found, said
    return found[0]


@pytest.fixture
def accepted(shop, cli):
    """Take a request through the command line as far as its acceptance; return the case."""

    def take(subject: str = "user_id=c3") -> str:
        opened = cli("request", "open", "--subject", subject, "--json", folder=shop.folder)
        case = json.loads(opened.out)["case_id"]
        assert cli("request", "identify", case, "--document", "passport", folder=shop.folder).code == 0
        assert cli("request", "decide", case, "accept", folder=shop.folder).code == 0
        return str(case)

    return take


def no_traceback(said) -> bool:
    """Whether nothing of the program's inside was shown."""
    return "Traceback" not in said.all and ".py" not in said.err


def test_five_mistakes_are_reported_at_once(shop, program):
    """A policy with five different mistakes: each with its line, all in one run, exit 2."""
    (shop.folder / "policy.yaml").write_text(WRONG_POLICY, encoding="utf-8")
    said = program("policy", "check", folder=shop.folder)
    assert said.code == 2
    assert no_traceback(said)
    for line, word in ((3, "Asia/Tokio"), (9, "acount"), (10, "2020-13-01"), (11, "30 days"), (12, "destroy")):
        assert any(f"policy.yaml:{line} " in text and word in text for text in said.err.splitlines()), (line, said.err)
    assert "RET-201: policy.yaml has 5 problems" in said.err


def test_an_unknown_person_is_told_so_with_evidence(shop, accepted, cli, program):
    """Nobody knows the person: exit 3, said in words; a person refuses on that finding, and the bundle proves it."""
    case = accepted("email=nobody@mail.example")
    said = program("plan", "request", case, folder=shop.folder)
    assert said.code == 3
    assert "RET-306" in said.err
    assert "nobody@mail.example" not in said.all
    assert no_traceback(said)
    refused = cli("request", "decide", case, "deny", "--reason", "not-retained-data", folder=shop.folder)
    assert refused.code == 0, refused.all
    bundle = shop.folder / "denied.bundle"
    assert cli("evidence", "export", case, "-o", bundle, folder=shop.folder).code == 0
    checked = cli("evidence", "verify", bundle, "--json", folder=shop.folder)
    assert checked.code == 0
    assert [fact["kind"] for fact in json.loads(checked.out)["facts"]] == ["denial"]


def test_a_plan_over_the_limit_needs_two(shop, cli):
    """One approver is not enough above the limit: exit 3 with the limit's name, nothing touched."""
    shop.change(*[f"INSERT INTO notes (body, written_at) VALUES ('old {n}', '2020-01-01')" for n in range(40)])
    said = cli("plan", "sweep", folder=shop.folder)
    assert "Over the limit" in said.out
    plan, digest = plan_of(said.out), digest_of(said.out)
    approved = cli("approve", plan, "--digest", digest, "--by", "hanako", folder=shop.folder)
    assert "second person" in approved.out
    applied = cli("apply", plan, folder=shop.folder)
    assert applied.code == 3
    assert "RET-302" in applied.err
    assert "fraction:shop.notes" in applied.err
    assert no_traceback(applied)
    assert shop.rows("SELECT count(*) FROM notes") == [(50,)]


def test_a_stale_digest_is_refused(shop, accepted, cli):
    """An approval that names another digest: exit 3, and the plan can not be applied."""
    case = accepted()
    old = cli("plan", "request", case, folder=shop.folder)
    shop.change("INSERT INTO notes (customer_id, body, written_at) VALUES ('c3', 'late', '2026-11-22')")
    new = cli("plan", "request", case, folder=shop.folder)
    plan = plan_of(new.out)
    said = cli("approve", plan, "--digest", digest_of(old.out), "--by", "hanako", folder=shop.folder)
    assert said.code == 3
    assert "RET-303" in said.err
    assert no_traceback(said)
    assert cli("apply", plan, folder=shop.folder).code == 3
    assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(1,)]


def test_a_changed_world_is_refused(shop, accepted, cli):
    """A row that came after the approval: exit 3, nothing touched."""
    planned = cli("plan", "request", accepted(), folder=shop.folder)
    plan = plan_of(planned.out)
    cli("approve", plan, "--digest", digest_of(planned.out), "--by", "hanako", folder=shop.folder)
    shop.change("INSERT INTO notes (customer_id, body, written_at) VALUES ('c3', 'late', '2026-11-22')")
    said = cli("apply", plan, folder=shop.folder)
    assert said.code == 3
    assert "RET-304" in said.err
    assert shop.rows("SELECT count(*) FROM notes WHERE customer_id = 'c3'") == [(2,)]


def test_a_held_record_is_refused(shop, accepted, cli):
    """A hold placed after the approval: exit 3 with the reason, nothing touched; so is a new plan."""
    case = accepted()
    planned = cli("plan", "request", case, folder=shop.folder)
    plan = plan_of(planned.out)
    cli("approve", plan, "--digest", digest_of(planned.out), "--by", "hanako", folder=shop.folder)
    held = cli("hold", "place", "--subject", "email=c3@mail.example", "--reason", "litigation", folder=shop.folder)
    assert held.code == 0
    for said in (cli("apply", plan, folder=shop.folder), cli("plan", "request", case, folder=shop.folder)):
        assert said.code == 3
        assert "RET-301" in said.err
        assert no_traceback(said)
    assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(1,)]


def test_an_unreachable_system_is_safe_to_repeat(shop, program):
    """A database that does not answer: exit 4, and the text says that it may be tried again."""
    (shop.folder / "shop_url").write_text("postgresql+psycopg://somebody:hunter2@127.0.0.1:1/shop", encoding="utf-8")
    said = program("datamap", "check", folder=shop.folder)
    assert said.code == 4
    assert "run again" in said.err
    assert "hunter2" not in said.all
    assert no_traceback(said)


def test_a_partial_case_is_not_called_done(shop, accepted, cli, program):
    """A store that refuses one step: exit 1, the case is partial; run again when the cause is gone."""
    planned = cli("plan", "request", accepted(), folder=shop.folder)
    plan = plan_of(planned.out)
    cli("approve", plan, "--digest", digest_of(planned.out), "--by", "hanako", folder=shop.folder)
    shop.change("CREATE TRIGGER no BEFORE DELETE ON customers BEGIN SELECT RAISE(ABORT, 'Name c3 stays'); END")
    said = program("apply", plan, folder=shop.folder)
    assert said.code == 1
    assert "partial" in said.out
    assert "Name c3" not in said.all
    assert no_traceback(said)
    assert cli("verify", plan, folder=shop.folder).code == 3
    shop.change("DROP TRIGGER no")
    assert cli("apply", plan, folder=shop.folder).code == 0
    assert cli("verify", plan, folder=shop.folder).code == 0


def test_a_crash_while_sealing_can_be_repeated(shop, accepted, cli, monkeypatch):
    """The process dies after the key is shredded: `verify` again seals the case, and once more changes nothing."""
    planned = cli("plan", "request", accepted(), folder=shop.folder)
    plan = plan_of(planned.out)
    cli("approve", plan, "--digest", digest_of(planned.out), "--by", "hanako", folder=shop.folder)
    cli("apply", plan, folder=shop.folder)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "move", dies)
        assert cli("verify", plan, folder=shop.folder).code == 4
    shop.change("INSERT INTO customers VALUES ('c99', 'Somebody', 'new@mail.example')")
    for _ in range(2):
        said = cli("verify", plan, folder=shop.folder)
        assert said.code == 0, said.err
        assert "closed" in said.out
    shown = json.loads(cli("request", "list", "--json", folder=shop.folder).out)
    assert [case["state"] for case in shown] == ["closed"]


def test_verification_that_finds_something_is_partial(shop, accepted, cli):
    """A row that came back between apply and verify: exit 1, and the dataset is named."""
    planned = cli("plan", "request", accepted(), folder=shop.folder)
    plan = plan_of(planned.out)
    cli("approve", plan, "--digest", digest_of(planned.out), "--by", "hanako", folder=shop.folder)
    assert cli("apply", plan, folder=shop.folder).code == 0
    shop.change("INSERT INTO customers VALUES ('c3', 'Name c3', 'c3@mail.example')")
    said = cli("verify", plan, folder=shop.folder)
    assert said.code == 1
    assert "shop.customers" in said.err
    assert "partial" in said.err
    assert "Name c3" not in said.all


def test_a_broken_bundle_names_what_broke(shop, accepted, cli):
    """A bundle with another file in the plan's place: exit 1, and the line names the part."""
    case = accepted()
    planned = cli("plan", "request", case, folder=shop.folder)
    bundle = shop.folder / "case.bundle"
    assert cli("evidence", "export", case, "-o", bundle, folder=shop.folder).code == 0
    content = json.loads(bundle.read_bytes())
    by_name = {attachment["name"]: attachment for attachment in content["body"]["attachments"]}
    by_name["plan.json"]["content"] = by_name["policy.yaml"]["content"]
    bundle.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")), encoding="utf-8")
    said = cli("evidence", "verify", bundle, folder=shop.folder)
    assert planned.code == 0
    assert said.code == 1
    assert said.err.startswith("BROKEN: attachment plan.json")
    assert no_traceback(said)
