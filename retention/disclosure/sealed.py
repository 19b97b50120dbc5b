"""One self-contained page that any browser opens with a pass phrase: AES-256-GCM, key by PBKDF2 (RFC 8018).

Whoever receives it needs no program: the page decrypts itself by WebCrypto, loads nothing and sends nothing (its
content policy allows its own script alone). The phrase has 123 bits of chance, so that guessing is hopeless even for
who has the file; it is drawn from a key of the export's own, so that the same export has the same phrase after a
crash, and nobody has it once that key is destroyed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

ROUNDS: Final = 600_000
"""OWASP's figure for PBKDF2-HMAC-SHA-256 (Password Storage Cheat Sheet, 2023)."""
BOUND_TO: Final = b"retention-disclosure/v1"
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0, 1, i, l, o, which people mistake for one another on paper."""
_GROUPS, _GROUP = 5, 5
_KEY, _SALT, _NONCE = 32, 16, 12
_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def phrase_of(key: bytes) -> str:
    """Return the pass phrase that belongs to the export's key: five groups of five letters and digits."""
    drawn = HKDF(hashes.SHA256(), _KEY, salt=None, info=b"disclosure pass phrase v1").derive(key)
    number, text = int.from_bytes(drawn), ""
    for _ in range(_GROUPS * _GROUP):
        number, at = divmod(number, len(_LETTERS))
        text += _LETTERS[at]
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def seal(pages: Mapping[str, str], archive: bytes, phrase: str, *, sender: Mapping[str, str], rounds: int) -> bytes:
    """Return the encrypted page.

    Args:
        pages: The readable page, by language.
        archive: The ZIP for machines.
        phrase: What opens it; case, spaces and hyphens do not count.
        sender: The company's name by language, which the page shows before it is opened.
        rounds: Of PBKDF2; `ROUNDS`, fewer in tests alone.

    """
    content = json.dumps({"pages": dict(pages), "zip": base64.b64encode(archive).decode()}, ensure_ascii=False).encode()
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    key = PBKDF2HMAC(hashes.SHA256(), _KEY, salt, rounds).derive(re.sub(r"[\s-]", "", phrase).lower().encode())
    box = {
        "v": 1,
        "kdf": "PBKDF2-HMAC-SHA-256",
        "rounds": rounds,
        "salt": base64.b64encode(salt).decode(),
        "iv": base64.b64encode(nonce).decode(),
        "data": base64.b64encode(AESGCM(key).encrypt(nonce, content, BOUND_TO)).decode(),
    }
    return _shell(json.dumps(box), json.dumps(dict(sender), ensure_ascii=False))


def _shell(box: str, sender: str) -> bytes:
    """Put the box into the page, and let the page run nothing but its own script."""
    shell = (files("retention.disclosure") / "shell.html").read_text(encoding="utf-8")
    (script,) = _SCRIPT.findall(shell)
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    for name, value in (("SCRIPT_HASH", allowed), ("SENDER", sender.replace("<", "\\u003c")), ("BOX", box)):
        shell = shell.replace(f"%{name}%", value, 1)
    return shell.encode()
