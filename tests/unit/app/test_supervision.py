"""Whether those who work for us were chosen, bound and looked after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.app.supervision import lapses
from retention.model.period import Period
from retention.model.recipient import Recipient, RecipientKind, Transfer

TODAY = date(2026, 11, 26)
WELL = Recipient(
    name="mailing",
    title={},
    kind=RecipientKind.OUTSOURCER,
    categories=(),
    contracted_on=date(2024, 4, 1),
    supervised_on=date(2026, 4, 1),
    country="JP",
    best_effort=False,
    transfer=None,
    subprocessors=False,
    nda_on=date(2024, 3, 1),
    first_transfer_on=date(2024, 5, 1),
)


EQUIVALENT: dict[str, object] = {"country": "US", "transfer": Transfer.EQUIVALENT}


def codes(**changed: object) -> list[str]:
    """Return what is found of a recipient that is well but for this."""
    return [lapse.code for lapse in lapses(replace(WELL, **changed), TODAY)]  # type: ignore[arg-type]


def test_a_contract_that_is_kept_has_no_finding() -> None:
    """Bound before the first transfer and looked after within the year: nothing."""
    assert codes() == []


def test_no_contract_is_a_finding_and_nobody_is_active_without_one() -> None:
    """Whoever receives data without a confirmed duty is found, and the gate before a transfer closes (WEB-07)."""
    assert codes(contracted_on=None) == ["CONTRACT_NOT_STATED"]


def test_an_agreement_after_the_first_transfer_is_a_finding_and_so_is_none() -> None:
    """The agreement on confidentiality comes before any data (COO-13)."""
    assert codes(nda_on=date(2024, 5, 2)) == ["NDA_AFTER_TRANSFER"]
    assert codes(nda_on=None) == ["NDA_NOT_STATED"]
    assert codes(nda_on=date(2024, 5, 1)) == []


def test_supervision_that_is_overdue_is_a_finding() -> None:
    """By the register's own interval: a year if none is said (UMU-26, COO-14)."""
    assert codes(supervised_on=TODAY - timedelta(days=365)) == []
    assert codes(supervised_on=TODAY - timedelta(days=366)) == ["SUPERVISION_OVERDUE"]
    assert codes(supervise_every=Period(months=6)) == ["SUPERVISION_OVERDUE"]
    assert codes(supervised_on=None) == ["SUPERVISION_OVERDUE"]
    assert codes(supervised_on=None, contracted_on=None) == ["CONTRACT_NOT_STATED", "SUPERVISION_NOT_STATED"]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"country": "US"}, ["TRANSFER_UNSUPPORTED"]),
        ({"country": "US", "transfer": Transfer.ADEQUACY}, ["TRANSFER_UNSUPPORTED"]),
        ({"country": "NO", "transfer": Transfer.ADEQUACY}, []),
        ({"country": "US", "transfer": Transfer.CONSENT}, ["COUNTRY_NOT_TOLD"]),
        ({"country": "US", "transfer": Transfer.CONSENT, "informed_on": date(2026, 1, 1)}, []),
        (EQUIVALENT, ["EQUIVALENCE_NOT_CONFIRMED"]),
        ({"country": "US", "transfer": Transfer.EQUIVALENT, "confirmed_on": date(2026, 1, 1)}, []),
        (
            {"country": "US", "transfer": Transfer.EQUIVALENT, "confirmed_on": date(2025, 1, 1)},
            ["EQUIVALENCE_NOT_CONFIRMED"],
        ),
    ],
)
def test_a_transfer_abroad_needs_a_ground_that_holds(changed: dict[str, object], found: list[str]) -> None:
    """A designated country, informed consent, or equivalent measures confirmed within a year (TRI-19)."""
    assert codes(**changed) == found


def test_a_language_model_needs_a_certification_that_stands() -> None:
    """Without one, or after its last day, it is found."""
    assert codes(kind=RecipientKind.LLM) == ["CERTIFICATE_NOT_STATED"]
    assert codes(kind=RecipientKind.LLM, certified_until=TODAY) == []
    assert codes(kind=RecipientKind.LLM, certified_until=TODAY - timedelta(days=1)) == ["CERTIFICATE_EXPIRED"]


@pytest.mark.parametrize("kind", [RecipientKind.THIRD_PARTY, RecipientKind.AUTHORITY, RecipientKind.ANALYTICS])
def test_who_does_not_work_for_us_is_not_ours_to_supervise(kind: RecipientKind) -> None:
    """Third parties, authorities and analytics need no contract with us."""
    assert codes(kind=kind, contracted_on=None, nda_on=None, supervised_on=None) == []


@settings(max_examples=30)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 900))
def test_time_alone_makes_supervision_lapse_and_never_mends_it(seen: date, days: int) -> None:
    """If it has lapsed on a day, it has on every later day."""
    looked = replace(WELL, supervised_on=seen)
    on = [bool(list(lapses(looked, seen + timedelta(days=n)))) for n in (days, days + 1)]
    assert on[0] <= on[1]
