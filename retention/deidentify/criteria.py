"""The criteria of the law, tested on the output.

    three   pseudonymous: Enforcement Rules 31 (i) to (iii), and no regularity that restores (APPI 2 (5))
    five    anonymous: Enforcement Rules 34 (i) to (v), of which k, l, t, paths and linkage are parts

Nothing is taken from what the recipe says it does: identifiers of the original are looked for in
every column, forms of codes and digests in every value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retention.deidentify.classes import Classes, Coded, Codes, classes, code, code_all, tally
from retention.deidentify.detect import CODES, DAMAGE, IDENTIFYING, detect
from retention.deidentify.hashes import KNOWN, looks_hashed, rehashed
from retention.deidentify.linkage import success, tolerated
from retention.deidentify.numbered import Numbered
from retention.deidentify.occurrence import Needles, long_enough, normalized
from retention.deidentify.recipe import KeepFormat, Recipe, Role, Token
from retention.deidentify.trajectories import singled_out
from retention.deidentify.verdict import Criterion, Reason

LOOKED_AT = 10_000
"""Distinct values of a column whose form is looked at."""
COPIED = 0.5
"""Share of a numeric column's values that are an identifier's from which on it is a copy of it."""
ALONE = 0.5
"""Share of rows alone with their value from which on a column ties rows to other records."""


@dataclass(frozen=True)
class Output:
    """What is tested."""

    original: Numbered
    produced: pa.Table
    recipe: Recipe
    origin: Codes
    """The original row of each row produced."""
    rng: np.random.Generator
    """Draws samples of rows to attack."""

    @cached_property
    def coded(self) -> dict[str, Coded]:
        """The columns produced, their distinct values numbered once."""
        return dict(zip(self.produced.column_names, code_all(self.produced.columns), strict=True))

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """The distinct values of each column produced, as texts."""
        return {name: texts_of(column.values) for name, column in self.coded.items()}

    @cached_property
    def classes(self) -> Classes:
        """The rows produced by their quasi-identifiers."""
        return classes([self.coded[name] for name in self.recipe.quasi], self.produced.num_rows)

    def keyed(self, name: str) -> bool:
        """Say whether a column's values were made with a key."""
        column = self.recipe.columns.get(name)
        return column is not None and any(isinstance(method, Token | KeepFormat) for method in column.methods)


def three(output: Output) -> tuple[Reason, ...]:
    """Return what stands against Rules 31."""
    return (
        *gone(output, Role.IDENTIFIER, Criterion.IDENTIFYING),
        *forms(output),
        *gone(output, Role.CODE, Criterion.CODE),
        *gone(output, Role.DAMAGE, Criterion.DAMAGE),
        *restorable(output),
    )


def five(output: Output, k: int) -> tuple[Reason, ...]:
    """Return what stands against Rules 34, but for k, l and t, which are measures."""
    return (*three(output), *links(output), *peculiar(output, k), *database(output, k))


def gone(output: Output, role: Role, criterion: Criterion) -> Iterator[Reason]:
    """Find values of the original's columns of a role, wherever they stand."""
    for name in output.recipe.having(role):
        values = distinct_texts(output.original.table.column(name))
        number = is_number(output.original.table.column(name).type)
        needles = Needles(map(normalized, values))
        whole = {normalized(value) for value in values}
        for column, texts in output.texts.items():
            count = _shared(output, column, texts, whole, needles, number=number)
            if count:
                yield Reason(criterion, f"{count} values of {name} are still there", column, count)


def _shared(output: Output, column: str, texts: list[str], whole: set[str], needles: Needles, *, number: bool) -> int:
    """Count an identifier's values in a column: whole ones, and long ones inside others."""
    read = [normalized(text) for text in texts]
    equal = whole.intersection(read)
    if is_number(output.produced.column(column).type):
        # Small numbers meet by chance: only a column mostly made of them is a copy.
        return len(equal) if number and equal and len(equal) >= COPIED * len(texts) else 0
    own = _own(output, column) if any(not long_enough(value) for value in equal) else set()
    certain = {value for value in equal if long_enough(value) or value not in own}
    inside = needles.found_in("\0".join(read).encode())
    return len(certain | {raw.decode() for raw in inside})


def _own(output: Output, column: str) -> set[str]:
    """Return the values the column itself had: a short one that is somebody's name as well is not a leak."""
    if column not in output.original.table.column_names or output.recipe.columns[column].role is Role.IDENTIFIER:
        return set()
    return {normalized(text) for text in distinct_texts(output.original.table.column(column))}


