"""A bundle that the product exported, checked by everything that can check one; and forgeries of it."""

from __future__ import annotations

import base64
import hmac
import importlib.util
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from retention.evidence import OfCase, OfPeriod, OfRule, Signer, browser_page, canonical, merkle, verify
from retention.evidence.dsse import pae, seal
from retention.evidence.note import sign_checkpoint
from retention.evidence.verifier import SEAL_TYPE, verify_after
from retention.model.facts import Expired
from retention.model.ids import CaseId, CopyId, RuleId, SystemId

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "docs" / "evidence" / "vectors"
VKEY = json.loads((VECTORS / "key.json").read_text(encoding="utf-8"))["vkey"]
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NAMES = ("command line", "single file", "openssl", "go", "browser")


@dataclass(frozen=True)
class Exported:
    """A shop in which one person's request was carried out, and its bundles."""

    shop: Any
    case: str

    @property
    def vkey(self) -> str:
        """The log's key."""
        return (self.shop.folder / "evidence.vkey").read_text(encoding="utf-8").strip()

    def bundle(self, name: str) -> Path:
        """Return the file of the bundle of the case, rule or period."""
        return self.shop.folder / "out" / f"{name}.json"


@pytest.fixture(scope="module")
def exported(tmp_path_factory, make_shop):
    """Carry a request out, and export what can be exported."""
    shop = make_shop(tmp_path_factory.mktemp("verifiers"))
    app, case, plan = shop.approved_request("user_id=c3", NOW)
    with app:
        app.apply(plan, NOW)
        app.verify(plan, NOW)
        app.seal(plan, NOW)
        scopes = {
            "case": OfCase(CaseId(case)),
            "rule": OfRule(RuleId("tax-books")),
            "period": OfPeriod(NOW - 9 * DAY, NOW + 9 * DAY),
        }
        app.context.record(CaseId(case), Expired(SystemId("nightly"), CopyId("nightly/2026-11-22")), NOW + 40 * DAY)
        scopes["later"] = OfPeriod(NOW + 39 * DAY, NOW + 41 * DAY)
        (shop.folder / "out").mkdir()
        for name, scope in scopes.items():
            (shop.folder / "out" / f"{name}.json").write_bytes(app.bundle_about(scope))
    return Exported(shop, case)


def test_a_later_period_brings_no_plan_that_it_does_not_name(exported, verifiers):
    """A period in which only a backup expired is authentic, continues the one before, and has no plan."""
    later, earlier = exported.bundle("later"), exported.bundle("period")
    code, said = verifiers["single file"](later, exported.vkey)
    assert code == 0, said
    assert "continues the log of" in said
    assert "plan-" not in said
    report = verify(later.read_bytes(), exported.vkey)
    assert verify_after(earlier.read_bytes(), later.read_bytes(), report, exported.vkey).authentic


@pytest.mark.parametrize("name", ["case", "period"])
@pytest.mark.parametrize("verifier", NAMES)
def test_everybody_accepts_the_bundle(exported, verifiers, verifier, name):
    """What the product exports is authentic to its own program and to those of others."""
    code, said = verifiers[verifier](exported.bundle(name), exported.vkey)
    assert code == 0, said
    assert "NOT PINNED" not in said


FORGERIES = {
    "time": lambda raw: retold(raw, b'"at":"2026-11-23', b'"at":"2026-11-22'),
    "dropped": lambda raw: dropped(raw),  # noqa: PLW0108 -- defined below
    "stranger": lambda raw: strangers(raw),  # noqa: PLW0108 -- defined below
}


def retold(raw, old, new):
    """Change what the first entry states, and nothing else."""
    bundle = json.loads(raw)
    entry = bundle["body"]["entries"][0]
    envelope = json.loads(base64.b64decode(entry["envelope"]))
    payload = base64.b64decode(envelope["payload"])
    assert old in payload
    envelope["payload"] = base64.b64encode(payload.replace(old, new)).decode()
    entry["envelope"] = base64.b64encode(canonical(envelope)).decode()
    return canonical(bundle)


def dropped(raw):
    """Leave out an entry."""
    bundle = json.loads(raw)
    bundle["body"]["entries"].pop(1)
    return canonical(bundle)


def strangers(raw):
    """Seal the bundle with a stranger's key, which it brings along."""
    body = json.loads(raw)["body"]
    stranger = Signer.from_seed(body["origin"], bytes(32))
    _, size, root, *_ = body["checkpoint"].split("\n")
    body["checkpoint"] = sign_checkpoint(stranger, body["origin"], int(size), base64.b64decode(root)).note.decode()
    body["vkey"] = stranger.vkey
    return canonical({"body": body, "seal": base64.b64encode(stranger.sign(pae(SEAL_TYPE, canonical(body)))).decode()})


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("verifier", NAMES)
def test_everybody_rejects_forgeries(exported, verifiers, tmp_path, verifier, forgery):
    """Each forgery is refused with exit 1 and a word on what is broken, and with no crash."""
    genuine = exported.bundle("case").read_bytes()
    forged = FORGERIES[forgery](genuine)
    assert forged != genuine
    (tmp_path / "forged.json").write_bytes(forged)
    code, said = verifiers[verifier](tmp_path / "forged.json", exported.vkey)
    assert code == 1
    assert "BROKEN: " in said
    assert "Traceback" not in said


