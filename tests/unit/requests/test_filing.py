"""Agents and their papers, minors, households."""

from __future__ import annotations

from datetime import date

import pytest

from retention.law import Regime
from retention.model.terms import Filer
from retention.requests.filing import Admitted, AskFor, AuthorityPaper, Consult, Filing, Ward, admit, needs_guardian
from retention.requests.household import covers

DAY = date(2026, 11, 26)
JAPAN, CALIFORNIA = frozenset({Regime.APPI}), frozenset({Regime.APPI, Regime.CCPA})
PERSON_ONLY, EVERYONE = (Filer.PERSON,), tuple(Filer)
REGISTER, GUARDIAN = AuthorityPaper.FAMILY_REGISTER, AuthorityPaper.GUARDIANSHIP
MANDATE, SIGNED, AGENT = (
    AuthorityPaper.POWER_OF_ATTORNEY,
    AuthorityPaper.SIGNED_PERMISSION,
    AuthorityPaper.AGENT_IDENTITY,
)


def shown(*papers: AuthorityPaper, until: date | None = None) -> dict[AuthorityPaper, date | None]:
    """Return papers that count until the day."""
    return dict.fromkeys(papers, until)


@pytest.mark.parametrize(
    ("filing", "missing"),
    [
        (Filing(Filer.PERSON), ()),
        (Filing(Filer.STATUTORY_AGENT, Ward.MINOR), (REGISTER, AGENT)),
        (Filing(Filer.STATUTORY_AGENT, Ward.MINOR, shown(GUARDIAN, AGENT)), (REGISTER,)),
        (Filing(Filer.STATUTORY_AGENT, Ward.ADULT_WARD, shown(GUARDIAN, AGENT)), ()),
        (Filing(Filer.MANDATED_AGENT, shown=shown(AGENT)), (MANDATE,)),
        (Filing(Filer.MANDATED_AGENT, shown=shown(MANDATE, AGENT)), ()),
        (Filing(Filer.MANDATED_AGENT, shown=shown(SIGNED, AGENT)), (MANDATE,)),
        (Filing(Filer.MANDATED_AGENT, shown=shown(MANDATE, AGENT, until=DAY)), (MANDATE, AGENT)),
    ],
)
def test_each_agent_shows_an_authority_of_its_own(filing, missing):
    """What is missing or no longer counts is asked for; nobody is refused."""
    assert admit(filing, (), JAPAN, DAY) == (AskFor(missing) if missing else Admitted())


def test_a_signed_permission_is_enough_in_california():
    """One request of a consumer needs no power of attorney."""
    filing = Filing(Filer.MANDATED_AGENT, shown=shown(SIGNED, AGENT))
    assert admit(filing, EVERYONE, CALIFORNIA, DAY) == Admitted()


def test_a_text_for_the_holder_alone_means_consultation_and_then_admission():
    """An agent whom the text leaves out speaks with the desk first, and is admitted as the law says."""
    papers = shown(MANDATE, AGENT)
    before = Filing(Filer.MANDATED_AGENT, shown=papers)
    assert admit(before, PERSON_ONLY, JAPAN, DAY) == Consult(())
    assert admit(Filing(Filer.MANDATED_AGENT, shown=papers, consulted=True), PERSON_ONLY, JAPAN, DAY) == Admitted()
    assert admit(Filing(Filer.MANDATED_AGENT), PERSON_ONLY, JAPAN, DAY) == Consult((MANDATE, AGENT))


def test_a_statutory_agent_says_for_whom():
    """A minor's and an adult's agent show different papers."""
    with pytest.raises(ValueError, match="ward"):
        admit(Filing(Filer.STATUTORY_AGENT), (), JAPAN, DAY)


@pytest.mark.parametrize(
    ("age", "filer", "guarded"),
    [
        (15, Filer.PERSON, True),
        (15, Filer.MANDATED_AGENT, True),
        (15, Filer.STATUTORY_AGENT, False),
        (16, Filer.PERSON, False),
        (None, Filer.PERSON, False),
    ],
)
def test_a_child_asks_with_a_statutory_agent(age, filer, guarded):
    """Up to 15 a mandate by the child is not enough."""
    assert needs_guardian(age, filer) is guarded


def test_the_holder_does_not_speak_for_the_household():
    """Only those are covered for whom an authority was shown, and nobody from outside the account."""
    assert covers("holder", {"holder", "spouse", "child"}, {"child", "stranger"}) == {"holder", "child"}
