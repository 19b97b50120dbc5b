"""Does a changed bundle ever pass? `python -m benchmarks.mutations --times 100000 [--seed N]`.

Every round takes one of the published test vectors (a bundle of a case, rule, dataset, period …),
changes it in one way, and shows it to the command line's verification and to the single file, with
the log's key pinned. Both must reject it, for the same named reason. One that passes, or raises,
ends the sweep and is written to `mutant.json`. With `--also COMMAND` a third program is asked about all but the
sealed ones: `--also 'sh docs/evidence/recipes/verify.sh'`. Three families of changes:

bytes    flipped, dropped, inserted, repeated, swapped, cut off
form     whatever can be done without the log's key: proofs, hashes, entries, times, other keys …
sealed   what only the holder of the log's key could do: leave out, replay, lie, and seal again
"""

from __future__ import annotations

import argparse
import base64
import copy
import hashlib
import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from retention.evidence import Signer, canonical, verifier, verify
from retention.evidence.dsse import STATEMENT_TYPE, pae, seal
from retention.evidence.note import sign_checkpoint
from retention.evidence.verifier import SEAL_TYPE

VECTORS = Path(__file__).parents[1] / "docs" / "evidence" / "vectors"
ORIGIN = "log.retention.example"
BYTES_SHARE, SEALED_SHARE = 0.6, 0.05
"""Of the rounds; the rest is of the second family."""

Bundle: TypeAlias = dict[str, Any]
Bytes: TypeAlias = Callable[[Random, bytes], bytes]
Form: TypeAlias = Callable[["Round", Bundle], object]


@dataclass(frozen=True)
class Round:
    """What a change may use."""

    chance: Random
    bundles: Mapping[str, bytes]
    signer: Signer
    """The log's own."""
    stranger: Signer
    """Another key under the log's name."""

    def entry(self, bundle: Bundle) -> Bundle:
        """Return one of the bundle's entries."""
        found: Bundle = self.chance.choice(bundle["body"]["entries"])
        return found

    def other(self) -> Bundle:
        """Return another bundle of the same log."""
        parsed: Bundle = json.loads(self.chance.choice(list(self.bundles.values())))
        return parsed


# --- bytes ---------------------------------------------------------------------------------------


def flip(chance: Random, raw: bytes) -> bytes:
    """Flip one to three bits."""
    changed = bytearray(raw)
    for _ in range(chance.randint(1, 3)):
        changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def drop(chance: Random, raw: bytes) -> bytes:
    """Leave out a few bytes."""
    at = chance.randrange(len(raw))
    return raw[:at] + raw[at + chance.randint(1, 40) :]


def insert(chance: Random, raw: bytes) -> bytes:
    """Put a few bytes in."""
    at = chance.randrange(len(raw) + 1)
    piece = chance.choice([b" ", b"\n", b"\t", b"=", b"0", b",", b'""', b"\\u0041", chance.randbytes(3)])
    return raw[:at] + piece + raw[at:]


def repeat(chance: Random, raw: bytes) -> bytes:
    """Write a stretch twice."""
    at, length = chance.randrange(len(raw)), chance.randint(1, 200)
    return raw[: at + length] + raw[at : at + length] + raw[at + length :]


def swap(chance: Random, raw: bytes) -> bytes:
    """Swap two stretches of the same length."""
    length = chance.randint(1, 60)
    first, second = sorted(chance.sample(range(0, len(raw) - length, length), 2))
    middle = raw[first + length : second]
    return raw[:first] + raw[second : second + length] + middle + raw[first : first + length] + raw[second + length :]


def cut(chance: Random, raw: bytes) -> bytes:
    """Keep only the beginning, or only the end."""
    at = chance.randrange(1, len(raw))
    return chance.choice([raw[:at], raw[:at], raw[at:]])


def digit(chance: Random, raw: bytes) -> bytes:
    """Change one digit."""
    digits = b"0123456789"
    at = chance.choice([at for at, byte in enumerate(raw) if byte in digits])
    return raw[:at] + bytes([chance.choice([byte for byte in digits if byte != raw[at]])]) + raw[at + 1 :]