@pytest.mark.parametrize("verifier", ["go", "browser"])
def test_who_checks_the_index_notices_what_the_key_holder_leaves_out(verifiers, tmp_path, verifier):
    """Dropped by the holder of the log's key, and sealed again: Go and the browser notice as our programs do."""
    bundle = json.loads((VECTORS / "bundle-case.json").read_text(encoding="utf-8"))
    bundle["body"]["entries"].pop(2)
    seed = json.loads((VECTORS / "key.json").read_text(encoding="utf-8"))["seed"]
    signer = Signer.from_seed("log.retention.example", bytes.fromhex(seed))
    sealed = base64.b64encode(signer.sign(pae(SEAL_TYPE, canonical(bundle["body"])))).decode()
    (tmp_path / "dropped.json").write_bytes(canonical({**bundle, "seal": sealed}))
    code, said = verifiers[verifier](tmp_path / "dropped.json", VKEY)
    assert (code, "BROKEN: index: the log counts other entries" in said) == (1, True), said


@pytest.mark.parametrize("verifier", NAMES[2:])
def test_lines_of_witnesses_do_no_harm(verifiers, tmp_path, verifier):
    """Further signature lines on the checkpoint are passed over by everybody."""
    body = json.loads((VECTORS / "bundle-denial.json").read_text(encoding="utf-8"))["body"]
    seed = json.loads((VECTORS / "key.json").read_text(encoding="utf-8"))["seed"]
    signer = Signer.from_seed("log.retention.example", bytes.fromhex(seed))
    body["checkpoint"] += "\N{EM DASH} witness.example " + base64.b64encode(bytes(76)).decode() + "\n"
    sealed = base64.b64encode(signer.sign(pae(SEAL_TYPE, canonical(body)))).decode()
    (tmp_path / "witnessed.json").write_bytes(canonical({"body": body, "seal": sealed}))
    code, said = verifiers[verifier](tmp_path / "witnessed.json", VKEY)
    assert code == 0, said


def test_the_browser_rejects_mutants(in_browser):
    """About a hundred seeded changes of bundles, shown to the page's own verification: none passes."""
    spec = importlib.util.spec_from_file_location("mutations", ROOT / "benchmarks" / "mutations.py")
    sweep = importlib.util.module_from_spec(spec)
    sys.modules["mutations"] = sweep
    spec.loader.exec_module(sweep)
    bundles, signer = sweep.load()
    game = sweep.Round(sweep.Random(7), bundles, signer, Signer.from_seed(sweep.ORIGIN, bytes(32)))
    made = [sweep.mutant(game) for _ in range(110)]
    mutants = [changed for name, genuine, changed in made if changed != genuine and not name.startswith("sealed")]
    assert len(mutants) > 90
    texts = json.dumps([text(mutant) for mutant in [*mutants, bundles["bundle-denial"]]])
    harness = f"""
    (async () => {{
      const passed = [];
      for (const [number, given] of {texts}.entries()) {{
        const bytes = Uint8Array.from(atob(given), (sign) => sign.charCodeAt(0));
        try {{ await verify(bytes, "{VKEY}"); passed.push(number); }} catch {{ /* rejected */ }}
      }}
      $("verdict").textContent = "PASSED " + passed.join();
    }})();
    """
    page = browser_page().decode().replace("\nstart();\n", harness)
    _, said = in_browser(page, b"", "")
    assert f"PASSED {len(mutants)} " in said  # the last one, which is genuine, and no other


def receipt(value):
    """Return a person's receipt, made by hand from docs/evidence/receipt.md; and the page's verdict is asked for."""
    signer = Signer.from_seed("log.retention.example", bytes(range(32)))
    case, salt = "C-20261123-7f3k2q", bytes(range(32, 64))
    message = b"\0".join([b"erasure-subject/v1", case.encode(), b"email", value.encode()])
    commitments = [merkle.leaf_hash(c) for c in (bytes(32), hmac.digest(salt, message, "sha256"), bytes(31) + b"1")]
    predicate = {
        "at": "2026-11-23T03:00:00Z",
        "caseId": case,
        "commitRoot": merkle.root(commitments).hex(),
        "count": 3,
        "epoch": "2026",
        "kind": "subjectsCommitted",
        "openingsDestroyAt": "2031-12-31T15:00:00Z",
        "planDigest": "ab" * 32,
        "scheme": "hmac-sha256-salted/v1",
        "statementId": "cd" * 32,
    }
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicate": predicate,
        "predicateType": "https://retention.example/attestation/erasure/v1",
        "subject": [{"digest": {"sha256": "ab" * 32}, "name": "urn:retention:plan"}],
    }
    envelope = seal(canonical(statement), signer)
    leaves = [merkle.leaf_hash(entry) for entry in (b"0", b"1", envelope, b"3", b"4")]
    note = sign_checkpoint(signer, "log.retention.example", len(leaves), merkle.root(leaves)).note.decode()
    path = " ".join(text(part) for part in (salt, *merkle.inclusion(commitments, 1)))
    lines = [
        "retention.example/receipt@v1",
        f"key {signer.vkey}",
        f"opening email 1 3 {path}",
        f"statement {envelope.decode()}",
        "c2sp.org/tlog-proof@v1",
        "index 2",
        *(text(part) for part in merkle.inclusion(leaves, 2)),
        "",
        note,
    ]
    return "\n".join(lines).encode()


