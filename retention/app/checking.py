"""Is what was promised consistent, lawful, and what its examples say? Nothing is opened for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from retention.grammar import Document, Finding, Severity, line_at, lines_of
from retention.model.datamap import DataMap
from retention.model.policy import Policy
from retention.model.statute import Statutes
from retention.planning.examples import failing
from retention.policy import read_examples, review


@dataclass(frozen=True, slots=True)
class File:
    """A file's name, as findings show it, and its text."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the policy found."""

    errors: tuple[Finding, ...]
    """The policy contradicts itself, a part of it can never take effect, or an example fails."""
    warnings: tuple[Finding, ...]
    """Disagreements with statutes, and proposals that a lawyer has not seen."""
    examples: int
    """How many examples were run."""


def check_policy(
    policy: Policy, file: File, datamap: DataMap, statutes: Statutes, *, examples: File | None, now: datetime
) -> Checked:
    """Review the policy and run its examples.

    Args:
        policy: What was promised, read from `file`.
        file: The policy's file, for the lines of findings.
        datamap: Where the data is.
        statutes: What may be cited.
        examples: The file of examples, if there is one.
        now: The moment for which is asked: statutes and documents have dates.

    Raises:
        PolicyError: the file of examples has problems.

    """
    today = now.astimezone(ZoneInfo(policy.timezone)).date()
    found = list(_located(review(policy, datamap, statutes, today), file))
    count = 0
    if examples is not None:
        cases = read_examples(examples.text, examples.label, policy, datamap)
        found += _located(failing(cases, policy), examples)
        count = len(cases)
    return Checked(
        errors=tuple(finding for finding in found if finding.severity is Severity.ERROR),
        warnings=tuple(finding for finding in found if finding.severity is Severity.WARNING),
        examples=count,
    )


def _located(findings: Iterable[Finding], file: File) -> Iterable[Finding]:
    """Put file and line before the place of each finding."""
    lines = lines_of(Document(file.text, file.label))
    for finding in findings:
        line = line_at(lines, finding.where)
        place = file.label if line is None else f"{file.label}:{line}"
        yield replace(finding, where=f"{place} {finding.where}")
