"""What was promised: the policy file, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TypeAlias

from retention.model.ids import CategoryId, HoldId, RuleId, SystemId
from retention.model.period import Period

_NOTHING = Period()

Titles: TypeAlias = Mapping[str, str]
"""Text by language code: `{"ja": …, "en": …}`."""


class Disposal(Enum):
    """What happens when a clock has run out; the words mean what the law means."""

    ERASE = "erase"
    ANONYMIZE = "anonymize"


class Source(Enum):
    """Where a period comes from."""

    POLICY = "policy"
    STATUTE = "statute"
    DEFAULT = "default"
    """A proposal; needs a lawyer's sign-off and is shown as such."""


@dataclass(frozen=True, slots=True)
class AfterEvent:
    """An event clock: starts with an event about a person (`account.closed`)."""

    event: str


@dataclass(frozen=True, slots=True)
class SinceDate:
    """A row clock: starts with a date of the row, named in the data map's `dates`."""

    date_name: str


@dataclass(frozen=True, slots=True)
class AfterFiscalYear:
    """A calendar clock: starts with the end of the fiscal year that a date of the row lies in."""

    date_name: str


ClockStart: TypeAlias = AfterEvent | SinceDate | AfterFiscalYear


@dataclass(frozen=True, slots=True)
class Keep:
    """How long: from the start, `plus` first (a filing deadline), then `keep_for`."""

    keep_for: Period
    start: ClockStart
    plus: Period = _NOTHING


@dataclass(frozen=True, slots=True)
class Rule:
    """One category of data, one clock, one fate; in force from `effective_from`."""

    rule_id: RuleId
    category: CategoryId
    effective_from: date
    effective_until: date | None
    """First day on which the rule is no longer in force."""
    keep: Keep
    then: Disposal
    source: Source
    statute: str | None
    k: int
    """For anonymize: rows in equivalence classes smaller than this are erased instead."""

    def in_force(self, day: date) -> bool:
        """Whether the rule applies on the day."""
        return self.effective_from <= day and (self.effective_until is None or day < self.effective_until)


@dataclass(frozen=True, slots=True)
class FieldHold:
    """A law keeps these fields (not whole rows) for a time."""

    hold_id: HoldId
    fields: tuple[str, ...]
    """`payments.amount`: the dataset's short name (the last part of its id) and the field."""
    keep: Keep
    statute: str


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for the data; stamped on certificates and orders."""

    name: Titles
    address: str
    responsible: str


@dataclass(frozen=True, slots=True)
class Category:
    """A category of personal data and the purposes it is held for."""

    category_id: CategoryId
    title: Titles
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreApproval:
    """A standing approval of sweeps that stay within the limits, by a named office."""

    by: str
    rules: tuple[RuleId, ...]
    """Only plans all of whose steps come from these rules."""


@dataclass(frozen=True, slots=True)
class RequestRules:
    """How a person's request is taken."""

    answer_within: Period
    channels: tuple[str, ...]
    """Ways in that the company offers (`post`, `email`)."""
    identity_documents: tuple[str, ...]
    """Kinds of document that prove identity; the kind and its digest are kept, never the paper."""


@dataclass(frozen=True, slots=True)
class ProcessorRules:
    """What a processor is told."""

    system: SystemId
    categories: tuple[CategoryId, ...]
    key: str
    """The one identity key it knows people by: least data."""
    answer_within: Period


@dataclass(frozen=True, slots=True)
class Policy:
    """One company's policy, checked; every mapping is complete."""

    policy_id: str
    controller: Controller
    timezone: str
    fiscal_year_end: tuple[int, int]
    """Month and day of the fiscal year's last day; (3, 31) for most Japanese companies."""
    regimes: tuple[str, ...]
    categories: Mapping[CategoryId, Category]
    rules: tuple[Rule, ...]
    holds: tuple[FieldHold, ...]
    requests: RequestRules
    processors: tuple[ProcessorRules, ...]
    preapproved: PreApproval | None
    digest: str
    """SHA-256 (hex) of the file's bytes."""
