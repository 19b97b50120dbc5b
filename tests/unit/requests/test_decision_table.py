"""docs/requests-rules.md says what the rules do: every row of its tables is made from them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from retention.law import Regime
from retention.law.charges import FREE, MAY_COST
from retention.law.grounds import GROUNDS
from retention.law.refusals import LAWS, PROCEDURAL
from retention.model.terms import ActualCost, FixedFee, FreeOfCharge, Ground, Refusal, Right, RightTerms
from retention.packs import read_pack
from retention.policy import read_policy, shipped_statutes
from retention.requests.fees import Charge, price
from retention.requests.grounds import NotGiven, finding_first, judge
from retention.requests.offered import knowing
from retention.requests.refusals import reasons

DOC = Path(__file__).parents[3] / "docs" / "requests-rules.md"
COMPANIES = ("u-next", "coorum", "webmo", "umu", "three-regime")
_NAMES = {Regime.APPI: "APPI", Regime.GDPR: "GDPR", Regime.CCPA: "CCPA"}
_STATUTES = shipped_statutes()


def _article(code: str) -> str:
    return _STATUTES.article(code).removeprefix("APPI ").removeprefix("GDPR ").removeprefix("CCPA ")


def _words(words: Iterable[Ground | Refusal]) -> str:
    return ", ".join(sorted(word.value for word in words)) or "–"


def law_rows() -> Iterator[str]:
    """Yield one row a right and law: grounds, reasons to refuse, fee."""
    for right in Right:
        for regime in knowing(right, Regime):
            grounds = GROUNDS[regime][right]
            by_article: dict[str, list[str]] = {}
            for ground in Ground:
                if ground in grounds:
                    by_article.setdefault(grounds[ground], []).append(ground.value)
            stated = "; ".join(f"{', '.join(found)} ({_article(code)})" for code, found in by_article.items())
            provision, codes = LAWS[regime][right]
            refused = f"{_words(codes)} ({_article(provision)})" if codes else f"– ({_article(provision)})"
            if regime in FREE:
                fee = f"none ({_article(FREE[regime])})"
            else:
                fee = "may be charged (art. 38(1))" if right in MAY_COST else "none (art. 38(1))"
            yield f"| {right.value} | {_NAMES[regime]} | {stated} | {refused} | {fee} |"


@cache
def _company(pack: str) -> tuple[frozenset[Regime], Mapping[Right, RightTerms]]:
    policy = read_policy(read_pack(pack)["policy.yaml"], "policy.yaml", _STATUTES)
    return frozenset(Regime(code) for code in policy.regimes), policy.terms.rights


def _cost(right: Right, laws: frozenset[Regime], rights: Mapping[Right, RightTerms]) -> str:
    terms = rights.get(right)
    fee = FreeOfCharge() if terms is None else terms.fee
    found = price(right, fee, laws, (("cost", 1),), "JPY")
    match fee, found:
        case FreeOfCharge(), _:
            return "none"
        case FixedFee(amount, currency), Charge():
            return f"{currency} {amount}"
        case ActualCost(), Charge():
            return "actual cost"
        case _:
            return "none (the text's may not be charged)"


def company_rows(pack: str) -> Iterator[str]:
    """Yield one row a right and set of laws: what is done where this company is asked."""
    regimes, rights = _company(pack)
    people = [frozenset({Regime.APPI}), *([regimes] if regimes != {Regime.APPI} else [])]
    for right in Right:
        for laws in people:
            known = judge(right, None, laws, rights)
            if isinstance(known, NotGiven):
                continue
            codes = reasons(right, laws, rights) - PROCEDURAL
            form = reasons(right, laws, rights) & PROCEDURAL
            first = finding_first(right, None, laws, rights)
            under = " + ".join(_NAMES[law] for law in Regime if law in laws)
            yield (
                f"| {right.value} | {under} | {type(known).__name__} | {'yes' if first else 'no'} | {_words(codes)} | "
                f"{_words(form)} | {_cost(right, laws, rights)} |"
            )


def tables() -> str:
    """Return all tables as the document has them."""
    head = "| right | law | grounds | may be refused for | fee |\n|---|---|---|---|---|\n"
    parts = ["## By law\n\n" + head + "\n".join(law_rows()) + "\n"]
    columns = "| right | person under | asked without a ground | looked into first | reasons | reasons of form | fee |"
    for pack in COMPANIES:
        rule = "|---|---|---|---|---|---|---|\n"
        parts.append(f"### {pack}\n\n{columns}\n{rule}" + "\n".join(company_rows(pack)) + "\n")
    return parts[0] + "\n## By company\n\n" + "\n".join(parts[1:])


def test_the_document_has_the_tables_of_the_rules():
    """A rule that changes without its row fails here; the tables are the last part of the document."""
    assert DOC.read_text(encoding="utf-8").endswith(tables())


@pytest.mark.parametrize("right", list(Right))
def test_whatever_may_be_asked_has_a_row(right):
    """No right is without an answer: some law knows it, or no company offers it."""
    offering = [pack for pack in COMPANIES if right in _company(pack)[1]]
    assert knowing(right, Regime) or not offering
    known = {law for law in Regime if GROUNDS[law].get(right)}
    assert known == set(knowing(right, Regime))
