"""The log, real witnesses over HTTP, and everybody who lies."""

from __future__ import annotations

import socket
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx
import pytest

from connectors.witness.client import HttpWitness
from retention.errors import InputError, StateError, TransientFailure
from retention.evidence.cosigning import Cosigner, Submission
from retention.evidence.verifier import read_policy
from retention.evidence.witnessing import COSIGNED, Witnesses, ask, cosigned_note
from retention.model.facts import HoldPlaced, Recorded
from retention.model.ids import HoldId
from retention.ports.witness import Cosignatures, OtherSize
from retention.witness import WitnessFolder
from retention.witness import folder as folder_module

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def grow(log, *holds):
    """Append one entry a number."""
    for number in holds:
        log.record(Recorded(None, NOW, HoldPlaced(HoldId(f"H-{number}"), "litigation")))


def witnesses(text: str) -> Witnesses:
    """Return whom the policy says the log asks."""
    policy = read_policy(text)
    clients = {name: HttpWitness(w.url, seconds=20.0) for name, w in policy.witnesses.items() if w.url}
    return Witnesses(policy, clients)


@dataclass
class Scripted:
    """A witness that answers what it is told to."""

    answers: list
    asked: int = 0

    def add_checkpoint(self, body):
        """Give the next answer."""
        self.asked += 1
        answer = self.answers.pop(0)
        return answer(body) if callable(answer) else answer


def test_a_growing_log_is_cosigned_and_the_note_says_by_whom(histories, serve):
    """Each new checkpoint gets the witness's line, beside the published one, in one request when nothing is new."""
    auditor, log = serve("auditor"), histories.log("ours", 1)
    asked = witnesses(auditor.line("auditor") + "quorum auditor\n")
    for hold in (2, 3, 4):
        found = ask(log, asked, NOW)
        assert found.is_quorum
        assert found.cosigned == {"auditor": "2026-11-23T03:00:00Z"}
        note = cosigned_note(log.tiles, log.checkpoint())
        assert b"auditor.example/w" in note
        assert log.tiles.read("checkpoint") + note[len(log.tiles.read("checkpoint")) :] == note
        grow(log, hold)
    assert auditor.witness.known()[0].size == 3


def test_a_second_history_is_caught_by_the_witness(histories, serve):
    """Two logs under one key: the witness signs one; the other is named as contradicting, and the pair is kept."""
    auditor = serve("auditor")
    asked = witnesses(auditor.line("auditor") + "quorum auditor\n")
    assert ask(histories.log("ours", 1, 2, 3), asked, NOW).is_quorum
    same_size = ask(histories.log("shown", 1, 9, 3), asked, NOW)
    longer = ask(histories.log("longer", 1, 9, 3, 4, 5), asked, NOW)
    for found in (same_size, longer):
        assert not found.is_quorum
        assert found.missing == {"auditor": "contradicts"}
    (known,) = auditor.witness.known()
    assert (known.size, known.contradictions) == (3, 1)
    assert next((auditor.folder / "proofs").iterdir()).read_text(encoding="utf-8").count("shop.example/log\n3\n") == 2


def test_two_witnesses_cannot_both_be_shown_other_histories_under_a_quorum_of_all(histories, serve):
    """Each history gets one of the two signatures, so neither reaches the quorum of both."""
    one, two = serve("one"), serve("two")
    lines = one.line("one") + two.line("two") + "group both all one two\nquorum both\n"
    ours, shown = histories.log("ours", 1, 2), histories.log("shown", 1, 8)
    ask(ours, witnesses(one.line("one") + "quorum one\n"), NOW)
    ask(shown, witnesses(two.line("two") + "quorum two\n"), NOW)
    assert ask(ours, witnesses(lines), NOW).missing == {"two": "contradicts"}
    assert ask(shown, witnesses(lines), NOW).missing == {"one": "contradicts"}


def test_a_rolled_back_log_gets_nothing_and_is_told_who_is_ahead(histories, serve):
    """A log restored from an older backup is behind the witness: no signature, also after the witness restarts."""
    auditor = serve("auditor")
    ask(histories.log("ours", 1, 2, 3), witnesses(auditor.line("auditor") + "quorum auditor\n"), NOW)
    again = serve("auditor")
    found = ask(histories.log("older", 1, 2), witnesses(again.line("auditor") + "quorum auditor\n"), NOW)
    assert found.missing == {"auditor": "ahead"}
    assert again.witness.known()[0].size == 3


def test_two_of_three_are_enough_when_one_is_dead(histories, serve):
    """A quorum of two stands with a dead third, who is named; the log is published all the same."""
    one, two = serve("one"), serve("two")
    dead = f"witness dead {Cosigner.from_seed('dead.example/w', bytes(32)).vkey} http://127.0.0.1:9\n"
    lines = one.line("one") + two.line("two") + dead
    log = histories.log("ours", 1, 2)
    found = ask(log, witnesses(lines + "group g 2 one two dead\nquorum g\n"), NOW)
    assert found.is_quorum
    assert found.missing == {"dead": "unreachable"}
    strict = ask(log, witnesses(lines + "group g all one two dead\nquorum g\n"), NOW)
    assert not strict.is_quorum
    assert log.checkpoint().size == 2