def text(raw):
    """Return base64."""
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("asked", "answer"), [("email=\uff34aro@example.jp ", "YES"), ("email=hanako@example.jp", "NO")]
)
def test_a_person_checks_her_receipt_in_the_browser(in_browser, asked, answer):
    """The page says whether the receipt is authentic, and whether it is about the one who asks."""
    code, said = in_browser(browser_page().decode(), receipt("taro@example.jp"), VKEY, asked)
    assert code == 0, said
    assert "receipt, case C-20261123-7f3k2q" in said
    assert answer + ":" in said


@pytest.mark.parametrize(
    "change", [(b"index 2", b"index 3"), (b"email 1 3", b"email 1 4"), (b"receipt@v1", b"receipt@v2")]
)
def test_a_changed_receipt_is_broken(in_browser, change):
    """A receipt of another place or number is rejected."""
    code, said = in_browser(browser_page().decode(), receipt("taro@example.jp").replace(*change), VKEY)
    assert (code, "BROKEN: " in said) == (1, True)


def test_a_file_may_come_in_the_address(in_browser):
    """What follows `#` in the address is checked as a file would be: a QR code can open the page with its data."""
    content = (VECTORS / "bundle-denial.json").read_bytes()
    address = "#" + urlencode({"data": base64.urlsafe_b64encode(content).decode(), "key": VKEY})
    code, said = in_browser(browser_page().decode(), b"", "", address=address)
    assert code == 0, said
    assert "The key is the one you gave." in said


def test_a_browser_without_the_means_says_so(in_browser):
    """Where the browser cannot check Ed25519, the page says that nothing was checked; it does not say broken."""
    lacks = 'SubtleCrypto.prototype.importKey = () => { throw new DOMException("", "NotSupportedError"); };'
    lacking = browser_page().decode().replace('"use strict";', f'"use strict"; {lacks}', 1)
    code, said = in_browser(lacking, (VECTORS / "bundle-denial.json").read_bytes(), VKEY)
    assert code == 1
    assert "NOT CHECKED: this browser cannot check such signatures" in said
    assert "BROKEN" not in said


def test_the_page_opens_no_connection():
    """The page forbids itself every connection, and names no address that a browser would load."""
    page = browser_page().decode()
    assert "default-src 'none'" in page
    assert not [word for word in ("fetch(", "XMLHttpRequest", "src=", "href=", "@import", "url(") if word in page]


SCOPES = {
    "case": lambda case: [case],
    "--case": lambda case: ["--case", case],
    "--rule": lambda _: ["--rule", "tax-books"],
    "--dataset": lambda _: ["--dataset", "shop.notes"],
    "--period": lambda _: ["--period", "2026-11-01..2026-12-01"],
}


@pytest.mark.parametrize("scope", SCOPES)
def test_the_command_line_exports_and_verifies(exported, cli, tmp_path, scope):
    """A bundle of each kind, with the Python file and the page beside it, verifies in the words of both languages."""
    file = tmp_path / "bundle.json"
    said = cli("evidence", "export", *SCOPES[scope](exported.case), "-o", file, folder=exported.shop.folder)
    assert said.code == 0, said.all
    assert {path.name for path in tmp_path.iterdir()} == {"bundle.json", "verify_evidence.py", "verify_evidence.html"}
    for language, words in (("en", "what this shows"), ("ja", "示すこと")):
        told = cli("evidence", "verify", file, "--language", language, folder=exported.shop.folder)
        assert told.code == 0, told.all
        assert words in told.out
        assert "the one you gave" in told.out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "expected one of CASE"),
        (["--rule", "account", "--dataset", "shop.customers"], "expected one of CASE"),
        (["--period", "yesterday"], "expected FROM..TO"),
        (["--period", "2026-12-01..2026-11-01"], "ends after it begins"),
        (["--period", "2001-01-01..2001-02-01"], "expected statements in the period"),
        (["--rule", "no-such-rule"], "expected entries of the rule"),
        (["--dataset", "shop.nothing"], "expected entries of the dataset"),
    ],
)
def test_wrong_scopes_are_said_to_be_wrong(exported, cli, tmp_path, arguments, expected):
    """Nothing, two things, or something unknown is asked for: exit 2, and what was expected."""
    said = cli("evidence", "export", *arguments, "-o", tmp_path / "nothing.json", folder=exported.shop.folder)
    assert said.code == 2
    assert expected in " ".join(said.err.split())
    assert not list(tmp_path.iterdir())
