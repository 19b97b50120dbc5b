"""What changing one object would cost, from its footer or its size alone: no row is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.lake.keys import ValueSets
from connectors.lake.nested import tops_of
from connectors.lake.parquet_file import ParquetFile, open_parquet
from connectors.lake.predicate import needed
from connectors.lake.segments import Source
from connectors.lake.sources import WHOLE
from connectors.lake.surgery.footer import meta_of, span
from retention.model.predicate import Selection
from retention.model.volume import Estimate, Moved

_TAIL = 1 << 16
"""Bytes of a file's end that are read at once, in the hope that they hold the footer."""
_DENSE = 0.5
"""Share of an object beyond which most of it is written anew."""


@dataclass(frozen=True, slots=True)
class Weight:
    """One object."""

    size: int
    looked_at: int
    """Bytes that are read to know whether it is concerned: footer and key columns; of a text or a small one, all."""
    parts: tuple[int, ...]
    """Bytes of each part that may hold a selected row and is then read whole: row groups; a text is one."""
    splits: bool
    """Whether what stays of a touched part still stays as it is: in plain text, all but its line."""
    packed: bool = False
    """Compressed as a whole: it is written anew whatever goes."""


def of_parquet(name: str, source: Source, selection: Selection) -> Weight:
    """Weigh a Parquet object by its footer; raises TerminalFailure if it can't be read."""
    file = open_parquet(name, source)
    candidates = file.candidates(selection.where, ValueSets(selection.keys))
    keys = tops_of(file.schema, needed(selection.where))
    looked_at = sum(_bytes(file, group, keys) for group in candidates) + max(len(file.footer.content), _TAIL)
    return Weight(
        source.size,
        source.size if source.size <= WHOLE else min(looked_at, source.size),
        tuple(_bytes(file, group) for group in candidates),
        splits=False,
    )


def of_text(size: int, *, packed: bool) -> Weight:
    """Weigh a text by its size."""
    return Weight(size, size, (size,), splits=not packed, packed=packed)


def estimate(weights: Sequence[Weight], rows: int, least: int) -> Estimate:
    """Return what a change of so many rows costs, if they lie in any of the parts with like chance.

    Of `parts` that can hold a row, each stays untouched with chance (1 - 1/parts)^rows. A touched one passes through
    us, or at least as much as the store takes as a part of an upload; what stays beside it is copied by the store.
    """
    parts = sum(len(weight.parts) for weight in weights)
    chance = 1 - (1 - 1 / parts) ** rows if parts else 0.0
    every = [_moved(weight, chance, rows * weight.size / max(1, _size(weights)), least) for weight in weights]
    dense = [w for w in weights if w.parts and (w.packed or (not w.splits and chance * sum(w.parts) > _DENSE * w.size))]
    clean = [weight for weight in weights if not weight.parts]
    return Estimate(
        objects=len(weights),
        size=_size(weights),
        clean=len(clean),
        surgical=len(weights) - len(clean) - len(dense),
        dense=len(dense),
        moved=sum(every, Moved()),
    )


def _moved(weight: Weight, chance: float, rows: float, least: int) -> Moved:
    touched = 1 - (1 - chance) ** len(weight.parts)
    if weight.packed or weight.size < 2 * least:
        read = max(weight.looked_at, weight.size * touched)
        return Moved(round(read), round(weight.size * touched))
    if weight.splits:
        written = min(weight.size * touched, rows * least)
        return Moved(weight.size, round(written), round(weight.size * touched - written))
    inside = chance * sum(weight.parts)
    share = weight.looked_at / max(1, weight.size)
    written = min(weight.size * touched, chance * sum(max(part, least) for part in weight.parts))
    read = weight.looked_at + max(0.0, inside * (1 - share))
    return Moved(round(min(read, weight.size)), round(written), round(weight.size * touched - written))


def _size(weights: Sequence[Weight]) -> int:
    return sum(weight.size for weight in weights)


def _bytes(file: ParquetFile, group: int, tops: Sequence[str] | None = None) -> int:
    tree = file.footer.groups[group]
    names = file.footer.tops if tops is None else tops
    leaves = [leaf for name in names for leaf in file.footer.leaves_of(file.footer.tops.index(name))]
    return sum(stop - start for start, stop in (span(meta_of(tree, leaf)) for leaf in leaves))
