"""Whatever becomes of a bundle, it is rejected with a named reason or it is the same bundle."""

from __future__ import annotations

import base64
import copy
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.evidence import canonical, merkle, verifier, verify
from retention.evidence.dsse import pae, seal
from retention.evidence.note import sign_checkpoint

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "mutations.py"
LARGEST = 2**53 - 1

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | texts,
    lambda part: st.lists(part, max_size=3) | st.dictionaries(texts, part, max_size=3),
    max_leaves=6,
)


def load_sweep() -> Any:
    """Return `benchmarks/mutations.py` as a module."""
    spec = importlib.util.spec_from_file_location("mutations", BENCHMARK)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutations"] = module
    spec.loader.exec_module(module)
    return module


SWEEP = load_sweep()
BUNDLES, SIGNER = SWEEP.load()


def test_a_seeded_sweep() -> None:
    """Four hundred changes of all three families: all rejected by both, for the same reason."""
    changes, reasons = SWEEP.sweep(400, 20261125)
    assert sum(changes.values()) > 390
    assert {"seal", "entry", "bundle"} <= set(reasons)


FORGERIES = [(form, False) for form in SWEEP.FORMS] + [(form, True) for form in SWEEP.WITH_THE_KEY]


@pytest.mark.parametrize(("form", "sealed"), FORGERIES, ids=lambda part: getattr(part, "__name__", str(part)))
def test_every_form_of_forgery(form: Any, sealed: bool) -> None:  # noqa: FBT001 -- a parameter
    """Each kind of forgery is rejected on each kind of bundle, some even if the log's key seals it again."""
    game = SWEEP.Round(SWEEP.Random(form.__name__), BUNDLES, SIGNER, SWEEP.Signer.from_seed(SWEEP.ORIGIN, bytes(32)))
    for genuine in BUNDLES.values():
        bundle = json.loads(genuine)
        form(game, bundle)
        if sealed and isinstance(bundle.get("body"), dict):
            bundle["seal"] = base64.b64encode(SIGNER.sign(pae(SWEEP.SEAL_TYPE, canonical(bundle["body"])))).decode()
        changed = canonical(bundle)
        assert changed == genuine or verify(changed, SIGNER.vkey).broken


@given(st.sampled_from(sorted(BUNDLES)), st.data())
@settings(max_examples=80)
def test_any_bytes_in_any_place(name: str, data: st.DataObject) -> None:
    """Put any bytes in place of any stretch: rejected by both, with the same reason."""
    genuine = BUNDLES[name]
    start = data.draw(st.integers(0, len(genuine)))
    end = data.draw(st.integers(start, min(len(genuine), start + 300)))
    changed = genuine[:start] + data.draw(st.binary(max_size=20)) + genuine[end:]
    if changed != genuine:
        ours, alone = SWEEP.judged(changed, SIGNER.vkey)
        assert ours
        assert ours == alone


def replaced(value: Any, data: st.DataObject) -> Any:
    """Return the document with something else in one place."""
    if isinstance(value, dict | list) and value and data.draw(st.integers(0, 4)):
        keys = sorted(value) if isinstance(value, dict) else range(len(value))
        key = data.draw(st.sampled_from(list(keys)))
        value[key] = replaced(value[key], data)
        return value
    return data.draw(junk)


@given(st.sampled_from(sorted(BUNDLES)), st.data())
@settings(max_examples=80)
def test_any_document_in_any_place_even_sealed(name: str, data: st.DataObject) -> None:
    """Put anything anywhere in the body, attachments aside, and seal it with the log's key: still rejected."""
    bundle = json.loads(BUNDLES[name])
    part = data.draw(st.sampled_from(sorted(set(bundle["body"]) - {"attachments", "checkpoint"})))
    before = canonical(bundle["body"])
    bundle["body"][part] = replaced(bundle["body"][part], data)
    if canonical(bundle["body"]) != before:
        bundle["seal"] = base64.b64encode(SIGNER.sign(pae(SWEEP.SEAL_TYPE, canonical(bundle["body"])))).decode()
        assert verify(canonical(bundle), SIGNER.vkey).broken


STATEMENTS = [
    json.loads(each["statement"])
    for each in json.loads((SWEEP.VECTORS / "statements.json").read_text(encoding="utf-8"))["statements"]
]


@given(st.integers(0, len(STATEMENTS) - 1), st.data())
@settings(max_examples=60)
def test_nothing_that_is_signed_can_make_the_verifier_fail(number: int, data: st.DataObject) -> None:
    """The log itself signs rubbish into a statement and puts it in its tree: an answer, never an exception."""
    statements = copy.deepcopy(STATEMENTS)
    statements[number]["predicate"] = replaced(statements[number]["predicate"], data)
    envelopes = [seal(canonical(statement), SIGNER) for statement in statements]
    leaves = [merkle.leaf_hash(envelope) for envelope in envelopes]
    body = {
        **json.loads(BUNDLES["bundle-log"])["body"],
        "checkpoint": sign_checkpoint(SIGNER, SWEEP.ORIGIN, len(leaves), merkle.root(leaves)).note.decode(),
        "entries": [
            {
                "envelope": base64.b64encode(envelope).decode(),
                "index": index,
                "proof": [base64.b64encode(part).decode() for part in merkle.inclusion(leaves, index)],
            }
            for index, envelope in enumerate(envelopes)
        ],
    }
    sealed = base64.b64encode(SIGNER.sign(pae(SWEEP.SEAL_TYPE, canonical(body)))).decode()
    report = verify(canonical({"body": body, "seal": sealed}), SIGNER.vkey)
    assert report.authentic != bool(report.broken)
    assert verifier.summary(report, "ja")
