from __future__ import annotations

import base64
import json

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.evidence import canonical, merkle, verifier

LARGEST = 2**53 - 1
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
leaves = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | texts
documents = st.recursive(leaves, lambda part: st.lists(part) | st.dictionaries(texts, part), max_leaves=20)


@given(documents)
def test_canonical_json_equals_the_reference(document: object) -> None:
    """Our canonical bytes are those of the rfc8785 package, and read back as the same document."""
    ours = canonical(document)
    assert ours == rfc8785.dumps(document)
    assert json.loads(ours) == document


@given(documents)
def test_verifier_spells_json_as_the_log_does(document: object) -> None:
    """The verifier's own canonical form is the same one."""
    assert verifier._canonical(document) == canonical(document)


@pytest.mark.parametrize("refused", [1.0, float("nan"), b"", {1: 2}, {"a": {"b": [0.5]}}, object()])
def test_canonical_json_refuses_what_has_no_exact_form(refused: object) -> None:
    """Fractions, bytes, keys that are not text and other types are refused at any depth."""
    with pytest.raises(TypeError):
        canonical(refused)


@pytest.mark.parametrize("refused", [2**53, -(2**53), "\ud800", {"\udfff": 1}])
def test_canonical_json_refuses_what_readers_disagree_on(refused: object) -> None:
    """Numbers that lose digits and half surrogate pairs are refused."""
    with pytest.raises(ValueError, match=r"2\^53|surrogates"):
        canonical(refused)


def hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"%d" % number) for number in range(count)]


def test_root_follows_the_definition() -> None:
    """The root is RFC 6962's recursive definition, for every size up to 70."""

    def defined(part: list[bytes]) -> bytes:
        if len(part) < 2:
            return part[0] if part else merkle.EMPTY_ROOT
        split = 1 << ((len(part) - 1).bit_length() - 1)
        return merkle.node_hash(defined(part[:split]), defined(part[split:]))

    assert all(merkle.root(hashes(size)) == defined(hashes(size)) for size in range(70))


def test_inclusion_of_every_leaf_at_every_size() -> None:
    """Every leaf of every tree up to 40 proves its place, to both verifiers, and no other place."""
    for size in range(1, 41):
        tree = hashes(size)
        root = merkle.root(tree)
        for index in range(size):
            proof = merkle.inclusion(tree, index)
            assert merkle.includes(tree[index], index, size, proof, root)
            assert verifier._included(tree[index], index, size, list(proof), root)
            assert not merkle.includes(tree[index], (index + 1) % size, size, proof, root) or size == 1
            assert not merkle.includes(merkle.leaf_hash(b"x"), index, size, proof, root)
            assert not merkle.includes(tree[index], index, size, (*proof, root), root)


def test_consistency_of_any_two_sizes() -> None:
    """Any two sizes up to 40 prove their consistency, and no other earlier root passes."""
    for larger in range(1, 41):
        tree = hashes(larger)
        for size in range(1, larger + 1):
            proof = merkle.consistency(tree, size)
            earlier, later = merkle.root(tree[:size]), merkle.root(tree)
            assert merkle.extends(size, larger, proof, earlier, later)
            assert not merkle.extends(size, larger, proof, merkle.EMPTY_ROOT, later)
            assert not merkle.extends(size, larger, (*proof, later), earlier, later)
            assert not merkle.extends(size, larger, proof, earlier, merkle.EMPTY_ROOT)


@given(st.integers(1, 600), st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    """Flip one bit of a proof: neither inclusion nor consistency passes."""
    tree = hashes(size)
    index = data.draw(st.integers(0, size - 1))
    proof = list(merkle.inclusion(tree, index))
    if proof:
        position, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        proof[position] = (int.from_bytes(proof[position], "big") ^ 1 << bit).to_bytes(32, "big")
        assert not merkle.includes(tree[index], index, size, proof, merkle.root(tree))


def test_proofs_outside_the_tree_are_refused() -> None:
    """There is no proof for a leaf or an earlier tree that does not exist."""
    for wrong in (-1, 3):
        with pytest.raises(IndexError):
            merkle.inclusion(hashes(3), wrong)
    for wrong in (0, 4):
        with pytest.raises(IndexError):
            merkle.consistency(hashes(3), wrong)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=64), st.integers(0, 511))
@settings(max_examples=40, deadline=None)
def test_pure_python_ed25519_agrees_with_cryptography(seed: bytes, message: bytes, bit: int) -> None:
    """It accepts what the library signed and rejects the signature with any bit flipped."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert verifier._signed_by(public, message, signature)
    flipped = (int.from_bytes(signature, "little") ^ 1 << bit).to_bytes(64, "little")
    assert not verifier._signed_by(public, message, flipped)
    assert not verifier._signed_by(public, message + b"x", signature)


def test_ed25519_is_strict() -> None:
    """A scalar beyond the order, a key of small order and non-canonical points are rejected."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, signature = private.public_key().public_bytes_raw(), private.sign(b"m")
    beyond = int.from_bytes(signature[32:], "little") + verifier._ORDER
    assert not verifier._signed_by(public, b"m", signature[:32] + beyond.to_bytes(32, "little"))
    identity = (1).to_bytes(32, "little")
    assert not verifier._signed_by(identity, b"m", identity + bytes(32))
    for wrong in (verifier._P, verifier._P + 1, 1 | 1 << 255, 2):
        assert verifier._decompressed(wrong.to_bytes(32, "little")) is None
    assert not verifier._signed_by(public, b"m", signature[:63])


def test_rfc_8032_vector() -> None:
    """The RFC's second test vector verifies."""
    public = base64.b16decode("3D4017C3E843895A92B70AA74D1B7EBC9C982CCF2EC4968CC0CD55F12AF4660C")
    signature = base64.b16decode(
        "92A009A9F0D4CAB8720E820B5F642540A2B27B5416503F8FB3762223EBDB69DA"
        "085AC1E43E15996E458F3613D0F11D8C387B2EAEB4302AEEB00D291612BB0C00"
    )
    assert verifier._signed_by(public, b"\x72", signature)
