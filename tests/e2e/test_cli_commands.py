"""Every command: its help, its JSON, its exit code for what was typed wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from retention.app import App
from retention.cli.entry import app as program_app
from retention.errors import TransientFailure

GROUPS = {
    "processors": ("check", "follow-up", "acknowledge", "accept", "letters", "told"),
    "policy": ("check", "commitments", "show", "forecast", "diff"),
    "datamap": ("check", "draft", "expect", "graph", "import"),
    "event": ("record", "import", "take", "inbox", "doubts", "serve", "dead"),
    "request": (
        "open",
        "receive",
        "identify",
        "decide",
        "resolve",
        "lift",
        "show",
        "list",
        "wait",
        "supply",
        "fee",
        "acknowledge",
        "investigate",
        "weigh",
        "extend",
        "redirect",
        "withdraw",
        "done",
        "answer",
        "paper",
        "look",
        "history",
        "rules",
        "warn",
    ),
    "letters": ("take", "list", "show", "write", "send", "print", "posted", "notice", "incident", "sample"),
    "hold": ("place", "release", "list"),
    "plan": (
        "sweep",
        "request",
        "batch",
        "restore",
        "rewrite-copies",
        "joint-use",
        "statistics",
        "withdrawals",
        "show",
    ),
    "restore": ("gate", "list"),
    "joint-use": ("show", "notice", "published", "sets", "keys", "leaked"),
    "disclosure": ("list", "fetch", "letter", "expire"),
    "keys": ("show", "rotate"),
    "canary": ("plant", "run", "check", "list"),
    "backups": ("check", "hold", "beyond-use"),
    "witness": ("init", "serve", "show"),
    "opendsr": ("certificate", "serve", "call", "list"),
    "api": ("serve", "openapi", "token"),
    "evidence": (
        "show",
        "export",
        "verify",
        "publish",
        "checkpoint",
        "audit",
        "consistency",
        "confirm",
        "certificate",
        "report",
        "expire",
        "epoch",
    ),
}
SINGLE = (
    "init",
    "explain",
    "suppressed",
    "use",
    "rescan",
    "readmit",
    "media",
    "approve",
    "reject",
    "apply",
    "verify",
    "doctor",
    "metrics",
)
COMMANDS = [(name,) for name in SINGLE] + [(group, name) for group, names in GROUPS.items() for name in names]
COMMANDS += [("evidence", "epoch", name) for name in ("list", "destroy")]
COMMANDS += [("api", "token", name) for name in ("issue", "list", "revoke")]
COMMANDS += [("event", "dead", name) for name in ("list", "retry", "drop")]
PERSON = "Hanako Yamada"


@pytest.fixture
def road(shop, cli):
    """Walk the whole road with `--json`; return what each command printed."""

    def said(*arguments: object) -> Any:
        answer = cli(*arguments, "--json", folder=shop.folder)
        assert answer.code == 0, answer.err
        return json.loads(answer.out)

    found: dict[str, object] = {"policy check": said("policy", "check"), "policy show": said("policy", "show")}
    found["policy forecast"] = said("policy", "forecast")
    found["explain"] = said("explain", "--subject", "email=c3@mail.example")
    found["datamap check"] = said("datamap", "check")
    found["datamap expect"] = said("datamap", "expect")
    found["suppressed"] = said("suppressed", "user_id=c1")
    found["use"] = said("use", "P1", "shop.customers", "--subject", "user_id=c1")
    case = said("request", "open", "--subject", "email=c3@mail.example")
    name = case["case_id"]
    found["request open"] = case
    found["request identify"] = said("request", "identify", name, "--document", "passport")
    found["request decide"] = said("request", "decide", name, "accept")
    planned = said("plan", "request", name)
    found["plan request"] = planned
    number = planned["plan"]["plan_id"]
    found["plan show"] = said("plan", "show", number)
    approved = cli("approve", number, "--digest", planned["digest"], "--by", "hanako", folder=shop.folder)
    assert approved.code == 0, approved.err
    found["apply"] = said("apply", number)
    found["verify"] = said("verify", number)
    found["request show"] = said("request", "show", name)
    found["request list"] = said("request", "list")
    found["evidence show"] = said("evidence", "show", name)
    bundle = shop.folder / "case.bundle"
    assert cli("evidence", "export", name, "-o", bundle, folder=shop.folder).code == 0
    found["evidence verify"] = said("evidence", "verify", bundle)
    found["evidence confirm"] = said("evidence", "confirm", bundle, "--subject", "email=c3@mail.example")
    found["evidence epoch list"] = said("evidence", "epoch", "list")
    found["evidence expire"] = said("evidence", "expire")
    found["backups"] = said("backups")
    found["processors"] = said("processors")
    assert cli("hold", "place", "--subject", "user_id=c1", "--reason", "dispute", folder=shop.folder).code == 0
    found["hold list"] = said("hold", "list")
    found["plan sweep"] = said("plan", "sweep")
    return found


def test_the_table_of_commands_is_whole(cli):
    """The program offers exactly the commands that this file tests, and what other packages bring."""
    listed = {line.split()[0] for line in cli("--help").out.partition("Commands:")[2].splitlines() if line.strip()}
    assert listed - {"demo"} == {*SINGLE, *GROUPS}
    for group, names in GROUPS.items():
        lines = cli(group, "--help").out.partition("Commands:")[2].splitlines()
        assert {line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "} == set(names)
    assert program_app.info.name == "retention"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_explains_itself(cli, command):
    """`--help` of every command works and says what the command is for."""
    said = cli(*command, "--help")
    assert said.code == 0
    assert "Usage: retention" in said.out
    assert said.err == ""


def test_every_command_that_prints_data_prints_json(road, shop):
    """`--json` gives one JSON document from every command of the road, and none of them names the person."""
    assert road["request open"]["state"] == "open"
    assert road["apply"]["state"] == "applied"
    assert road["request show"]["state"] == "closed"
    assert road["evidence verify"]["authentic"] is True
    assert [hold["reason"] for hold in road["hold list"]] == ["dispute"]
    assert road["plan sweep"]["plan"]["steps"]
    assert "c3@mail.example" not in json.dumps(road)
    assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(0,)]


def test_what_is_not_there_is_wrong_input(shop, cli):
    """An unknown case, plan, hold or restored system: exit 2, and the name is repeated."""
    for arguments in (
        ("request", "show", "C-nix"),
        ("plan", "request", "C-nix"),
        ("plan", "show", "P-nix"),
        ("apply", "P-nix"),
        ("verify", "P-nix"),
        ("reject", "P-nix", "--reason", "other"),
        ("approve", "P-nix", "--digest", "0" * 64),
        ("policy", "diff", "nix", "nix"),
        ("hold", "release", "H-nix"),
        ("evidence", "show", "C-nix"),
        ("evidence", "epoch", "destroy", "nix"),
        ("plan", "restore", "nix"),
        ("restore", "gate", "nix"),
        ("plan", "rewrite-copies", "nix"),
    ):
        said = cli(*arguments, folder=shop.folder)
        assert said.code == 2, arguments
        assert "nix" in said.err


def test_unreadable_files_are_wrong_input(shop, cli, tmp_path):
    """No workspace, no bundle, no events, bytes that are no text: exit 2 and the file's name."""
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe\x00")
    for arguments, folder, named in (
        (("policy", "check"), tmp_path / "nowhere", "retention.yaml"),
        (("evidence", "verify", tmp_path / "none.bundle"), shop.folder, "none.bundle"),
        (("event", "import", tmp_path / "none.jsonl"), shop.folder, "none.jsonl"),
        (("event", "import", tmp_path / "bytes.jsonl"), shop.folder, "bytes.jsonl"),
    ):
        said = cli(*arguments, folder=folder)
        assert said.code == 2
        assert named in said.err


