from __future__ import annotations

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from retention.errors import FoundError, InputError
from retention.evidence import EvidenceLog, Signer, page, printing, qr, subjects
from retention.evidence.blocks import Code, Document
from retention.evidence.receipt import LARGEST, read_receipt, write_receipt
from retention.model.facts import HoldPlaced, Recorded, SubjectsCommitted
from retention.model.ids import CaseId, HoldId
from retention.model.subject import SubjectKey
from tests.doubles.log import MemorySequence, MemoryTiles

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
CASE = CaseId("C-20261123-7f3k2q")
TARO = SubjectKey("email", "taro@example.jp")


def make(others: int = 1, *, keys: int = 3) -> tuple[EvidenceLog, bytes]:
    """Return a log with one commitment between other entries, and the receipt of its person."""
    name = "log.retention.example"
    log = EvidenceLog(MemorySequence(), MemoryTiles(), Signer.from_seed(name, bytes(range(32))), name)
    people = [TARO, *(SubjectKey("device_id", f"d{number}") for number in range(keys - 1))]
    made = subjects.commit(bytes(32), CASE, "ab" * 32, people)
    for number in range(others):
        log.record(Recorded(None, AT, HoldPlaced(HoldId(f"H-{number}"), "litigation")))
    fact = SubjectsCommitted("ab" * 32, made.count, made.root.hex(), subjects.SCHEME, "2026", AT)
    entry = log.record(Recorded(CASE, AT, fact))
    log.record(Recorded(None, AT, HoldPlaced(HoldId("H-last"), "litigation")))
    openings = dict(made.openings())
    return log, write_receipt(log, entry, [openings[key] for key in people])


LOG, RECEIPT = make()


def test_a_receipt_is_about_its_person_and_nobody_else() -> None:
    """It reads back, pinned or not; it knows its person in any letter case and width, and no one else."""
    found = read_receipt(RECEIPT, LOG.vkey)
    assert found.statement.case_id == CASE
    assert found.index == 1
    assert read_receipt(RECEIPT) == found
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in "taro@example.jp")
    for same in ("taro@example.jp", " TARO@example.JP", wide):
        assert found.is_about(SubjectKey("email", same))
    assert found.is_about(SubjectKey("device_id", "d1"))
    for other in (SubjectKey("email", "jiro@example.jp"), SubjectKey("user_id", "taro@example.jp")):
        assert not found.is_about(other)


def test_a_receipt_holds_no_value() -> None:
    """The value stands in it neither in the clear nor in what is base64 in it."""
    decoded = base64.b64decode(json.loads(RECEIPT.split(b"statement ")[1].split(b"\n")[0])["payload"])
    assert b"taro" not in (RECEIPT + decoded).lower()


def test_a_receipt_under_another_key_is_refused() -> None:
    """A key given by another way must be the receipt's own; text that is no key is wrong input."""
    other = Signer.from_seed("log.retention.example", bytes(32)).vkey
    with pytest.raises(FoundError, match="another key"):
        read_receipt(RECEIPT, other)
    with pytest.raises(InputError):
        read_receipt(RECEIPT, "no key")


@given(st.integers(0, len(RECEIPT) - 1), st.integers(1, 255))
@settings(max_examples=150)
def test_any_changed_byte_is_found(place: int, change: int) -> None:
    """One byte changed anywhere: broken, or (in a salt or path) it is about nobody any more."""
    changed = bytearray(RECEIPT)
    changed[place] ^= change
    try:
        found = read_receipt(bytes(changed), LOG.vkey)
    except FoundError:
        return
    assert (
        not found.is_about(TARO)
        or not found.is_about(SubjectKey("device_id", "d1"))
        or not found.is_about(SubjectKey("device_id", "d0"))
    )


@given(st.integers(0, len(RECEIPT) - 1))
@settings(max_examples=60)
def test_a_cut_receipt_is_broken(length: int) -> None:
    """A receipt that ends early, or goes on, is refused."""
    with pytest.raises(FoundError):
        read_receipt(RECEIPT[:length], LOG.vkey)
    with pytest.raises(FoundError):
        read_receipt(RECEIPT + b"x\n", LOG.vkey)


def test_a_statement_of_another_kind_is_refused() -> None:
    """A receipt around a signed statement that commits to nobody is broken."""
    other = LOG.sequence.entries(0, 1)
    (entry,) = other
    ((_, opening),) = subjects.commit(bytes(32), CASE, "ab" * 32, [TARO]).openings()
    with pytest.raises(FoundError, match="statement"):
        read_receipt(write_receipt(LOG, entry, [opening]), LOG.vkey)


def test_it_fits_one_code_with_a_million_entries() -> None:
    """In a log of 2^20 entries and with two witnesses it is still within 2,953 bytes."""
    proof = 45 * (20 - len(RECEIPT.split(b"index ")[1].split(b"\n\n")[0].splitlines()) + 1)
    witnesses = 2 * 128
    assert len(make(keys=1)[1]) + proof + witnesses + len("000000") * 2 <= LARGEST


def test_openings_that_do_not_fit_are_left_out() -> None:
    """A person with a hundred devices gets a receipt that fits, and the key she gave is in it."""
    _, receipt = make(keys=100)
    assert len(receipt) <= LARGEST
    assert read_receipt(receipt).is_about(TARO)


def scanned(image: Image.Image) -> bytes:
    """Return what a scanner reads."""
    (code,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return bytes(code.bytes)


def test_the_code_decodes_to_the_receipt() -> None:
    """A scanner that we did not write reads from the modules what verifies."""
    matrix = qr.modules(RECEIPT)
    size, scale = len(matrix) + 2 * qr.QUIET, 4
    image = Image.new("L", (size * scale, size * scale), 255)
    for x, y, length in qr.runs(matrix):
        box = [(x + qr.QUIET) * scale, (y + qr.QUIET) * scale]
        image.paste(0, (box[0], box[1], box[0] + length * scale, box[1] + scale))
    assert read_receipt(scanned(image), LOG.vkey).is_about(TARO)


def test_the_largest_code_decodes() -> None:
    """2,953 bytes make version 40 and read back; one more is refused."""
    assert len(qr.modules(bytes(LARGEST))) == 177
    with pytest.raises(ValueError, match="too large"):
        qr.modules(bytes(LARGEST + 1))


def printed_code() -> Document:
    """Return a page with the code."""
    code = Code(qr.modules(RECEIPT), "code", ("お控え",), (("log", "x"),))
    return Document("ja", "会社", "題", "副題", (code,), "foot", "mark")


def test_the_screen_shows_the_same_code() -> None:
    """The SVG in the page is exactly the code's dark modules."""
    html = page.render(printed_code())
    path = html.split('<path d="')[1].split('"')[0]
    runs = [part.split("v")[0] for part in path.split("M")[1:]]
    drawn = [(int(x), int(rest.split("h")[0]), int(rest.split("h")[1])) for x, rest in (run.split(" ") for run in runs)]
    assert drawn == qr.runs(qr.modules(RECEIPT))


def test_the_printed_code_decodes(tmp_path: Path) -> None:
    """Printed on paper at 300 dots an inch, the code still reads and verifies."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is not installed (Debian: poppler-utils)")
    (tmp_path / "page.pdf").write_bytes(printing.to_pdf(printed_code()) or b"")
    subprocess.run(["pdftoppm", "-r", "300", "-gray", "page.pdf", "page"], cwd=tmp_path, check=True)
    (picture,) = tmp_path.glob("page*.pgm")
    assert read_receipt(scanned(Image.open(picture)), LOG.vkey).is_about(TARO)