@contextmanager
def drip():
    """A witness that takes the connection and never finishes its answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_silent_witness_holds_nobody_up():
    """Whoever takes a connection and says nothing is unreachable after the time allowed."""
    with drip() as url, pytest.raises(TransientFailure):
        HttpWitness(url, seconds=0.2).add_checkpoint(b"old 0\n\n")


def test_a_lying_witness_counts_for_nothing(histories):
    """A line by another key, of another checkpoint or from the future, a size beyond all: each is named."""
    log = histories.log("ours", 1)
    cosigner = Cosigner.from_seed("w.example/w", bytes(32))
    stranger = Cosigner.from_seed("w.example/w", bytes([7]) * 32)
    old = log.publish()
    replayed = cosigner.cosign(old, NOW)
    grow(log, 2)
    now = log.publish()
    lies = {
        "false-signature": [Cosignatures(stranger.cosign(now, NOW))],
        "wrong-clock": [Cosignatures(cosigner.cosign(now, NOW + timedelta(hours=1)))],
        "ahead": [OtherSize(10**15)],
        "contradicts": [OtherSize(0)],
    }
    policy = read_policy(f"witness w {cosigner.vkey}\nquorum w\n")
    for code, answers in lies.items():
        found = ask(log, Witnesses(policy, {"w": Scripted(answers)}), NOW)
        assert found.missing == {"w": code}
    for answer in (replayed, b"", b"\xff\xfe", b"x y z\n" * 9, replayed * 3):
        found = ask(log, Witnesses(policy, {"w": Scripted([Cosignatures(answer)])}), NOW)
        assert found.missing == {"w": "false-signature"}
    assert log.tiles.read(COSIGNED) is None


def test_a_line_that_is_kept_is_not_asked_for_again(histories):
    """Who has signed this checkpoint is left in peace until there is another."""
    log, cosigner = histories.log("ours", 1), Cosigner.from_seed("w.example/w", bytes(32))
    client = Scripted([lambda _: Cosignatures(cosigner.cosign(log.checkpoint(), NOW))])
    asked = Witnesses(read_policy(f"witness w {cosigner.vkey}\nquorum w\n"), {"w": client})
    assert ask(log, asked, NOW).is_quorum
    assert ask(log, asked, NOW).is_quorum
    assert client.asked == 1


def test_the_protocol_over_http(serve):
    """Unknown logs, other paths, bodies without a length or too long get the statuses of the protocol."""
    url = serve("auditor").server.url
    post = lambda content, path="/add-checkpoint", **more: httpx.post(url + path, content=content, **more).status_code  # noqa: E731 -- short
    assert post(b"old 0\n\nother.example/log\n1\nAA==\n\n") == 404
    assert post(b"x") == 400
    assert post(b"x", "/elsewhere") == 404
    assert post(b"x" * 20_000) == 413
    assert post(iter([b"x"])) == 411
    assert httpx.get(url).status_code == HTTPStatus.NOT_IMPLEMENTED


def test_a_witness_folder_is_private_and_is_served_once(tmp_path):
    """The key is readable by its owner only; a second witness is not made over it; two processes cannot serve it."""
    log = "shop.example/log+f0f0f0f0+AAAA"
    with pytest.raises(InputError):
        WitnessFolder.make(tmp_path / "w", "auditor.example/w", [log])
    assert not (tmp_path / "w").exists()
    witness = WitnessFolder.make(tmp_path / "w", "auditor.example/w", [])
    assert stat.S_IMODE((tmp_path / "w" / "key").stat().st_mode) == 0o600
    with pytest.raises(InputError):
        WitnessFolder.make(tmp_path / "w", "auditor.example/w", [])
    with witness.serving(), pytest.raises(StateError), WitnessFolder(tmp_path / "w").serving():
        pass


@pytest.mark.parametrize("dies_at", ["write_beside", "sync_folder", "cosign"])
def test_a_witness_that_dies_signs_for_nothing_it_could_forget(histories, serve, monkeypatch, dies_at):
    """Dead before, during or after remembering: no signature got out; started again it signs, and no other history."""
    auditor, log = serve("auditor"), histories.log("ours", 1, 2)
    asked = witnesses(auditor.line("auditor") + "quorum auditor\n")
    ask(log, asked, NOW)
    grow(log, 3)

    def dies(*_):
        raise KeyboardInterrupt

    target = Cosigner if dies_at == "cosign" else folder_module
    with monkeypatch.context() as patch:
        patch.setattr(target, dies_at, dies)
        body = Submission(2, log_proof(log, 2), log.publish().note, log.origin).body
        with pytest.raises(KeyboardInterrupt):
            auditor.witness.answer(body, NOW)
    again = serve("auditor")
    asked = witnesses(again.line("auditor") + "quorum auditor\n")
    assert ask(log, asked, NOW).is_quorum
    assert ask(histories.log("shown", 1, 9, 3), asked, NOW).missing == {"auditor": "contradicts"}
    assert again.witness.known()[0].size == 3


def log_proof(log, old):
    """Return the proof that the published log continues its first entries."""
    return log.consistency(old, log.publish().size)


def test_what_a_witness_remembers_is_checked_before_it_signs(histories, serve):
    """If the remembered checkpoint was changed on disk, the witness signs nothing until it is brought back."""
    auditor, log = serve("auditor"), histories.log("ours", 1, 2)
    asked = witnesses(auditor.line("auditor") + "quorum auditor\n")
    ask(log, asked, NOW)
    (kept,) = (auditor.folder / "seen").iterdir()
    good = kept.read_bytes()
    kept.write_bytes(good.replace(b"\n2\n", b"\n1\n"))
    grow(log, 3)
    assert ask(log, asked, NOW).missing == {"auditor": "unreachable"}
    kept.write_bytes(good)
    assert ask(log, asked, NOW).is_quorum