def test_what_was_typed_wrong_is_wrong_input(shop, cli):
    """Unknown commands, options, words, keys, documents, instants: exit 2, said in words."""
    for arguments in (
        ("destroy",),
        ("plan", "destroy"),
        ("apply",),
        ("policy", "check", "--loud"),
        ("request", "decide", "C-1", "maybe"),
        ("hold", "place", "--subject", "user_id=c1", "--reason", "mood"),
        ("request", "open", "--subject", "emial=x"),
        ("request", "open", "--subject", "nothing"),
        ("event", "record", "account.closed", "--subject", "user_id=c1", "--id", "1", "--at", "yesterday"),
        ("event", "record", "account.closed", "--subject", "user_id=c1", "--id", "1", "--at", "2026-01-01"),
        ("event", "record", "account.burnt", "--subject", "user_id=c1", "--id", "1"),
        ("init", shop.folder / "new", "--pack", "nix"),
    ):
        said = cli(*arguments, folder=shop.folder)
        assert said.code == 2, (arguments, said)
        assert said.err
        assert "Traceback" not in said.err


def test_wrong_events_are_all_named_and_none_is_taken(shop, cli, tmp_path):
    """A file with two wrong lines among good ones: both are named with their lines, nothing is imported."""
    good = {"id": "e1", "kind": "account.closed", "subject": "user_id=c1", "at": "2026-01-01T00:00:00Z"}
    lines = [good, {**good, "id": "e2", "at": f"{PERSON}"}, good, {**good, "id": "e3", "subject": f"name={PERSON}"}]
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    said = cli("event", "import", file, folder=shop.folder)
    assert said.code == 2
    assert "events.jsonl:2" in said.err
    assert "key of the data map" in said.err
    assert PERSON not in said.all
    file.write_text(json.dumps(good), encoding="utf-8")
    assert "1 new events of 1" in cli("event", "import", file, folder=shop.folder).out


