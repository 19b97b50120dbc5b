"""A real time-stamping authority (`openssl ts -reply` behind HTTP), and authorities that fail."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from retention.evidence import verify
from retention.evidence.stamping import STAMPED

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program openssl")
CONFIG = """\
[tsa]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Test authority
[ts]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""


class Authority:
    """Answers with openssl; `answer` may be replaced by a lie."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tsa.cnf").write_text(CONFIG, encoding="utf-8")
        (folder / "serial").write_text("01\n", encoding="utf-8")
        make = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out tsa.pem -days 30 -config tsa.cnf -extensions ts"
        self.run(make)
        self.answer = self.reply
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                content = authority.answer(body)
                self.send_response(200 if content else 503)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run openssl in the folder."""
        return subprocess.run(["openssl", *line.split()], cwd=self.folder, capture_output=True, text=True, check=False)

    def reply(self, request: bytes) -> bytes:
        """Stamp the request."""
        (self.folder / "request.tsq").write_bytes(request)
        signer = "-signer tsa.pem -inkey key.pem"
        done = self.run(f"ts -reply -config tsa.cnf -section tsa -queryfile request.tsq {signer} -out reply.tsr")
        assert done.returncode == 0, done.stderr
        return (self.folder / "reply.tsr").read_bytes()


@pytest.fixture
def authority(tmp_path):
    """Start one; stop it afterwards."""
    folder = tmp_path / "tsa"
    folder.mkdir()
    made = Authority(folder)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def stamped(shop, authority):
    """The shop, whose checkpoints the authority stamps."""
    settings = shop.folder / "retention.yaml"
    text = settings.read_text(encoding="utf-8")
    asked = f'origin: shop.example/log, timestamps: "{authority.url}"'
    settings.write_text(text.replace("origin: shop.example/log", asked), encoding="utf-8")
    return shop


def test_a_bundle_carries_a_stamp_that_openssl_verifies(stamped, authority, cli, tmp_path):
    """The stamp is over the checkpoint's three lines; over any other bytes it does not verify."""
    with stamped.app() as app:
        case = app.open_request("user_id=c3", "post", datetime.now(UTC))
        app.deny(case.case_id, "not-retained-data", case.opened_at)
    bundle = tmp_path / "bundle.json"
    assert cli("evidence", "export", case.case_id, "-o", bundle, folder=stamped.folder).code == 0
    assert verify(bundle.read_bytes()).authentic
    body = json.loads(bundle.read_bytes())["body"]
    (token,) = [item["content"] for item in body["attachments"] if item["name"] == "checkpoint.tsr"]
    (authority.folder / "token.tsr").write_bytes(base64.b64decode(token))
    head = "".join(line + "\n" for line in body["checkpoint"].split("\n")[:3])
    (authority.folder / "head").write_text(head, encoding="utf-8")
    (authority.folder / "other").write_text(head.replace("shop", "shqp"), encoding="utf-8")
    line = "ts -verify -data {} -in token.tsr -CAfile tsa.pem"
    good = authority.run(line.format("head"))
    assert "Verification: OK" in good.stdout + good.stderr
    assert authority.run(line.format("other")).returncode != 0


def test_an_authority_that_fails_or_lies_holds_nobody_up(stamped, authority, cli):
    """No answer, nonsense, a stamp of other bytes or an old answer replayed: published all the same, and stated."""
    cli("hold", "place", "--subject", "user_id=c3", "--reason", "litigation", folder=stamped.folder)
    for answer in (lambda _: b"", lambda _: b"0\x03nonsense", lambda _: b"\x30\x80" + b"x" * 500):
        authority.answer = answer
        said = cli("evidence", "publish", folder=stamped.folder)
        assert said.code == 0, said.all
        assert "NOT time-stamped" in said.out
    assert not (stamped.folder / "evidence" / STAMPED).exists()
    kept = []
    authority.answer = lambda request: kept.append(authority.reply(request)) or kept[0]
    assert "time-stamped (checkpoint.tsr)" in cli("evidence", "publish", folder=stamped.folder).out
    cli("hold", "place", "--subject", "user_id=c4", "--reason", "litigation", folder=stamped.folder)
    assert "NOT time-stamped" in cli("evidence", "publish", folder=stamped.folder).out