def respell(chance: Random, raw: bytes) -> bytes:
    """Write the same document in another spelling: spaces, order, escapes, padding."""
    parsed = json.loads(raw)
    spellings = [
        json.dumps(parsed, ensure_ascii=False).encode(),
        json.dumps(parsed, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode(),
        json.dumps({"seal": parsed["seal"], "body": parsed["body"]}, separators=(",", ":")).encode(),
        raw + b"\n",
        b"\xef\xbb\xbf" + raw,
        raw.replace(b"/", b"\\/", 1),
        raw.replace(b'="', b'"', chance.randint(1, 9)),
        raw.replace(b"+", b"-"),
        raw.replace(b'"index":', b'"index":0', 1),
        raw.replace(b'{"body":', b'{"body":{},"body":', 1),
    ]
    return chance.choice(spellings)


BYTES: tuple[Bytes, ...] = (flip, drop, insert, repeat, swap, cut, digit, respell)


# --- form: without the log's key -----------------------------------------------------------------


def swapped_proofs(_: Round, bundle: Bundle) -> None:
    """Give two entries each other's proof."""
    first, second = bundle["body"]["entries"][0], bundle["body"]["entries"][-1]
    first["proof"], second["proof"] = second["proof"], first["proof"]


def truncated_hash(game: Round, bundle: Bundle) -> None:
    """Cut a hash of a proof short."""
    proof = game.entry(bundle)["proof"]
    at = game.chance.randrange(len(proof))
    raw = base64.b64decode(proof[at])[: game.chance.randrange(32)]
    proof[at] = base64.b64encode(raw).decode()


def shorter_proof(game: Round, bundle: Bundle) -> None:
    """Leave a hash out of a proof."""
    proof = game.entry(bundle)["proof"]
    proof.pop(game.chance.randrange(len(proof)))


def longer_proof(game: Round, bundle: Bundle) -> None:
    """Put a hash into a proof."""
    proof = game.entry(bundle)["proof"]
    proof.insert(game.chance.randrange(len(proof) + 1), base64.b64encode(game.chance.randbytes(32)).decode())


def dropped_statement(game: Round, bundle: Bundle) -> None:
    """Leave an entry out."""
    entries = bundle["body"]["entries"]
    entries.pop(game.chance.randrange(len(entries)))


def replayed_statement(game: Round, bundle: Bundle) -> None:
    """Put an entry in a second time, or one that belongs to another bundle."""
    body = bundle["body"]
    foreign = [e for e in game.other()["body"]["entries"] if e not in body["entries"]]
    entry = copy.deepcopy(game.chance.choice(foreign or body["entries"]))
    if not foreign and game.chance.choice([True, False]):
        entry["index"] = max(each["index"] for each in body["entries"]) + 1
    body["entries"] = sorted([*body["entries"], entry], key=lambda each: each["index"])


def moved_statement(game: Round, bundle: Bundle) -> None:
    """Claim another number for an entry."""
    entry = game.entry(bundle)
    entry["index"] = game.chance.choice([n for n in range(40) if n != entry["index"]])


def swapped_statements(game: Round, bundle: Bundle) -> None:
    """Swap what two entries state."""
    entries = bundle["body"]["entries"]
    first, second = game.chance.sample(range(len(entries)), 2)
    entries[first]["envelope"], entries[second]["envelope"] = entries[second]["envelope"], entries[first]["envelope"]


def _told_anew(entry: Bundle, change: Callable[[Bundle], object], signer: Signer | None) -> None:
    """Change what an entry states; sign it with another key, or keep the signature."""
    envelope = json.loads(base64.b64decode(entry["envelope"]))
    statement = json.loads(base64.b64decode(envelope["payload"]))
    change(statement["predicate"])
    payload = canonical(statement)
    if signer is not None:
        raw = seal(payload, signer)
    else:
        raw = canonical({**envelope, "payload": base64.b64encode(payload).decode()})
    entry["envelope"] = base64.b64encode(raw).decode()


def forged_time(game: Round, bundle: Bundle) -> None:
    """State a fact at another time."""
    year = game.chance.randint(2000, 2025)
    _told_anew(game.entry(bundle), lambda told: told.update(at=f"{year}-01-01T00:00:00Z"), None)


def forged_count(game: Round, bundle: Bundle) -> None:
    """State another count, signed by a stranger."""

    def change(told: Bundle) -> None:
        name = game.chance.choice(sorted(told))
        told[name] = game.chance.randrange(10**6) if isinstance(told[name], int) else told[name]
        told["rows"] = game.chance.randrange(10**6)

    _told_anew(game.entry(bundle), change, game.stranger)


def other_signature(game: Round, bundle: Bundle) -> None:
    """Put another signature on an entry: a stranger's, or one of the log over something else."""
    entry = game.entry(bundle)
    envelope = json.loads(base64.b64decode(entry["envelope"]))
    payload = base64.b64decode(envelope["payload"])
    forgeries = [game.stranger.sign(pae(STATEMENT_TYPE, payload)), game.signer.sign(payload), bytes(64)]
    envelope["signatures"][0]["sig"] = base64.b64encode(game.chance.choice(forgeries)).decode()
    entry["envelope"] = base64.b64encode(canonical(envelope)).decode()


def old_checkpoint(game: Round, bundle: Bundle) -> None:
    """Put a genuine checkpoint of another size, root, origin or bundle in."""
    size, root = game.chance.randrange(40), game.chance.randbytes(32)
    origin = game.chance.choice([ORIGIN, ORIGIN, "other.example"])
    bundle["body"]["checkpoint"] = sign_checkpoint(game.signer, origin, size, root).note.decode()


def strangers_checkpoint(game: Round, bundle: Bundle) -> None:
    """Let a stranger with the log's name sign the checkpoint; or add his line."""
    _, size, root, *_ = bundle["body"]["checkpoint"].split("\n")
    note = sign_checkpoint(game.stranger, ORIGIN, int(size), base64.b64decode(root)).note.decode()
    both = bundle["body"]["checkpoint"] + note.rsplit("\n\n", 1)[1]
    bundle["body"]["checkpoint"] = game.chance.choice([note, both])


def resigned(game: Round, bundle: Bundle) -> None:
    """Sign everything again with a stranger's key, and bring that key along."""
    strangers_checkpoint(game, bundle)
    body = bundle["body"]
    body["vkey"] = game.stranger.vkey
    bundle["seal"] = base64.b64encode(game.stranger.sign(pae(SEAL_TYPE, canonical(body)))).decode()


def wrong_key(game: Round, bundle: Bundle) -> None:
    """Name another key, or the right one in another way."""
    vkey = bundle["body"]["vkey"]
    others = [game.stranger.vkey, vkey.replace("+", "+0", 1), vkey[:-4], "x" + vkey, vkey + "=", vkey.lower(), ""]
    bundle["body"]["vkey"] = game.chance.choice(others)


def swapped_attachments(game: Round, bundle: Bundle) -> None:
    """Swap two attachments' bytes or their order, or drop or rename one."""
    attached = bundle["body"]["attachments"]
    if not attached[1:]:
        attached.append({"content": "", "name": "a", "sha256": hashlib.sha256(b"").hexdigest()})
        return
    first, second = game.chance.sample(range(len(attached)), 2)
    match game.chance.randrange(4):
        case 0:
            attached[first], attached[second] = attached[second], attached[first]
        case 1:
            for part in ("content", "sha256"):
                attached[first][part], attached[second][part] = attached[second][part], attached[first][part]
        case 2:
            attached.pop(first)
        case _:
            attached[first]["name"] += "x"


def other_scope(game: Round, bundle: Bundle) -> None:
    """Say that the bundle is about something else."""
    scopes: list[Bundle] = [
        {"case": "C-20261124-7f3k2q"},
        {"rule": "account"},
        {"dataset": "lake.viewing"},
        {"from": "2020-01-01T00:00:00Z", "to": "2021-01-01T00:00:00Z"},
        {},
    ]
    bundle["body"]["scope"] = game.chance.choice([scope for scope in scopes if scope != bundle["body"]["scope"]])


def other_index(game: Round, bundle: Bundle) -> None:
    """Spoil the proof that nothing is missing, or the checkpoint before."""
    body = bundle["body"]
    if body["index"] is None:
        body["before"] = None if body["before"] else game.other()["body"]["before"] or {"checkpoint": "", "proof": []}
        return
    head = game.chance.choice(body["index"]["heads"])
    match game.chance.randrange(5):
        case 0:
            head["place"] += game.chance.choice([1, -1, 100])
        case 1:
            head["proof"] = head["proof"][1:] if head["proof"] else ["A" * 43 + "="]
        case 2:
            body["index"]["heads"].remove(head)
        case 3:
            body["index"]["at"] = game.chance.choice([n for n in range(40) if n != body["index"]["at"]])
        case _:
            head["key"] = "case:C-20261125-7f3k2q"


def other_summary(game: Round, bundle: Bundle) -> None:
    """Claim more, own up to less, forget what remains."""
    summary = bundle["body"]["summary"]
    match game.chance.randrange(5):
        case 0:
            summary["claims"] = [*summary["claims"], {"code": "C10", "en": "All is well.", "ja": "問題ありません。"}]
        case 1:
            summary["limits"] = summary["limits"][1:]
        case 2:
            summary["open"] = [] if summary["open"] else ["nothing"]
        case 3:
            summary["remains"] = [] if summary["remains"] else [{"system": "a", "until": "b", "what": "c"}]
        case _:
            summary["verifications"]["passed"] += 1


def other_form(game: Round, bundle: Bundle) -> None:
    """Put something of another type somewhere, or a name that has no place."""
    body = bundle["body"]
    name = game.chance.choice(sorted(set(body) - {"attachments"}))
    junk = game.chance.choice([None, 1, True, "", [], {}, [[]], {"a": 1}, [None], "\ud7ff", -1])
    if game.chance.choice([True, False]):
        while junk == body[name]:
            junk = 7
        body[name] = junk
    elif game.chance.choice([True, False]):
        game.entry(bundle)[game.chance.choice(["envelope", "index", "proof", "more"])] = junk if junk != 1 else 99
    else:
        bundle[game.chance.choice(["body", "seal", "more"])] = junk


FORMS: tuple[Form, ...] = (
    swapped_proofs,
    truncated_hash,
    shorter_proof,
    longer_proof,
    dropped_statement,
    replayed_statement,
    moved_statement,
    swapped_statements,
    forged_time,
    forged_count,
    other_signature,
    old_checkpoint,
    strangers_checkpoint,
    resigned,
    wrong_key,
    swapped_attachments,
    other_scope,
    other_index,
    other_summary,
    other_form,
)

WITH_THE_KEY = tuple(form for form in FORMS if form not in {resigned, swapped_attachments, strangers_checkpoint})
"""What must be rejected even if the log's own key seals it again.

Not among them: fewer attachments and further signature lines, which the log may well seal.
"""


# --- the sweep -----------------------------------------------------------------------------------


def load() -> tuple[dict[str, bytes], Signer]:
    """Return the vectors' bundles, and the signer of their log."""
    bundles = {path.stem: path.read_bytes() for path in sorted(VECTORS.glob("bundle-*.json"))}
    key = json.loads((VECTORS / "key.json").read_text(encoding="utf-8"))
    return bundles, Signer.from_seed(ORIGIN, bytes.fromhex(key["seed"]))


def mutant(game: Round) -> tuple[str, bytes, bytes]:
    """Return the change's name, the bundle it was made from, and the changed bundle."""
    share = game.chance.random()
    if share < BYTES_SHARE:
        genuine = game.bundles[game.chance.choice(sorted(game.bundles))]
        change = game.chance.choice(BYTES)
        return f"bytes: {change.__name__}", genuine, change(game.chance, genuine)
    sealed = share > 1 - SEALED_SHARE
    form = game.chance.choice(WITH_THE_KEY if sealed else FORMS)
    genuine = game.bundles[game.chance.choice(sorted(game.bundles))]
    bundle = json.loads(genuine)
    form(game, bundle)
    if sealed and isinstance(bundle.get("body"), dict):
        bundle["seal"] = base64.b64encode(game.signer.sign(pae(SEAL_TYPE, canonical(bundle["body"])))).decode()
    return f"{'sealed' if sealed else 'form'}: {form.__name__}", genuine, canonical(bundle)


def judged(changed: bytes, vkey: str) -> tuple[str, str]:
    """Return why the command line's verification and the single file reject it; empty if one does not."""
    return verify(changed, vkey).broken, verifier.verify(changed, vkey).broken


def asked(command: str, changed: bytes, vkey: str) -> int:
    """Return the exit code with which another program answers; 1 is right."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bundle.json"
        file.write_bytes(changed)
        words = [*shlex.split(command), str(file), vkey]
        return subprocess.run(words, capture_output=True, check=False).returncode  # noqa: S603 -- the caller's own


def sweep(times: int, seed: int, also: str = "") -> tuple[Counter[str], Counter[str]]:
    """Make and judge that many mutants; return how many of each change, and how many for each kind of reason.

    Raises:
        AssertionError: one passed, or the two do not agree.

    """
    bundles, signer = load()
    stranger = Signer.from_seed(ORIGIN, bytes(32))
    game = Round(Random(seed), bundles, signer, stranger)  # noqa: S311 -- a seeded sweep
    changes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for number in range(times):
        name, genuine, changed = mutant(game)
        if changed == genuine:
            continue
        ours, alone = judged(changed, signer.vkey)
        if not ours or ours != alone:
            Path("mutant.json").write_bytes(changed)
        assert ours, f"round {number} ({name}) passes; seed {seed}"
        assert ours == alone, f"round {number} ({name}): {ours!r} against {alone!r}; seed {seed}"
        if also and not name.startswith("sealed"):
            assert asked(also, changed, signer.vkey) == 1, f"round {number} ({name}): {also} does not reject it"
        changes[name] += 1
        reasons[ours.split(":")[0].rstrip("0123456789 ")] += 1
    return changes, reasons


def main() -> int:
    """Sweep, and print what was rejected and why."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--also", default="", metavar="COMMAND", help="asked with FILE and VKEY; must exit with 1")
    options = parser.parse_args()
    begun = time.perf_counter()
    changes, reasons = sweep(options.times, options.seed, options.also)
    seconds = time.perf_counter() - begun
    for title, counted in (("changed", changes), ("rejected because of", reasons)):
        print(title)
        for name, count in sorted(counted.items()):
            print(f"  {name:<32}{count:>8,}")
    total = sum(changes.values())
    print(f"{total:,} changed bundles, seed {options.seed}: all rejected by both, {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