def test_each_wrong_event_is_named_with_its_line(shop, cli, tmp_path):
    """A wrong subject and a wrong kind are named with file and line, as a wrong instant is."""
    good = {"id": "e1", "kind": "account.closed", "subject": "user_id=c1", "at": "2026-01-01T00:00:00Z"}
    lines = [good, {**good, "id": "e2", "subject": "nmae=c1"}, {**good, "id": "e3", "kind": "account.burnt"}]
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    said = cli("event", "import", file, folder=shop.folder)
    assert said.code == 2
    assert "events.jsonl:2" in said.err
    assert "events.jsonl:3" in said.err


def test_a_workspace_is_never_overwritten(cli, tmp_path):
    """`init` makes a workspace that reads; a second `init` on it is refused and changes nothing."""
    folder = tmp_path / "new"
    assert cli("init", folder, "--pack", "u-next").code == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert cli("policy", "check", folder=folder).code == 0
    assert cli("init", folder).code == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_interruption_may_be_repeated(shop, cli, monkeypatch):
    """Ctrl-C: exit 4 and one line that says it is safe to run again."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(App, "check_datamap", interrupted)
    said = cli("datamap", "check", folder=shop.folder)
    assert said.code == TransientFailure.exit_code
    assert "run the same command again" in said.err


def test_a_defect_shows_its_place_and_no_value(shop, cli, monkeypatch):
    """An error nobody foresaw: exit 1, one line with its place; neither its text nor a traceback."""

    def broken(*_: object) -> None:
        raise KeyError(PERSON)

    monkeypatch.setattr(App, "check_datamap", broken)
    said = cli("datamap", "check", folder=shop.folder)
    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "RET-500" in said.err
    assert "KeyError at test_cli_commands.py:" in said.err
    assert PERSON not in said.all
    assert "Traceback" not in said.all


def test_a_hold_ends(shop, cli):
    """A hold is listed while it stands and after its release; releasing it twice is refused."""
    placed = cli("hold", "place", "--subject", "user_id=c1", "--reason", "litigation", folder=shop.folder)
    hold = placed.out.split()[0]
    assert cli("hold", "release", hold, folder=shop.folder).code == 0
    assert cli("hold", "release", hold, folder=shop.folder).code == 3
    listed = json.loads(cli("hold", "list", "--json", folder=shop.folder).out)
    assert [(line["hold"], line["released"] is not None) for line in listed] == [(hold, True)]


def test_a_repeated_event_changes_nothing(shop, cli):
    """The same event twice is one event."""
    arguments = ("event", "record", "account.closed", "--subject", "user_id=c1", "--id", "e1")
    assert "recorded" in cli(*arguments, folder=shop.folder).out
    assert "known already" in cli(*arguments, folder=shop.folder).out


def test_tables_are_for_people(shop, cli):
    """Without `--json` the same commands print tables; the person's key stands in none of them."""
    opened = cli("request", "open", "--subject", "email=c3@mail.example", folder=shop.folder)
    case = opened.out.split(":")[0]
    said = [
        opened,
        cli("request", "identify", case, "--document", "passport", folder=shop.folder),
        cli("request", "decide", case, "accept", folder=shop.folder),
        cli("plan", "request", case, folder=shop.folder),
        cli("plan", "sweep", folder=shop.folder),
        *(cli(*words, folder=shop.folder) for words in (("request", "list"), ("hold", "list"), ("policy", "show"))),
        *(cli(*words, folder=shop.folder) for words in (("processors",), ("backups",), ("datamap", "check"))),
        cli("evidence", "show", case, folder=shop.folder),
    ]
    assert [answer.code for answer in said] == [0] * len(said)
    assert "next: retention approve" in said[3].out
    assert "tax-books (jp.corporate-tax-act.enf-reg-59)" in said[3].out
    assert not [answer for answer in said if "c3@mail" in answer.all]


