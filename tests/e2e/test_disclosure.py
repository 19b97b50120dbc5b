"""開示: a person is shown what we hold: read-only, encrypted, verified before it is given, gone at its date."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from retention.app import applying, disclosing
from retention.errors import FoundError, InputError, StateError, UnknownSubjectError
from retention.evidence import printing, verify
from retention.model.case import CaseState
from retention.model.disclosure import DeliverExport, DiscloseRows, ExportState
from retention.model.request_moves import RefusedItem
from retention.model.terms import Refusal, Right

SCHEMA = Path(__file__).parents[2] / "docs" / "disclosure-v1.schema.json"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=16)
SECRET = "hunter2-hunter2"  # noqa: S105 -- looked for, and never found

MAP = """\
  shop.logins:
    system: shop
    table: logins
    primary_key: [id]
    subject: {user_id: user_id}
    fields:
      password_hash: {category: account, identifies: directly}
      last_place: {category: account, identifies: indirectly}
  shop.segments:
    system: shop
    table: segments
    primary_key: [id]
    subject: {user_id: user_id}
    fields:
      guess: {category: guesses, identifies: "no", origin: inferred}
  shop.messages:
    system: shop
    table: messages
    primary_key: [id]
    parent: {shop.customers: [{sender: id}, {receiver: id}]}
    shared: true
    fields:
      body: {category: talks, identifies: directly}
      phone: {category: talks, identifies: directly, shows: others}
"""
POLICY = """\
  talks: {title: {ja: 会話, en: Talks}, purposes: [P3]}
  guesses: {title: {ja: 推定, en: Guesses}, purposes: [P4]}
rules:
"""


@dataclass
class Answered:
    """A case whose export is verified, and what the person finds in it."""

    app: Any
    case: str
    plan: Any
    data: dict[str, Any]
    members: dict[str, bytes]
    pages: dict[str, str]

    def rows(self, dataset: str) -> list[dict[str, Any]]:
        """The rows of a dataset by column."""
        (told,) = (each for each in self.data["datasets"] if each["dataset"] == dataset)
        return [dict(zip(told["columns"], row, strict=True)) for row in told["rows"]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Draw the phrase's key in a thousand rounds: nothing here is guessed."""
    real = disclosing.handing_out
    monkeypatch.setattr(applying, "handing_out", lambda context: replace(real(context), rounds=1000))


@pytest.fixture
def talking(shop):
    """The shop, with messages between two people, a password, and something that was inferred."""
    shop.change(
        "CREATE TABLE logins (id INTEGER PRIMARY KEY, user_id TEXT, password_hash TEXT, last_place TEXT)",
        f"INSERT INTO logins VALUES (1, 'c3', '{SECRET}', 'Osaka'), (2, 'c4', 'another-secret', 'Kyoto')",
        "CREATE TABLE segments (id INTEGER PRIMARY KEY, user_id TEXT, guess TEXT)",
        "INSERT INTO segments VALUES (1, 'c3', 'likes tea'), (2, 'c4', 'likes coffee')",
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, sender TEXT, receiver TEXT, body TEXT, phone TEXT)",
        "INSERT INTO messages VALUES (1, 'c3', 'c7', '=1+1', '090-7777'), (2, 'c8', 'c7', 'not his', '090-8888')",
        "UPDATE customers SET name = '<b>&Taro' WHERE id = 'c3'",
    )
    with (shop.folder / "datamap.yaml").open("a", encoding="utf-8") as file:
        file.write(MAP)
    policy = shop.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8").replace("regimes: [jp.appi]", "regimes: [jp.appi, eu.gdpr]")
    policy.write_text(text.replace("rules:\n", POLICY, 1) + PURPOSES, encoding="utf-8")
    return shop


PURPOSES = """\
purposes:
  P1: {title: {ja: 会員管理, en: Membership}, basis: contract}
  P2: {title: {ja: 請求, en: Billing}, basis: legal-obligation}
  P3: {title: {ja: 連絡, en: Messages}, basis: consent}
  P4: {title: {ja: 分析, en: Analysis}, basis: consent}
"""


