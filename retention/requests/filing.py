"""Who files: the person, or an agent with authority; which papers show it.

APPI art. 37(3) and Cabinet Order art. 13: statutory agents of minors and adult wards, and agents mandated by the
person, must be admitted, also where a text says that only the contract holder may ask: then the desk is consulted
first, and the agent admitted once the authority is shown. CCPA regulations 7063: a permission signed by the person
is enough. A missing paper is asked for; it refuses nothing.

Which registers show an authority is practice, not law (a proposal of ours: family register, registered
guardianship, power of attorney), and so is the age from which a minor asks alone: the Commission's answers name
12 to 15 as the age up to which statutory agents consent, GDPR art. 8 names 16 unless a member state says less.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TypeAlias, assert_never

from retention.law import Regime
from retention.model.terms import Filer

ASKS_ALONE_FROM = 16
"""Years of age."""


class Ward(Enum):
    """Why someone has a statutory agent."""

    MINOR = "minor"
    ADULT_WARD = "adult-ward"


class AuthorityPaper(Enum):
    """What shows that someone may act for the person."""

    FAMILY_REGISTER = "family-register"
    """戸籍謄本: who has parental authority."""
    GUARDIANSHIP = "guardianship-certificate"
    """登記事項証明書: who is the adult's guardian."""
    POWER_OF_ATTORNEY = "power-of-attorney"
    """委任状, signed by the person."""
    SIGNED_PERMISSION = "signed-permission"
    """Of a consumer, for one request (CCPA regulations 7063)."""
    AGENT_IDENTITY = "agent-identity"
    """Who the agent is."""


@dataclass(frozen=True, slots=True)
class Filing:
    """Who files, and which papers were shown."""

    filer: Filer
    ward: Ward | None = None
    """For a statutory agent: of whom."""
    shown: Mapping[AuthorityPaper, date | None] = field(default_factory=dict)
    """Paper → the first day on which it no longer counts; None: it bears no such day."""
    consulted: bool = False
    """Whether the desk has been consulted, where a text asks for that."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """The filer may go on."""


@dataclass(frozen=True, slots=True)
class Consult:
    """The text takes requests from the person only: the desk speaks with the agent first."""

    bring: tuple[AuthorityPaper, ...]
    """What will be asked for then."""


@dataclass(frozen=True, slots=True)
class AskFor:
    """These papers are missing, or no longer count; the day of arrival stays."""

    papers: tuple[AuthorityPaper, ...]


Admission: TypeAlias = Admitted | Consult | AskFor


def admit(filing: Filing, may_file: Collection[Filer], regimes: Collection[Regime], day: date) -> Admission:
    """Return whether the filer may go on; nobody is refused here.

    Args:
        filing: Who files, with which papers.
        may_file: Whom the text lets file for this right; empty: it does not say, and the law admits all.
        regimes: The laws under which the person asks.
        day: The day on which papers must count.

    Raises:
        ValueError: a statutory agent files and it is not said for whom.

    """
    needed = papers_for(filing, regimes)
    missing = tuple(paper for paper in needed if not _counts(paper, filing.shown, day))
    if may_file and filing.filer not in may_file and not filing.consulted:
        return Consult(missing)
    return AskFor(missing) if missing else Admitted()


def papers_for(filing: Filing, regimes: Collection[Regime]) -> tuple[AuthorityPaper, ...]:
    """Return which papers show the authority.

    Raises:
        ValueError: a statutory agent files and it is not said for whom.

    """
    match filing.filer:
        case Filer.PERSON:
            return ()
        case Filer.STATUTORY_AGENT:
            if filing.ward is None:
                raise ValueError("expected the ward of the statutory agent, found none")
            register = AuthorityPaper.FAMILY_REGISTER if filing.ward is Ward.MINOR else AuthorityPaper.GUARDIANSHIP
            return (register, AuthorityPaper.AGENT_IDENTITY)
        case Filer.MANDATED_AGENT:
            signed = AuthorityPaper.SIGNED_PERMISSION in filing.shown and Regime.CCPA in regimes
            mandate = AuthorityPaper.SIGNED_PERMISSION if signed else AuthorityPaper.POWER_OF_ATTORNEY
            return (mandate, AuthorityPaper.AGENT_IDENTITY)
        case _:
            assert_never(filing.filer)


def papers_of(filer: Filer, regimes: Collection[Regime]) -> tuple[AuthorityPaper, ...]:
    """Return the papers by any of which this kind of filer shows that he may ask; empty: nothing needs to be shown."""
    match filer:
        case Filer.PERSON:
            return ()
        case Filer.STATUTORY_AGENT:
            return (AuthorityPaper.FAMILY_REGISTER, AuthorityPaper.GUARDIANSHIP)
        case Filer.MANDATED_AGENT:
            signed = (AuthorityPaper.SIGNED_PERMISSION,) if Regime.CCPA in regimes else ()
            return (AuthorityPaper.POWER_OF_ATTORNEY, *signed)
        case _:
            assert_never(filer)


def _counts(paper: AuthorityPaper, shown: Mapping[AuthorityPaper, date | None], day: date) -> bool:
    if paper not in shown:
        return False
    until = shown[paper]
    return until is None or day < until


def needs_guardian(age: int | None, filer: Filer) -> bool:
    """Whether someone of this age (in years; None: nobody knows) asks only with a statutory agent."""
    return filer is not Filer.STATUTORY_AGENT and age is not None and age < ASKS_ALONE_FROM
