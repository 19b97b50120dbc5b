"""What a policy promises beside its rules: rights, consents, joint use, recipients, notices.

It says what the company's text says, also where the text is silent or against the law;
`retention.policy.conflicts` compares it with the statutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TypeAlias

from retention.model.asking import Reach, Redirect
from retention.model.ids import DatasetId
from retention.model.period import Period
from retention.model.recipient import Recipient
from retention.model.transform import Transform


class Right(Enum):
    """What a person may ask for; the APPI's deletion of what is untrue is not its erasure."""

    DISCLOSURE = "disclosure"
    PURPOSE_NOTIFICATION = "purpose-notification"
    CORRECTION = "correction"
    ADDITION = "addition"
    DELETION = "deletion"
    """Of what is untrue (APPI art. 34)."""
    ERASURE = "erasure"
    """APPI art. 35, GDPR art. 17, CCPA 1798.105."""
    ITEM_DELETION = "item-deletion"
    """Of the items that the person names, not of everything."""
    SUSPENSION = "suspension"
    RESTRICTION = "restriction"
    STOP_PROVISION = "stop-provision"
    PORTABILITY = "portability"
    OBJECTION = "objection"
    CONSENT_WITHDRAWAL = "consent-withdrawal"
    """GDPR art. 7(3): as easy as giving it."""
    COMPLAINT = "complaint"
    PROVISION_RECORD_DISCLOSURE = "provision-record-disclosure"


class Ground(Enum):
    """Why a person may ask; `none-needed` means that the text asks for no reason."""

    NONE_NEEDED = "none-needed"
    OUT_OF_PURPOSE = "out-of-purpose"
    UNLAWFUL_USE = "unlawful-use"
    UNLAWFUL_ACQUISITION = "unlawful-acquisition"
    UNLAWFUL_PROVISION = "unlawful-provision"
    NO_LONGER_NEEDED = "no-longer-needed"
    BREACH = "breach"
    """An event that must be reported (APPI art. 26(1))."""
    ANY_LEAK = "any-leak"
    """Any leak: wider than the statute."""
    LIKELY_HARM = "likely-harm"
    UNTRUE = "untrue"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    OBJECTION = "objection"
    LEGAL_OBLIGATION = "legal-obligation"
    CHILD_SERVICE = "child-service"
    CONTESTED = "contested"


class Refusal(Enum):
    """Why a request may be refused, in the words of policies and laws."""

    IDENTITY_UNPROVEN = "identity-unproven"
    AGENT_UNPROVEN = "agent-unproven"
    FORM_DEFECTIVE = "form-defective"
    FEE_UNPAID = "fee-unpaid"
    NOT_RETAINED_DATA = "not-retained-data"
    RIGHTS_OF_OTHERS = "rights-of-others"
    """Of the person or someone else: life, body, property, other rights."""
    BUSINESS_HINDRANCE = "business-hindrance"
    OTHER_LAW = "other-law"
    NO_GROUND = "no-ground"
    DIFFICULT_WITH_SUBSTITUTE = "difficult-with-substitute"
    """Costly or difficult, and another measure protects the person (APPI art. 35 provisos)."""
    PURPOSE_EVIDENT = "purpose-evident"
    PURPOSE_UNCLEAR = "purpose-unclear"
    """In no law."""
    HARM_TO_COMPANY = "harm-to-company"
    PUBLIC_BODY = "public-body"
    NOT_REQUIRED = "not-required"
    """Where the Act imposes no duty, without saying where that is."""
    MANIFESTLY_UNFOUNDED = "manifestly-unfounded"
    EXPRESSION = "expression"
    LEGAL_OBLIGATION = "legal-obligation"
    PUBLIC_HEALTH = "public-health"
    ARCHIVING = "archiving"
    LEGAL_CLAIMS = "legal-claims"
    CCPA_EXCEPTION = "ccpa-exception"
    """One of the eight of 1798.105(d)."""
    NOT_PERSONAL_INFORMATION = "not-personal-information"
    """The person has died (APPI 2(1), GDPR recital 27)."""


