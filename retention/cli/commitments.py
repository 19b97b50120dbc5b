"""`retention policy commitments`: what a company promised, and what became of each promise here."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, assert_never

import typer

from retention.cli.output import AsJson, console, print_json, print_table
from retention.errors import UnknownNameError
from retention.model.commitment import Commitment, CommitmentState, Enforced, Outside, Planned, Recorded
from retention.packs import COMMITMENTS, read_commitments_file
from retention.policy import read_commitments


def commitments(
    pack: Annotated[str, typer.Option(help="One company's pack; all of them if left out.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Print the register: each commitment with its state, and the tests that show it or the reason why not."""
    every = read_commitments(read_commitments_file(), COMMITMENTS)
    packs = sorted({commitment.pack for commitment in every})
    if pack and pack not in packs:
        raise UnknownNameError(f"the register has no pack `{pack}`", hint=f"it has {', '.join(packs)}")
    found = [commitment for commitment in every if pack in ("", commitment.pack)]
    if as_json:
        print_json([_plain(commitment) for commitment in found])
        return
    # One wide column: the names of tests are long, and cut into narrow lines nobody can read or copy them.
    rows = [(c.row, _word(c.state), "\n".join([c.promise, *(f"  {line}" for line in _shown(c.state))])) for c in found]
    print_table(f"Commitments of {pack or 'all packs'}", ("row", "state", "what is promised, and what shows it"), rows)
    counts = Counter(_word(commitment.state) for commitment in found)
    said = ", ".join(f"{counts[word]} {word}" for word in ("enforced", "recorded", "outside", "planned"))
    console.print(f"{len(found)} commitments: {said}", highlight=False)


def _word(state: CommitmentState) -> str:
    return type(state).__name__.lower()


def _shown(state: CommitmentState) -> tuple[str, ...]:
    match state:
        case Enforced(tests) | Recorded(tests):
            return tests
        case Outside(reason):
            return (reason,)
        case Planned(issue):
            return (f"issue: {issue}",)
        case _:
            assert_never(state)


def _plain(commitment: Commitment) -> dict[str, object]:
    return {
        "row": commitment.row,
        "pack": commitment.pack,
        "topic": commitment.topic,
        "promise": commitment.promise,
        "statute": commitment.statute,
        "state": _word(commitment.state),
        "shown_by": _shown(commitment.state),
    }
