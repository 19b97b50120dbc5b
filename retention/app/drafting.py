"""Propose a data map from a live schema. Values are looked at and never written."""

from __future__ import annotations

from dataclasses import dataclass

from retention.datamap import read_datamap
from retention.datamap.drafting import Proposal, draft, written
from retention.datamap.drafting.fides import import_fides
from retention.errors import FoundError
from retention.grammar import Finding
from retention.model.ids import CategoryId, SystemId
from retention.ports.gazetteer import Gazetteer
from retention.ports.surveyor import Surveyor

_HEADING = """\
{what}
Nothing here is decided. Each `review:` says which rule made the suggestion, and the share of values it held for;
no value was written down. Read every line, then take the comments away.
{categories}"""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A proposed map."""

    text: str
    """The whole of datamap.yaml."""
    datasets: int
    personal: int
    """Columns that were recognized or lie in a dataset about people."""
    columns: int
    left_behind: tuple[Finding, ...] = ()
    """What the source said and a data map cannot say."""


def propose(
    surveyor: Surveyor, gazetteer: Gazetteer, system: SystemId, rows: int, category: CategoryId | None
) -> Drafted:
    """Draft a map of everything the surveyor sees, from at most so many rows of each table.

    Raises:
        FoundError: there is nothing.
        TransientFailure, TerminalFailure: from the system.

    """
    live = surveyor.survey(rows)
    if not live:
        raise FoundError(f"{system} holds no table and no file", hint="check the address, the schema or the prefix")
    what = f"Drafted from the live schema of `{system}`, from up to {rows} rows of each table or kind of file."
    return _drafted(draft(system, live, gazetteer, category), what)


def convert_fides(text: str, label: str) -> Drafted:
    """Make a map of a Fides dataset file.

    Raises:
        DataMapError: the file cannot be read; with every problem.

    """
    imported = import_fides(text, label)
    lines = [f"  {finding.where}: {finding.text}" for finding in imported.left_behind]
    told = (
        "\n".join(["Left behind, because a data map does not say it:", *lines]) if lines else "Nothing was left behind."
    )
    return _drafted(imported.proposals, f"Imported from the Fides dataset file {label}.\n{told}", imported.left_behind)


def _drafted(proposals: tuple[Proposal, ...], what: str, left_behind: tuple[Finding, ...] = ()) -> Drafted:
    categories = sorted({field.category for each in proposals for field in each.dataset.fields.values()})
    named = f"The policy must know these categories: {', '.join(categories)}." if categories else ""
    text = written(proposals, _HEADING.format(what=what, categories=named))
    read_datamap(text, "the draft")  # a draft that the check could not read would be of no use
    fields = sum(len(each.dataset.fields) for each in proposals)
    columns = fields + sum(len(each.dataset.not_personal) + len(each.dataset.linking_columns) for each in proposals)
    return Drafted(text, len(proposals), fields, columns, left_behind)