class Filer(Enum):
    """Who may ask for a person."""

    PERSON = "person"
    STATUTORY_AGENT = "statutory-agent"
    """For a minor or an adult ward."""
    MANDATED_AGENT = "mandated-agent"


@dataclass(frozen=True, slots=True)
class FreeOfCharge:
    """Nothing is charged."""


@dataclass(frozen=True, slots=True)
class FixedFee:
    """So much for each application."""

    amount: int
    currency: str
    """ISO 4217: `JPY`."""
    prepaid: bool


@dataclass(frozen=True, slots=True)
class ActualCost:
    """What it costs, itemised and quoted before."""


Fee: TypeAlias = FreeOfCharge | FixedFee | ActualCost


@dataclass(frozen=True, slots=True)
class RightTerms:
    """One right as the text offers it."""

    right: Right
    grounds: tuple[Ground, ...]
    """Empty: the text names none."""
    refusals: tuple[Refusal, ...]
    fee: Fee
    may_file: tuple[Filer, ...]
    """Empty: the text does not say."""
    reserves_statute: bool
    """Whether the text reserves what a law requires to be kept."""
    investigated: bool = False
    """Whether the text promises to look into it first, and to act if a reason is found."""


class Masked(Enum):
    """What must be made illegible on an identity document before it is accepted."""

    REGISTERED_DOMICILE = "registered-domicile"
    MY_NUMBER = "my-number"
    INSURER_NUMBER = "insurer-number"
    INSURED_NUMBER = "insured-number"
    LICENCE_CONDITIONS = "licence-conditions"


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """A kind of document that the text accepts."""

    kind: str
    valid_from: date | None
    valid_until: date | None
    """First day on which it is no longer accepted."""
    masked: tuple[Masked, ...]
    shows_address: bool

    def accepted(self, day: date) -> bool:
        """Whether the text accepts it on the day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day < self.valid_until)


class ConsentKind(Enum):
    """How people agree."""

    EXPLICIT = "explicit"
    DEEMED = "deemed"
    """By not objecting: never consent in the sense of the GDPR (art. 4(11)), nor for special-care data."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent that the text relies on."""

    name: str
    kind: ConsentKind
    title: Mapping[str, str]
    purposes: tuple[str, ...]
    """Empty: for everything the text speaks of."""


class JointUseKind(Enum):
    """Under which rules data is used jointly."""

    ORDINARY = "ordinary"
    """APPI art. 27(5)(iii)."""
    PSEUDONYMISED = "pseudonymised"
    """APPI art. 41(6)."""


@dataclass(frozen=True, slots=True)
class StatedPurpose:
    """A purpose of joint or pseudonymised use, and what it does to people."""

    purpose_id: str
    title: Mapping[str, str]
    contacts: bool
    """By post, phone, mail, message, or advertisements to one cookie."""
    identifies: bool
    """By tying the data to an account or a person."""


@dataclass(frozen=True, slots=True)
class JointMember:
    """One of those who use the data jointly, with dates: who leaves the group must delete."""

    name: Mapping[str, str]
    member_from: date | None
    member_until: date | None
    country: str | None
    member_id: str | None = None
    """By which commands and exports name it; None: nothing is handed to it by this program."""

    def belongs(self, day: date) -> bool:
        """Whether it uses the data jointly on the day."""
        begun = self.member_from is None or self.member_from <= day
        return begun and (self.member_until is None or day < self.member_until)


@dataclass(frozen=True, slots=True)
class ResponsibleEntity:
    """Who answers for joint use, as the law asks: an entity with address and representative."""

    entity: Mapping[str, str]
    address: str
    representative: str


@dataclass(frozen=True, slots=True)
class ResponsibleOffice:
    """Who answers for joint use, as some texts say: an office inside the company."""

    office: str


Responsible: TypeAlias = ResponsibleEntity | ResponsibleOffice


