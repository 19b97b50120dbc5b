"""How a new object is cut into parts: the store's rules hold whatever the pieces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.lake.parts import Copy, Kept, Limits, New, Part, Piece, Send, length, plan_parts
from retention.errors import TerminalFailure

LIMITS = Limits(least=5, most=40, count=1_000, sent=12)


def bytes_of(pieces: list[Piece]) -> list[tuple[type[Piece], int]]:
    """Return every byte the pieces name, in order."""
    return [(type(piece), at) for piece in pieces for at in range(piece.start, piece.stop)]


def pieces_of(parts: tuple[Part, ...]) -> Iterator[Piece]:
    """Yield what the parts are made of."""
    for part in parts:
        yield from part.pieces if isinstance(part, Send) else (Kept(part.start, part.stop),)


def size(part: Part) -> int:
    """Return the part's length."""
    return part.size if isinstance(part, Send) else length(part)


_PIECES = st.lists(
    st.builds(
        lambda kind, start, size: kind(start, start + size),
        st.sampled_from([Kept, New]),
        st.integers(0, 50),
        st.integers(0, 130) | st.integers(0, 6),
    ),
    max_size=12,
)


@given(_PIECES, st.integers(2, 60))
def test_parts_are_the_pieces_and_keep_the_stores_rules(pieces: list[Piece], count: int) -> None:
    """Every byte once and in order; no part but the last too small, none too large, and not too many of them."""
    limits = Limits(least=5, most=4_000, count=count, sent=12)
    parts = plan_parts(pieces, limits)
    assert bytes_of(list(pieces_of(parts))) == bytes_of(pieces)
    assert all(size(part) >= limits.least for part in parts[:-1])
    assert all(0 < size(part) <= limits.most for part in parts)
    assert len(parts) <= count


def test_what_stays_is_copied_by_the_store_and_little_is_borrowed() -> None:
    """A long run that stays passes through nobody; the new piece before it borrows up to the least size."""
    parts = plan_parts([Kept(0, 30), New(0, 2), Kept(33, 70), New(2, 3)], LIMITS)
    assert parts == (
        Copy(0, 30),
        Send((New(0, 2), Kept(33, 36))),
        Copy(36, 70),
        Send((New(2, 3),)),
    )


def test_a_run_too_long_for_one_copy_is_halved() -> None:
    """Ranges over the greatest size are cut into equal copies, so that none is too small."""
    assert plan_parts([Kept(0, 41)], LIMITS) == (Copy(0, 20), Copy(20, 41))


def test_an_object_too_large_for_the_store_is_refused() -> None:
    """More than the greatest number of parts of the greatest size cannot be written."""
    with pytest.raises(TerminalFailure, match="more than 1000 parts"):
        plan_parts([Kept(0, 40 * 1_000)], LIMITS)