def planned(app, right=Right.DISCLOSURE, subject="email=c3@mail.example", withhold=None, now=NOW):
    """Take a request as far as its approved plan."""
    case = app.open_request(subject, "post", now, right=right).case_id
    app.identify(case, "passport", now)
    app.accept(case, now, refused=[RefusedItem(item, (why,)) for item, why in (withhold or {}).items()])
    made = app.plan_request(case, now)
    for office in ("office", "second")[: 2 if made.crossings else 1]:
        app.approve(made.plan_id, made.digest, office, now)
    return case, made


def answered(app, right=Right.DISCLOSURE, withhold=None, now=NOW, **more):
    """Take a request down the road, open the file as the person does; return what is in it."""
    case, made = planned(app, right, withhold=withhold, now=now, **more)
    report = app.apply(made.plan_id, now)
    assert not report.failed, report.failed
    app.verify(made.plan_id, now)
    _, content = app.fetch_disclosure(case)
    pages, members = opened(content, phrase(app, case))
    return Answered(app, case, app.plan(made.plan_id)[0], json.loads(members["data.json"]), members, pages)


def phrase(app, case):
    """The pass phrase as the letter tells it."""
    letter = disclosing.letters(app.context, case)["letter.en"]
    return next(block.text for block in letter.blocks if type(block).__name__ == "Note")


def opened(content, secret):
    """Open the page by hand, as a browser does."""
    box = json.loads(re.search(rb'id="box" type="application/json">(.*?)</script>', content, re.DOTALL)[1])
    salt, nonce, data = (base64.b64decode(box[name]) for name in ("salt", "iv", "data"))
    key = hashlib.pbkdf2_hmac("sha256", secret.replace("-", "").encode(), salt, box["rounds"])
    inside = json.loads(AESGCM(key).decrypt(nonce, data, b"retention-disclosure/v1"))
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(inside["zip"]))) as archive:
        return inside["pages"], {name: archive.read(name) for name in archive.namelist()}


def test_a_person_is_shown_everything_of_hers_and_nothing_is_changed(talking):
    """Rows of every dataset by the identity graph, in four forms that agree; the stores are as they were."""
    before = talking.database.read_bytes()
    with talking.app() as app:
        told = answered(app)
        assert [type(step) for step in told.plan.steps] == [DiscloseRows] * 6 + [DeliverExport]
        assert told.rows("shop.customers") == [{"id": "c3", "email": "c3@mail.example", "name": "<b>&Taro"}]
        assert [row["amount"] for row in told.rows("shop.orders")] == [1003, 1003]
        assert told.rows("shop.orders")[0]["paid_at"].startswith("2016-05-10")
        assert told.rows("shop.segments") == [{"user_id": "c3", "guess": "likes tea"}]
        for each in told.data["datasets"]:
            name = each["dataset"]
            head, *rows = csv.reader(io.StringIO(told.members[f"csv/{name}.csv"].decode("utf-8-sig")))
            table = pq.read_table(io.BytesIO(told.members[f"parquet/{name}.parquet"]))
            assert (head, len(rows), table.num_rows) == (each["columns"], each["rowCount"], each["rowCount"])
        app.seal(told.plan.plan_id, NOW)
        assert app.context.ledger.cases.get(told.case).state is CaseState.CLOSED
    assert talking.database.read_bytes() == before


def test_others_are_masked_and_secrets_stay(talking):
    """Whom she wrote to and what is marked as another's is masked; a password is in no form of the file."""
    with talking.app() as app:
        told = answered(app)
        (message,) = told.rows("shop.messages")
        assert message == {"body": "=1+1", "phone": "[masked]", "receiver": "[masked]", "sender": "c3"}
        everything = "".join([*told.pages.values(), *(m.decode("utf-8", "replace") for m in told.members.values())])
        for foreign in (SECRET, "password_hash\n", "090-7777", "c7", "not his", "another-secret", "c4@mail"):
            assert foreign not in everything.replace('"password_hash"', ""), foreign
        assert told.rows("shop.logins") == [{"user_id": "c3", "last_place": "Osaka"}]
        assert {(u.dataset, u.fields, u.why) for u in told.plan.undisclosed} == {
            ("shop.logins", ("password_hash",), "secret")
        }
        csv_ = told.members["csv/shop.messages.csv"].decode("utf-8-sig")
        assert "'=1+1" in csv_
        assert "&lt;b&gt;&amp;Taro" in told.pages["en"]
        assert "<b>&Taro" not in told.pages["en"]