@dataclass(frozen=True, slots=True)
class JointSet:
    """A set that is handed to joint users: which columns of which dataset, made how, for what."""

    name: str
    dataset: DatasetId
    recipe: str
    """A name of the policy's `recipes`."""
    purpose: str
    """One of the joint use's purposes."""
    columns: Mapping[str, str]
    """Column that goes out → the published item it belongs to. No other column ever goes out."""
    keep_for: Period
    """How long a joint user has it before it is withdrawn."""
    answer_within: Period
    """By when a joint user must have deleted what he is told to."""
    never_joined_with: tuple[DatasetId, ...]
    """Datasets with which matching is banned (APPI 41(7)): no column or key in common."""


@dataclass(frozen=True, slots=True)
class JointUse:
    """The five published items of one joint use."""

    name: str
    kind: JointUseKind
    items: tuple[str, ...]
    open_ended: bool
    """Whether the list of items ends in 等 ("etc.")."""
    members: tuple[JointMember, ...]
    purposes: tuple[StatedPurpose, ...]
    responsible: Responsible
    sets: tuple[JointSet, ...] = ()
    """What this program hands over; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Statistics for partners: people, counted by columns of a dataset."""

    name: str
    dataset: DatasetId
    person: str
    """The column that tells people apart."""
    dimensions: Mapping[str, Transform | None]
    """Column → how it is coarsened first."""
    at_least: int
    """The fewest people a published cell counts."""
    recipients: tuple[str, ...]


class Notice(Enum):
    """Short texts that people receive."""

    ACKNOWLEDGEMENT = "acknowledgement"
    MORE_INFORMATION = "more-information"
    REDIRECT = "redirect"
    DONE = "done"
    DEFERRED = "deferred"
    REFUSED = "refused"
    LESSER_MEASURE = "lesser-measure"
    EXTENSION = "extension"
    PROCESSOR_ORDER = "processor-order"
    RECIPIENT = "recipient"
    CORRECTION = "correction"
    RESTRICTION_LIFT = "restriction-lift"
    POLICY_CHANGE = "policy-change"
    SERVICE_ENDED = "service-ended"
    PROVISION_LABEL = "provision-label"


@dataclass(frozen=True, slots=True)
class Citation:
    """What the text cites, and where that stands in the law of today."""

    cites: str
    meant: Mapping[str, str]
    today: str


@dataclass(frozen=True, slots=True)
class Complaints:
    """Where complaints go (APPI art. 32(1)(iv), Cabinet Order 10)."""

    contact: str
    """Our own desk."""
    accredited: Mapping[str, str] | None
    """The accredited organisation that the company belongs to; None: it belongs to none, and says so."""


@dataclass(frozen=True, slots=True)
class ProtectionOfficer:
    """The data protection officer (GDPR arts. 37-39)."""

    office: str
    contact: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that the text says beside the rules; empty where it is silent."""

    states_rights: bool = False
    """Whether the file says which rights the text offers."""
    rights: Mapping[Right, RightTerms] = field(default_factory=dict)
    """Only those that the text offers."""
    documents: tuple[IdentityDocument, ...] = ()
    only_for: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Channel → the group it is open to; others are open to all."""
    consents: tuple[Consent, ...] = ()
    joint_uses: tuple[JointUse, ...] = ()
    pseudonymised: tuple[StatedPurpose, ...] = ()
    """Our own purposes of using pseudonymised information."""
    statistics: tuple[Counts, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    """Connected processors with facts, then those that no system connects."""
    notices: Mapping[Notice, Mapping[str, str]] = field(default_factory=dict)
    citations: tuple[Citation, ...] = ()
    complaints: Complaints | None = None
    """None: the text does not say."""
    officer: ProtectionOfficer | None = None
    residency: tuple[str, ...] = ()
    """Regions that data may lie in; empty: the text does not say."""
    reach: Reach | None = None
    """Where the company is and offers; None: the file does not say."""
    redirects: Mapping[str, Redirect] = field(default_factory=dict)
    """Tenant key of the data map → whom people are told to ask."""
