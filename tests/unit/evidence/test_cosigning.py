from __future__ import annotations

import base64
from http import HTTPStatus

import pytest

from retention.errors import InputError
from retention.evidence import merkle
from retention.evidence.cosigning import NOTHING, Refusal, Seen, Submission, judge, read_submission
from retention.evidence.note import Signer, sign_checkpoint

ORIGIN = "log.retention.example"
SIGNER = Signer.from_seed(ORIGIN, bytes(range(32)))
LEAVES = [merkle.leaf_hash(b"entry %d" % number) for number in range(20)]


def submission(leaves, old: int, size: int, signer: Signer = SIGNER, proof=None) -> Submission:
    """Return what a log with these leaves would send."""
    made = sign_checkpoint(signer, ORIGIN, size, merkle.root(leaves[:size]))
    if proof is None:
        proof = merkle.consistency(leaves[:size], old) if 0 < old < size else ()
    return Submission(old, tuple(proof), made.note, ORIGIN)


def seen(leaves, size: int) -> Seen:
    """Return what a witness remembers that has signed for this tree."""
    return Seen(size, merkle.root(leaves[:size]))


def status(sent: Submission, before: Seen) -> int:
    """Return the status with which the witness answers."""
    found = judge(read_submission(sent.body), before, SIGNER.verifier)
    return found.status if isinstance(found, Refusal) else HTTPStatus.OK


@pytest.mark.parametrize("size", range(1, 20))
def test_a_log_that_only_grows_is_signed_for(size):
    """From nothing and from every earlier size, a proven continuation is accepted, and so is a repeat."""
    assert status(submission(LEAVES, 0, size), NOTHING) == HTTPStatus.OK
    for old in range(1, size + 1):
        assert status(submission(LEAVES, old, size), seen(LEAVES, old)) == HTTPStatus.OK


def test_another_history_is_refused_at_every_size():
    """A log that changed an early entry gets no signature, whatever proof it sends and however it grew."""
    other = [merkle.leaf_hash(b"forged"), *LEAVES[1:]]
    for size in range(2, 20):
        assert status(submission(other, 2, size), seen(LEAVES, 2)) in (409, 422)
        assert status(submission(other, 2, size, proof=()), seen(LEAVES, 2)) in (409, 422)
        mixed = merkle.consistency(LEAVES[:size], 2) if size > 2 else ()
        assert status(submission(other, 2, size, proof=mixed), seen(LEAVES, 2)) in (409, 422)


def test_two_trees_of_one_size_are_proof_against_the_log():
    """A second tree of the size that was signed is a conflict, and is marked as proof."""
    other = [merkle.leaf_hash(b"forged"), *LEAVES[1:]]
    found = judge(submission(other, 5, 5), seen(LEAVES, 5), SIGNER.verifier)
    assert found == Refusal(HTTPStatus.CONFLICT, 5, is_proof=True)


def test_a_rollback_is_refused_with_the_size_that_stands():
    """An older checkpoint of the log, or a start from another size, is a conflict that names what was signed."""
    assert judge(submission(LEAVES, 3, 7), seen(LEAVES, 9), SIGNER.verifier) == Refusal(HTTPStatus.CONFLICT, 9)
    assert judge(submission(LEAVES, 0, 12), seen(LEAVES, 9), SIGNER.verifier) == Refusal(HTTPStatus.CONFLICT, 9)


def test_statuses_are_those_of_the_protocol():
    """A stranger's signature is forbidden; an old size beyond the new one, and a size in another spelling, are bad."""
    stranger = Signer.from_seed(ORIGIN, bytes(32))
    assert status(submission(LEAVES, 0, 5, stranger), NOTHING) == 403
    assert status(submission(LEAVES, 9, 5, proof=()), seen(LEAVES, 9)) == 400
    text = f"{ORIGIN}\n05\n{'A' * 43}=\n"
    spelled = sign_checkpoint(SIGNER, ORIGIN, 5, bytes(32)).note
    key = spelled.rpartition(b" ")[0].rpartition(b"\n\n")[2]
    signature = base64.b64encode(SIGNER.verifier.key_id + SIGNER.sign(text.encode()))
    note = text.encode() + b"\n" + key + b" " + signature + b"\n"
    assert judge(Submission(0, (), note, ORIGIN), NOTHING, SIGNER.verifier) == Refusal(HTTPStatus.BAD_REQUEST)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 1",
        b"old 01\n\nx\n",
        b"old -1\n\nx\n",
        b"old 1\nAAAA\n\nx\n",
        b"old 1\n" + b"A" * 43 + b"=\n" * 1,
        b"\n\n",
    ],
)
def test_a_body_of_another_form_is_wrong_input(body):
    """What is no submission is refused, never a defect."""
    with pytest.raises(InputError):
        read_submission(body)