def test_purposes_retention_law_and_recipients_are_told_in_both_languages(talking):
    """For what, until when and under which law each category is kept, as `explain` says it; who receives it."""
    with (talking.folder / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "recipients:\n  parcels:\n    title: {ja: 宅配便, en: Parcels}\n    kind: third-party\n"
            "    categories: [account]\n    country: JP\n    purpose: {ja: 配達, en: Delivery}\n"
        )
    with talking.app() as app:
        told = answered(app)
    billing = {line["until"]["en"]: line for line in told.data["kept"] if line["dataset"] == "shop.orders"}
    assert billing.keys() == {"over since 1 June 2024", "1 June 2032"}
    assert "法人税" in billing["1 June 2032"]["why"]["ja"]
    purposes = {each["category"]: each["purposes"] for each in told.data["categories"]}
    assert purposes["billing"] == [{"ja": "請求", "en": "Billing"}]
    (receiver,) = told.data["recipients"]
    assert (receiver["recipient"]["ja"], receiver["kind"], receiver["categories"]) == (
        "宅配便",
        "third-party",
        ["account"],
    )
    for word in ("会員管理", "宅配便", "配達", "第三者提供先"):
        assert word in told.pages["ja"]


def test_a_category_withheld_for_a_reason_is_left_out_and_told(talking):
    """The decision comes with the plan; what is withheld is named with the law, and the rest is shown."""
    with talking.app() as app:
        told = answered(app, withhold={"notes": Refusal.RIGHTS_OF_OTHERS, "talks": Refusal.RIGHTS_OF_OTHERS})
        assert {each["dataset"] for each in told.data["datasets"]} == {
            *("shop.customers", "shop.orders", "shop.logins", "shop.segments")
        }
        left = {(each["dataset"], each["reason"], each["statute"]) for each in told.data["notShown"]}
        assert ("shop.notes", "rights-of-others", "jp.appi.33-2-1") in left
        assert "note about" not in told.members["data.json"].decode()
        with pytest.raises(InputError, match="categories"):
            planned(app, withhold={"nothing": Refusal.OTHER_LAW})
        with pytest.raises(InputError, match="lets nobody withhold"):
            planned(app, Right.PORTABILITY, withhold={"notes": Refusal.NOT_RETAINED_DATA})


def test_purposes_alone_are_told_without_a_value(talking):
    """Who asks for the purposes learns what for and how many, and no value leaves (WEB-10)."""
    with talking.app() as app:
        told = answered(app, Right.PURPOSE_NOTIFICATION)
    assert {each["rowCount"] for each in told.data["datasets"]} == {1, 2}
    assert not any(each["rows"] for each in told.data["datasets"])
    assert "c3@mail.example" not in "".join([*told.pages.values(), told.members["data.json"].decode()])
    assert "会員管理" in told.pages["ja"]


