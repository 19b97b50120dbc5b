"""Silences, notes on orders, links that were used."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from retention.model.answer import ByHand, Proof, Silence
from retention.model.copies import PlacedOrder, Receipt
from retention.model.ids import CaseId, OrderId, StepId, SystemId
from retention.model.processing import Note, NoteKind
from retention.ports.ledger import Ledger

AT = datetime(2026, 11, 26, tzinfo=UTC)
DAY = timedelta(days=1)
ORDER = PlacedOrder(OrderId("o1"), CaseId("C-1"), StepId("04"), SystemId("archive"), AT + 30 * DAY, None)


def test_the_newest_silence_stands(ledger: Ledger) -> None:
    """A processor that never failed is not silent; each keeps its own."""
    book = ledger.processing
    assert book.silence(SystemId("archive")) == Silence()
    for silence in (Silence(1, AT), Silence(3, AT, AT + DAY)):
        book.put_silence(SystemId("archive"), silence)
    assert book.silence(SystemId("archive")) == Silence(3, AT, AT + DAY)
    assert book.silence(SystemId("other")) == Silence()
    book.put_silence(SystemId("archive"), Silence())
    assert book.silence(SystemId("archive")) == Silence()


def test_notes_are_kept_once_and_come_oldest_first(ledger: Ledger) -> None:
    """The same note twice is one; an order's notes are its own."""
    ledger.copies.put_order(ORDER)
    ledger.copies.put_order(replace(ORDER, order_id=OrderId("o2")))
    late = Note(OrderId("o1"), NoteKind.ESCALATED, AT + DAY)
    early = Note(OrderId("o1"), NoteKind.ACCEPTED, AT, "h:ab")
    other = Note(OrderId("o2"), NoteKind.REMINDED, AT)
    for note in (late, early, early, other):
        ledger.processing.note(note)
    assert ledger.processing.notes(OrderId("o1")) == (early, late)
    assert set(ledger.processing.notes()) == {early, late, other}


def test_a_link_is_used_once(ledger: Ledger) -> None:
    """The second use is told from the first."""
    assert ledger.processing.use_link("d1", OrderId("o1"), AT)
    assert not ledger.processing.use_link("d1", OrderId("o1"), AT + DAY)
    assert ledger.processing.use_link("d2", OrderId("o1"), AT)


def test_an_answer_without_a_signature_is_kept_as_such(ledger: Ledger) -> None:
    """Task, proof, number and the missing key come back as they were."""
    receipt = Receipt(OrderId("o1"), ByHand("look"), AT, None, "b" * 64, None, Proof.NOBODY, "job-7")
    ledger.copies.put_order(replace(ORDER, receipt=receipt))
    assert ledger.copies.order(OrderId("o1")).receipt == receipt
    assert ledger.copies.receipts(OrderId("o1")) == (receipt,)
