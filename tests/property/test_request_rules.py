"""Rules of requests hold for every right, law and text, not only for those of the packs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.law import Regime
from retention.law.charges import MAY_COST
from retention.law.refusals import LAWS, NEED_MEASURE, PROCEDURAL
from retention.law.rights import CEASING
from retention.model.ids import CaseId, CategoryId
from retention.model.terms import (
    ActualCost,
    Filer,
    FixedFee,
    FreeOfCharge,
    Ground,
    IdentityDocument,
    Masked,
    Refusal,
    Right,
    RightTerms,
    Terms,
)
from retention.requests.allowing import bounds
from retention.requests.channels import Membership, Taken, arrived_at, gate
from retention.requests.fees import Charge, price
from retention.requests.filing import Admitted, AskFor, AuthorityPaper, Consult, Filing, Ward, admit
from retention.requests.grounds import NotGiven, Owed, judge
from retention.requests.proof import Proven, Shown, examine, to_mask
from retention.requests.refusals import Permitted, may_refuse
from retention.requests.regimes import applying
from retention.requests.repeated import Earlier, merged_into

NOW = datetime(2026, 11, 26, tzinfo=UTC)
DAY = date(2026, 11, 26)
POLICY = tuple(regime.value for regime in Regime)
LAWFUL = settings(max_examples=60, deadline=None)

rights = st.sampled_from(Right)
laws = st.frozensets(st.sampled_from(Regime))
fees = st.sampled_from([FreeOfCharge(), FixedFee(1000, "JPY", prepaid=True), ActualCost()])


@st.composite
def texts(draw: st.DrawFn) -> dict[Right, RightTerms]:
    """Draw what a text offers."""
    found = {}
    for right in draw(st.frozensets(rights, max_size=4)):
        grounds = draw(st.sampled_from([(), (Ground.NONE_NEEDED,), (Ground.ANY_LEAK, Ground.UNTRUE)]))
        refusals = tuple(draw(st.frozensets(st.sampled_from(Refusal), max_size=6)))
        found[right] = RightTerms(right, grounds, refusals, draw(fees), (), reserves_statute=False)
    return found


@LAWFUL
@given(rights, fees, laws, st.booleans())
def test_nothing_is_charged_that_a_law_gives_free(right, fee, regimes, excessive):
    """Whatever the text charges: no fee abroad unless it is too much, none under the Act but for disclosing."""
    if not isinstance(price(right, fee, regimes, (("copies", 10),), "JPY", excessive=excessive), Charge):
        return
    assert Regime.APPI not in regimes or right in MAY_COST
    assert excessive or not regimes & {Regime.GDPR, Regime.CCPA}


@LAWFUL
@given(rights, st.sampled_from(Refusal), laws, texts())
def test_a_refusal_stands_in_every_law_that_knows_the_right(right, code, regimes, text):
    """A text adds no reason to a law's, and a difficulty alone refuses nothing that art. 35 gives."""
    if not isinstance(may_refuse(right, code, regimes, text), Permitted) or code in PROCEDURAL:
        return
    for regime in regimes & {law for law in Regime if right in LAWS[law]}:
        assert code in LAWS[regime][right][1]
    assert not (Regime.APPI in regimes and right in CEASING and code in NEED_MEASURE)


@LAWFUL
@given(rights, st.sampled_from([None, *Ground]), laws, texts())
def test_a_text_never_takes_a_laws_ground_away(right, ground, regimes, text):
    """What is owed without a text is owed with any; and whoever is owed or promised something is not told otherwise."""
    bare = judge(right, ground, regimes, {})
    if isinstance(bare, Owed):
        assert judge(right, ground, regimes, text) == bare
    if right in text:
        assert not isinstance(judge(right, ground, regimes, text), NotGiven)


@LAWFUL
@given(rights, laws, laws, texts())
def test_more_laws_never_give_a_company_more_reasons_or_fees(right, some, more, text):
    """Under laws added up, what may be refused or charged only shrinks, once one of them knows the right."""
    if not any(right in LAWS[law] for law in some):
        return
    few, many = (bounds(right, None, regimes, Terms(rights=text)) for regimes in (some, some | more))
    assert many.refusals <= few.refusals
    assert many.may_charge <= few.may_charge