def test_a_denied_request_says_so(shop, cli):
    """A person decides against: for what is missing only after asking for it; the case is denied, not planned."""
    case = json.loads(cli("request", "open", "--subject", "user_id=c3", "--json", folder=shop.folder).out)["case_id"]
    too_soon = cli("request", "decide", case, "deny", "--reason", "identity-unproven", folder=shop.folder)
    assert too_soon.code == 3
    assert cli("request", "wait", case, "--for", "papers", folder=shop.folder).code == 0
    said = cli("request", "decide", case, "deny", "--reason", "identity-unproven", folder=shop.folder)
    assert said.code == 0
    assert "denied" in said.out
    assert cli("plan", "request", case, folder=shop.folder).code == 3


def test_a_rejected_plan_is_not_applied(shop, cli):
    """A rejected plan can neither be approved nor applied."""
    planned = json.loads(cli("plan", "sweep", "--json", folder=shop.folder).out)
    plan = planned["plan"]["plan_id"]
    assert "rejected" in cli("reject", plan, "--reason", "too-much", folder=shop.folder).out
    assert cli("approve", plan, "--digest", planned["digest"], folder=shop.folder).code == 3
    assert cli("apply", plan, folder=shop.folder).code == 3


def test_a_document_of_the_past_proves_nothing(shop, cli):
    """A kind of document whose last day has passed is refused, and the answer names those that are accepted."""
    file = shop.folder / "policy.yaml"
    dated = "identity_documents: {passport: {}, health-insurance-card: {until: 2025-12-02}}"
    file.write_text(file.read_text("utf-8").replace("identity_documents: [passport]", dated), "utf-8")
    case = json.loads(cli("request", "open", "--subject", "user_id=c3", "--json", folder=shop.folder).out)["case_id"]
    said = cli("request", "identify", case, "--document", "health-insurance-card", folder=shop.folder)
    assert said.code == 3
    assert "ask for one of `passport`" in said.err
    assert cli("request", "identify", case, "--document", "passport", folder=shop.folder).code == 0
