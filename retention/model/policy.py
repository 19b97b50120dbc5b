"""What was promised: the policy file, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TypeAlias

from retention.model.ids import CategoryId, DatasetId, HoldId, RuleId, SystemId
from retention.model.period import Period
from retention.model.terms import Terms

_NOTHING = Period()

Titles: TypeAlias = Mapping[str, str]
"""Text by language code: `{"ja": …, "en": …}`."""


class Disposal(Enum):
    """What happens when a clock has run out; the words mean what the law means."""

    ERASE = "erase"
    ANONYMIZE = "anonymize"
    PSEUDONYMIZE = "pseudonymize"
    """Keyed tokens stand for whoever it was; the rows stay personal data (APPI 2(5), GDPR 4(5))."""
    SUSPEND = "suspend"
    """The rows are kept as they are, and nobody uses them (APPI 35)."""

    @property
    def strength(self) -> int:
        """How little is left; of two disposals of the same data the stronger is done."""
        return (Disposal.SUSPEND, Disposal.PSEUDONYMIZE, Disposal.ANONYMIZE, Disposal.ERASE).index(self)


class Source(Enum):
    """Where a period comes from."""

    POLICY = "policy"
    STATUTE = "statute"
    DEFAULT = "default"
    """A proposal; needs a lawyer's sign-off and is shown as such."""


class Basis(Enum):
    """On what a purpose rests (GDPR art. 6(1)); APPI asks for a purpose, not for a basis."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    VITAL_INTEREST = "vital-interest"
    PUBLIC_TASK = "public-task"
    LEGITIMATE_INTEREST = "legitimate-interest"
    UNSTATED = "unstated"
    """The policy does not say."""


class Authority(Enum):
    """Who decides over a record (APPI art. 16(4): who may disclose, correct, delete)."""

    INDIVIDUAL = "individual"
    """We do; the person asks us."""
    TENANT = "tenant"
    """A client does; we act on the client's instruction only."""


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


@dataclass(frozen=True, slots=True)
class AfterPurposes:
    """An event clock: starts when the last purpose of the category has ended (APPI art. 22, guideline 3-8-5-1)."""


ClockStart: TypeAlias = AfterEvent | AfterPurposes | SinceDate | AfterFiscalYear


@dataclass(frozen=True, slots=True)
class Keep:
    """How long: from the start, `plus` first (a filing deadline), then `keep_for`."""

    keep_for: Period
    start: ClockStart
    plus: Period = _NOTHING


@dataclass(frozen=True, slots=True)
class Everyone:
    """The rule is for all people."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """The rule is for people whom this version of the policy has reached: who agreed to it, or were notified of it."""

    version: str
    by: str = "policy.agreed"
    """The kind of event by which it reaches people; `notice.delivered` where a notice is enough."""


@dataclass(frozen=True, slots=True)
class NotAgreed:
    """The rule is for people whom this version has not reached: they stay with what they were promised."""

    version: str
    by: str = "policy.agreed"
    """As in `Agreed`."""


Audience: TypeAlias = Everyone | Agreed | NotAgreed


@dataclass(frozen=True, slots=True)
class PurposeEnd:
    """One way in which a purpose ends: `keep_for` after the event."""

    event: str
    keep_for: Period


class Unannounced(Enum):
    """Why a purpose need not be told or published (APPI art. 21(4))."""

    HARM_TO_SOMEBODY = "harm-to-somebody"
    HARM_TO_COMPANY = "harm-to-company"
    PUBLIC_BODY = "public-body"
    EVIDENT = "evident"


@dataclass(frozen=True, slots=True)
class Exempt:
    """An exception that a purpose rests on, and its justification."""

    because: Unannounced
    why: Titles


@dataclass(frozen=True, slots=True)
class Purpose:
    """What data is held for, and how that ends.

    A purpose that declares no end of its own ends with whatever starts the rule's clock. Beside
    its own ends, one that rests on consent ends when the consent to it is withdrawn, one that
    rests on legitimate interest when the person objects, and any when it is accomplished.
    """

    purpose_id: str
    title: Titles
    basis: Basis = Basis.UNSTATED
    ends: tuple[PurposeEnd, ...] = ()
    """Whichever comes first."""
    related_to: str | None = None
    """An earlier purpose that this one reasonably grew out of (APPI 17(2))."""
    exempt: Exempt | None = None
    """Why people are not told of it; None: the policy, once announced, tells them (APPI 21(1))."""


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
    authority: Authority = Authority.INDIVIDUAL
    """Whose data it is about; a tenant's rule is started by events about the tenant."""
    preference: bool = False
    """Whether a person may shorten the period (event `preference.set`); nobody can lengthen it."""
    audience: Audience = Everyone()
    recipe: str | None = None
    """For pseudonymize: a name of the policy's `recipes`."""

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
    kinds: tuple[str, ...] = ()
    """Kinds of data that statutes name (`tax-books`): by which their floors are measured."""
    elsewhere: Titles = field(default_factory=dict)
    """Why no dataset of the data map holds it; empty: one should."""
    mandatory: bool = False
    """Whether there is no account without it; what is not mandatory can go at any time, and the account goes on."""


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
    before: tuple[DatasetId, ...] = ()
    """Datasets of which nothing goes before it has finished: tokens that it revokes, an address that it writes to."""


class Reductions(Enum):
    """How a version that reduces people's rights (longer retention, weaker disposal) reaches them."""

    ANNOUNCEMENT = "announcement"
    """By being announced; in force for all on its date."""
    NOTICE = "notice"
    """By being notified before its date."""
    CONSENT = "consent"
    """Only for those who agreed; others keep what they were promised."""


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of the policy this is."""

    version_id: str
    announced_on: date
    effective_from: date
    """Never before it was announced."""
    reductions: Reductions
    before: str | None
    """The file of the version before, relative to this one; None for the first."""
    at_announcement: bool = False
    """Whether the text says that a version takes effect at the moment of its announcement."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One company's policy, checked; every mapping is complete."""

    policy_id: str
    controller: Controller
    timezone: str
    fiscal_year_end: tuple[int, int]
    """Month and day of the fiscal year's last day; (3, 31) for most Japanese companies."""
    regimes: tuple[str, ...]
    purposes: Mapping[str, Purpose]
    categories: Mapping[CategoryId, Category]
    rules: tuple[Rule, ...]
    holds: tuple[FieldHold, ...]
    requests: RequestRules
    processors: tuple[ProcessorRules, ...]
    preapproved: PreApproval | None
    digest: str
    """SHA-256 (hex) of the file's bytes."""
    version: Version | None = None
    """None if the file does not say: then it holds as it stands."""
    terms: Terms = field(default_factory=Terms)
    end_states: tuple[Disposal, ...] = (Disposal.ERASE, Disposal.ANONYMIZE)
    """What may become of data in the end; pseudonymized data is never there."""
