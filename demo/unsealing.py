"""Open the encrypted page that a person received, as her browser does; nothing of the product's code is used."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_BOX = re.compile(rb'id="box" type="application/json">(.*?)</script>', re.DOTALL)


def rows_inside(page: bytes, phrase: str) -> dict[str, tuple[int, int]]:
    """Return dataset → numbers of columns and of rows.

    Raises:
        cryptography.exceptions.InvalidTag: it is not the phrase of this page.

    """
    found = _BOX.search(page)
    box = json.loads(found[1]) if found else {}
    salt, nonce, data = (base64.b64decode(box[name]) for name in ("salt", "iv", "data"))
    key = hashlib.pbkdf2_hmac("sha256", phrase.replace("-", "").encode(), salt, box["rounds"])
    inside = json.loads(AESGCM(key).decrypt(nonce, data, b"retention-disclosure/v1"))
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(inside["zip"]))) as archive:
        told = json.loads(archive.read("data.json"))
    return {each["dataset"]: (len(each["columns"]), len(each["rows"])) for each in told["datasets"]}