def forms(output: Output) -> Iterator[Reason]:
    """Find columns whose values have the form of an identifier or a code; what a key made is not one."""
    for column, texts in output.texts.items():
        if output.keyed(column):
            continue
        for found in detect(column, texts[:LOOKED_AT]):
            for criterion, kinds in (
                (Criterion.IDENTIFYING, IDENTIFYING),
                (Criterion.CODE, CODES),
                (Criterion.DAMAGE, DAMAGE),
            ):
                if found.kind in kinds:
                    yield Reason(criterion, f"{found.count} values are {found.kind.value}", column, found.count)


def restorable(output: Output) -> Iterator[Reason]:
    """Find hashes without a key."""
    telling = output.recipe.having(Role.IDENTIFIER, Role.CODE, Role.DAMAGE, Role.LINK)
    inputs = [text for name in telling for text in distinct_texts(output.original.table.column(name))[:KNOWN]]
    for column, texts in output.texts.items():
        count = rehashed(texts, inputs)
        if count:
            yield Reason(Criterion.RESTORABLE, f"{count} values are unkeyed hashes of identifiers", column, count)
        elif not output.keyed(column) and looks_hashed(texts):
            yield Reason(Criterion.RESTORABLE, "digests that no key of ours made", column, len(texts))


def links(output: Output) -> Iterator[Reason]:
    """Find codes that tie a row to other records: declared ones, tokens, and columns that number the rows."""
    yield from gone(output, Role.LINK, Criterion.LINK)
    for column in output.produced.column_names:
        if output.keyed(column):
            yield Reason(Criterion.LINK, "tokens tie rows together as long as the key is there", column)
        elif not pa.types.is_floating(output.produced.column(column).type):
            coded, many = output.coded[column], max(1, ALONE * output.produced.num_rows)
            # Values that stand alone are values: with few of them there is nothing to count.
            alone = int((tally(coded.codes, coded.count) == 1).sum()) if coded.count > many else 0
            if alone > many:
                yield Reason(Criterion.LINK, f"{alone} values stand in one row each", column, alone)


def peculiar(output: Output, k: int) -> Iterator[Reason]:
    """Find values that fewer than k rows hold, and numbers far from all others; null is no description."""
    for name in output.produced.column_names:
        if name in output.recipe.quasi:
            continue  # counted by k, in combination
        column = output.produced.column(name)
        count = _outlying(column, k) if is_number(column.type) else _rare(output.coded[name], k)
        if count:
            yield Reason(Criterion.PECULIAR, f"{count} values are held by fewer than {k} rows", name, count)


def database(output: Output, k: int) -> Iterator[Reason]:
    """Find what the other rows of the database tell about one: paths, and success of an attack."""
    person, trajectory = output.recipe.person, output.recipe.trajectory
    if person in output.produced.column_names and trajectory is not None:
        share = singled_out(output.produced, str(person), trajectory, k, output.rng)
        if share > 0:
            found = f"{trajectory.known} steps leave {share:.1%} of the people among fewer than {k}"
            yield Reason(Criterion.DATABASE, found, person)
    chance, guesses = success(output.original, output.produced, output.recipe, output.origin, output.rng)
    if guesses and chance > tolerated(k, guesses):
        yield Reason(
            Criterion.DATABASE, f"an attack with the original is right {chance:.1%} of the time", None, guesses
        )


def _rare(coded: Coded, k: int) -> int:
    few = tally(coded.codes, coded.count) < k
    return int((few & ~coded.values.is_null().to_numpy(zero_copy_only=False)).sum())


def _outlying(column: pa.ChunkedArray, k: int) -> int:
    """Count numbers that stand apart: fewer than k on their side, and further out than the k-th by the spread."""
    numbers = pc.cast(column.drop_null(), pa.float64()).to_numpy()
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) <= 2 * k:
        return 0
    low, high = np.quantile(numbers, [0.25, 0.75])
    spread = (high - low) or numbers.std()
    ends = np.partition(numbers, [k - 1, len(numbers) - k])
    beyond = (ends[:k] < ends[k - 1] - spread).sum() + (ends[-k:] > ends[-k] + spread).sum()
    return int(beyond)


def distinct_texts(column: pa.ChunkedArray) -> list[str]:
    """Return the distinct values of a column as texts."""
    return texts_of(code(column).values)


def texts_of(distinct: pa.Array) -> list[str]:
    """Return values as texts; without null. Bytes that are no text by their digits."""
    values = distinct.drop_null()
    if pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        return [raw.hex() for raw in values.to_pylist()]
    texts: list[str] = pc.cast(values, pa.string()).to_pylist()
    return texts


def is_number(kind: pa.DataType) -> bool:
    """Say whether a column holds numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