def test_the_machine_readable_form_is_what_its_schema_says(talking):
    """`data.json` of every right fits the published schema, which knows every member (TRI-22)."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    with talking.app() as app:
        told = answered(app, Right.PORTABILITY)
    jsonschema.validate(told.data, schema)
    for each in told.data["datasets"]:
        assert {len(row) for row in each["rows"]} == {len(each["columns"])}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told.data | {"more": 1}, schema)


def test_portable_is_what_was_provided_under_consent_or_contract(talking):
    """Inferred data and data kept by law stay out, and the file says so (GDPR 20(1))."""
    with talking.app() as app:
        told = answered(app, Right.PORTABILITY)
    assert {each["dataset"] for each in told.data["datasets"]} == {
        *("shop.customers", "shop.notes", "shop.logins", "shop.messages")
    }
    why = {each["dataset"]: each["reason"] for each in told.data["notShown"] if each["reason"] != "secret"}
    assert why == {"shop.orders": "other-basis", "shop.segments": "not-provided"}


def test_nothing_personal_is_in_evidence_logs_journal_or_errors(talking, caplog):
    """Statements, bundle, journal, plan and log lines hold counts and digests; it is complete (WEB-08)."""
    with talking.app() as app:
        told = answered(app)
        app.seal(told.plan.plan_id, NOW)
        bundle = app.bundle(told.case)
        report = verify(bundle)
        assert (report.broken, report.complete) == ("", True)
        journal = "".join(line.body for line in app.context.ledger.journal.entries(told.plan.plan_id))
        plan = app.context.ledger.plans.get(told.plan.plan_id).body.decode()
    decoded = "".join(json.dumps(fact.told) for fact in report.facts)
    for place in (decoded, journal, plan, caplog.text, bundle.decode()):
        for value in ("c3@mail.example", "Taro", "Osaka", "note about"):
            assert value not in place
    states = [fact.told["state"] for fact in report.facts if fact.kind == "disclosure"]
    assert states == ["read"] * 6 + ["delivered"]
    assert "C2" not in report.claims


def test_a_file_that_is_not_what_was_read_is_given_to_nobody(talking):
    """Changed, exchanged or gone: verification fails, the case is partial, and nothing is handed out."""
    with talking.app() as app:
        case, made = planned(app)
        app.apply(made.plan_id, NOW)
        with pytest.raises(StateError, match="has not been verified"):
            app.fetch_disclosure(case)
        (export,) = app.disclosures(case)
        content = app.context.exports.read(export.path)
        app.context.exports.put(export.path, content.replace(b'"rounds": 1000', b'"rounds": 1001'))
        with pytest.raises(FoundError, match="file, opens"):
            app.verify(made.plan_id, NOW)
        with pytest.raises(StateError):
            app.write_phrase(case, talking.folder / "letter")
        app.context.exports.put(export.path, content)
        app.apply(made.plan_id, NOW)
        talking.change("UPDATE notes SET body = 'changed since' WHERE customer_id = 'c3'")
        with pytest.raises(FoundError, match="digest"):
            app.verify(made.plan_id, NOW)
        after = NOW + timedelta(minutes=1)
        again = app.plan_request(case, after)
        app.approve(again.plan_id, again.digest, "office", after)
        app.apply(again.plan_id, after)
        app.verify(again.plan_id, after)
        old, new = app.disclosures(case)
        assert (old.state, new.state) == (ExportState.GONE, ExportState.LIVE)
        assert app.context.exports.paths("disclosures") == (new.path,)
        app.fetch_disclosure(case)
        app.context.exports.put(new.path, b"another")
        with pytest.raises(FoundError, match="not the one"):
            app.fetch_disclosure(case)


def test_an_export_is_gone_at_its_date_and_that_is_evidence(talking):
    """File and key are destroyed by the daily follow-up, once, and stated; nobody can make the phrase again."""
    with talking.app() as app:
        told = answered(app)
        app.seal(told.plan.plan_id, NOW)
        (export,) = app.disclosures(told.case)
        assert app.expire_disclosures(export.until - timedelta(seconds=1)) == ()
        app.follow_up(LATER)
        assert app.context.exports.paths("disclosures") == ()
        assert app.context.keys.read(export.key_name) is None
        assert app.disclosures(told.case)[0].state is ExportState.GONE
        assert app.expire_disclosures(LATER) == ()
        facts = [fact.told for fact in verify(app.bundle(told.case)).facts if fact.kind == "disclosure"]
        assert [fact["state"] for fact in facts][-1:] == ["gone"]
        assert facts[-1]["contentDigest"] == export.file_digest
        with pytest.raises(StateError):
            app.fetch_disclosure(told.case)


def test_an_export_comes_before_the_erasure_where_it_is_promised(talking):
    """The erasure waits until the export is handed over or denied; without the promise there is none (UMU-21)."""
    with talking.app() as app:
        erasure = app.open_request("user_id=c3", "post", NOW).case_id
        with pytest.raises(StateError, match="promises nobody"):
            app.open_export_first(erasure, NOW)
    promised = "requests: {answer_within: P14D, channels: [post, email], identity_documents: [passport]"
    policy = talking.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace(promised, promised + ", rights: {portability: {}, erasure: {}}"), encoding="utf-8")
    with talking.app() as app:
        first = app.open_export_first(erasure, NOW)
        assert app.open_export_first(erasure, NOW).case_id == first.case_id
        for case in (erasure, first.case_id):
            app.identify(case, "passport", NOW)
            app.accept(case, NOW)
        with pytest.raises(StateError, match=f"waits for the export of {first.case_id}"):
            app.plan_request(erasure, NOW)
        made = app.plan_request(first.case_id, NOW)
        app.approve(made.plan_id, made.digest, "office", NOW)
        app.apply(made.plan_id, NOW)
        app.verify(made.plan_id, NOW)
        app.seal(made.plan_id, NOW)
        assert app.plan_request(erasure, NOW).steps


def test_who_is_unknown_is_told_so(talking):
    """Nobody of that name: the case is denied with evidence, and no file is made (APPI 33(3))."""
    with talking.app() as app:
        with pytest.raises(UnknownSubjectError):
            planned(app, subject="email=nobody@mail.example")
        assert app.disclosures() == ()


def test_a_browser_opens_the_page_with_the_phrase_and_with_no_other(talking, tmp_path):
    """WebCrypto opens what we sealed; a wrong phrase opens nothing; its policy allows its own script and no request."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium (Debian: chromium)")
    with talking.app() as app:
        told = answered(app)
        secret, content = phrase(app, told.case), app.fetch_disclosure(told.case)[1].decode()
    (script,) = re.findall(r"<script>(.*?)</script>", content, re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; script-src 'sha256-{allowed}'" in content
    shown = {}
    for typed in (secret.upper().replace("-", " "), secret[:-1] + ("2" if secret[-1] != "2" else "3")):
        page = re.sub(r"<meta http-equiv=[^>]*>", "", content)  # the test's own script types the phrase
        page = page.replace("</body>", f"<script>unlock({json.dumps(typed)})</script></body>")
        file = tmp_path / "page.html"
        file.write_text(page, encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom"]
        profile = f"--user-data-dir={tmp_path}/profile"
        done = subprocess.run([program, *flags, profile, file.as_uri()], capture_output=True, text=True, check=True)
        shown[typed] = done.stdout
    right, wrong = shown.values()
    assert 'data-state="open"' in right
    assert "c3@mail.example" in right
    assert "c3@mail.example" not in wrong
    assert "The pass phrase is wrong" in wrong or "合い言葉が違う" in wrong


def test_the_commands_hand_out_file_and_letter_apart(talking, cli, tmp_path, monkeypatch):
    """By the command line, to an encrypted file; the plan shows what is masked and withheld; no value (WEB-08)."""
    monkeypatch.setattr(printing, "to_pdf", lambda _: None)  # other tests print

    def said(*arguments):
        answer = cli(*arguments, folder=talking.folder)
        assert answer.code == 0, answer.err
        return answer.out

    opened_ = said(
        "request", "open", "--subject", "user_id=c3", "--right", "disclosure", "--regime", "jp.appi", "--json"
    )
    case = json.loads(opened_)["case_id"]
    said("request", "identify", case, "--document", "passport")
    said("request", "decide", case, "accept", "--refuse", "billing=business-hindrance")
    planned_ = said("plan", "request", case)
    assert "others masked in phone, receiver, sender" in planned_
    assert "business-hindrance jp.appi.33-2-2" in planned_
    number, digest = re.search(r"Plan (P-\S+)", planned_)[1], re.search(r"digest (\w+)", planned_)[1]
    said("approve", number, "--digest", digest, "--by", "anna")
    said("apply", number)
    said("verify", number)
    file, folder = tmp_path / "your-data.html", tmp_path / "letter"
    everything = said("disclosure", "fetch", case, "-o", file) + said("disclosure", "letter", case, "-o", folder)
    everything += said("disclosure", "list") + said("disclosure", "expire")
    letter = (folder / "letter.ja.html").read_text(encoding="utf-8")
    (secret,) = re.findall(r"\b(?:[2-9a-z]{5}-){4}[2-9a-z]{5}\b", letter)
    assert "<b>&Taro" in opened(file.read_bytes(), secret)[1]["data.json"].decode()
    assert secret not in everything + opened_ + planned_
    assert "Taro" not in everything + letter
    assert b"Taro" not in file.read_bytes()
    assert cli("disclosure", "fetch", "C-20261123-none99", folder=talking.folder).code == 2
