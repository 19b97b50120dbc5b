"""Asking a witness for its cosignature (C2SP tlog-witness, `add-checkpoint`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Cosignatures:
    """The witness answered with signature lines; nobody has checked them yet."""

    lines: bytes


@dataclass(frozen=True, slots=True)
class OtherSize:
    """The witness has last signed for a tree of another size than the proof starts from (409)."""

    size: int


@dataclass(frozen=True, slots=True)
class Declined:
    """The witness will not sign; with the status of its answer."""

    status: int


WitnessAnswer: TypeAlias = Cosignatures | OtherSize | Declined


class WitnessClient(Protocol):
    """One witness. Answers within seconds or raises TransientFailure: a dead one must not hold the log up."""

    def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """Send a checkpoint with its consistency proof.

        Raises:
            TransientFailure: not reached, too slow, or an answer that is none.

        """
        ...


ConnectWitness: TypeAlias = Callable[[str], WitnessClient]
"""The type of the entry points `retention.witnesses`, by scheme of the address. They do not touch the network."""