@LAWFUL
@given(st.sampled_from(["JP", "DE", "US", "US-CA", "US-NY", "BR"]))
def test_an_unknown_place_gives_a_person_every_law(place):
    """Nobody has less for not saying where he is."""
    assert applying(place, POLICY, None) <= applying(None, POLICY, None) == set(Regime)


@LAWFUL
@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["post", "email", "telephone"])), max_size=5),
    st.sampled_from(Membership),
    laws,
)
def test_what_arrives_later_never_moves_the_first_day(pieces, membership, regimes):
    """The day of arrival is the first by a way that counts, and more letters change nothing."""
    arrivals = [
        (NOW + timedelta(days=day), gate(way, ("post", "email"), {"email": {}}, membership, regimes))
        for day, way in pieces
    ]
    first = arrived_at(arrivals)
    assert (first is None) is not any(isinstance(gate, Taken) for _, gate in arrivals)
    if first is not None:
        assert arrived_at([*arrivals, (NOW + timedelta(days=61), Taken())]) == first


papers = st.builds(
    Shown,
    kind=st.sampled_from(["drivers-licence", "passport", "health-insurance-card", "loyalty-card"]),
    shows_name=st.booleans(),
    shows_address=st.booleans(),
    legible=st.frozensets(st.sampled_from(Masked), max_size=2),
    expires_on=st.sampled_from([None, DAY, DAY + timedelta(days=1)]),
)
DOCUMENTS = (
    IdentityDocument("drivers-licence", None, None, (Masked.REGISTERED_DOMICILE,), shows_address=True),
    IdentityDocument("passport", None, None, (), shows_address=False),
    IdentityDocument("health-insurance-card", None, None, (), shows_address=True),
)


@LAWFUL
@given(st.lists(papers, max_size=3))
def test_identity_is_never_proven_by_a_bad_paper(shown):
    """Every paper of a proof counts today, bears the name and hides what must be hidden; one bears the address."""
    if not isinstance(examine(shown, DOCUMENTS, DAY), Proven):
        return
    known = {document.kind: document for document in DOCUMENTS}
    assert shown
    assert all(paper.kind in {"drivers-licence", "passport"} and paper.shows_name for paper in shown)
    assert all(paper.expires_on is None or paper.expires_on > DAY for paper in shown)
    assert not any(paper.legible & to_mask(known[paper.kind]) for paper in shown)
    assert any(paper.shows_address and paper.kind == "drivers-licence" for paper in shown)


@LAWFUL
@given(
    st.sampled_from([f for f in Filer if f is not Filer.PERSON]),
    st.sampled_from(Ward),
    st.dictionaries(st.sampled_from(AuthorityPaper), st.sampled_from([None, DAY]), max_size=3),
    st.booleans(),
    laws,
)
def test_an_agent_is_admitted_with_papers_and_refused_never(filer, ward, shown, consulted, regimes):
    """Admission needs two papers that count; the answer to anything less is to bring them."""
    answer = admit(Filing(filer, ward, shown, consulted), (Filer.PERSON,), regimes, DAY)
    match answer:
        case Admitted():
            assert consulted
            assert sum(until is None for until in shown.values()) >= 2
        case AskFor(missing):
            assert missing
        case Consult():
            assert not consulted


@LAWFUL
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.booleans(), st.frozensets(st.sampled_from("abc"), max_size=2)), max_size=5
    ),
    st.frozensets(st.sampled_from("abc"), max_size=2),
)
def test_a_merged_request_loses_nothing(known, items):
    """It joins only an open one that covers it, and the earliest of those."""
    earlier = [
        Earlier(CaseId(f"C-{n}"), Right.ERASURE, frozenset(map(CategoryId, its)), NOW - timedelta(days=days), is_open)
        for n, (days, is_open, its) in enumerate(known)
    ]
    into = merged_into(Right.ERASURE, [CategoryId(item) for item in items], earlier)
    covering = [e for e in earlier if e.is_open and (not e.items or (items and items <= e.items))]
    assert (into is None) is (not covering)
    if into is not None:
        (chosen,) = (e for e in earlier if e.case_id == into)
        assert chosen in covering
        assert chosen.received_at == min(e.received_at for e in covering)
