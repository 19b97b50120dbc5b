"""Proposals → the text of datamap.yaml, with a word for the reviewer beside each line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from retention.datamap.drafting.proposal import Proposal
from retention.datamap.drafting.relations import MOST_PAIRS
from retention.model.datamap import Dataset, Identifies, Reference

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"})
_UNDECIDED = "# "
"""Before what a reviewer has to decide: references that are mentions, and keys of several columns."""


def written(proposals: Iterable[Proposal], heading: str) -> str:
    """Return the file: every dataset, every column, each suggestion with `review:` and its reason."""
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    lines.append("datasets:")
    for proposal in proposals:
        lines.extend(f"  {line}" if line else "" for line in _dataset(proposal))
    return "\n".join(lines) + "\n"


def _dataset(proposal: Proposal) -> Iterator[str]:
    dataset = proposal.dataset
    yield from (f"# review: {note}" for note in proposal.notes)
    yield f"{dataset.dataset_id}:"
    yield f"  system: {dataset.system}"
    yield f"  {'path' if proposal.is_path else 'table'}: {_word(dataset.location)}"
    if dataset.primary_key and not proposal.is_path:
        yield f"  primary_key: [{', '.join(map(_word, dataset.primary_key))}]"
    if dataset.subject:
        yield f"  subject: {_flow(dataset.subject)}"
    yield from _parents(dataset)
    yield from _mentions(proposal)
    if dataset.dates:
        yield f"  dates: {_flow(dataset.dates)}"
    yield from _fields(proposal)
    if dataset.not_personal:
        yield "  not_personal:"
        yield from (f"    {_word(column)}: {_word(reason)}" for column, reason in dataset.not_personal.items())
    yield ""


def _parents(dataset: Dataset) -> Iterator[str]:
    if dataset.parents:
        yield f"  parent: {{{', '.join(map(_reference, dataset.parents))}}}"


def _mentions(proposal: Proposal) -> Iterator[str]:
    for reference in proposal.mentions:
        if len(reference.columns) > MOST_PAIRS:
            yield f"  {_UNDECIDED}parent: {{{_reference(reference)}}}  # review: a key of several columns"
        else:
            why = "# review: names a person whose row this is not; make it `parent` if it is his"
            yield f"  {_UNDECIDED}mentions: {{{_reference(reference)}}}  {why}"


def _fields(proposal: Proposal) -> Iterator[str]:
    if not proposal.dataset.fields:
        return
    yield "  fields:"
    for column, field in proposal.dataset.fields.items():
        identifies = '"no"' if field.identifies is Identifies.NO else field.identifies.value
        said = f"{{category: {field.category}, identifies: {identifies}}}"
        yield f"    {_word(column)}: {said}  # review: {proposal.why.get(column, 'no reason was given')}"


def _reference(reference: Reference) -> str:
    return f"{reference.parent}: {_flow(dict(reference.columns))}"


def _flow(pairs: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_word(name)}: {_word(value)}" for name, value in pairs.items()) + "}"


def _word(text: str) -> str:
    """Return the text as YAML: bare where that is safe, else in the quotes that JSON and YAML share."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
