"""Policy and data map against each other."""

from __future__ import annotations

import pytest

from retention.datamap import read_datamap
from retention.packs import read_pack
from retention.planning.coherence import check
from retention.policy import read_policy

FILES = read_pack("u-next")


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "hint"),
    [
        (
            "datamap.yaml",
            "stars: {category: reviews",
            "stars: {category: review",
            "datamap datasets.app.reviews.fields.stars.category",
            "`reviews`",
        ),
        (
            "datamap.yaml",
            "{requested: requested_at}",
            "{request: requested_at}",
            "policy rules.http-requests.keep",
            "`request`",
        ),
        (
            "policy.yaml",
            "payments.invoice_no",
            "payments.invoice_nr",
            "policy holds.tax-books.fields",
            "payments.invoice_no",
        ),
        ("policy.yaml", "key: user_id", "key: userid", "policy processors.analytics.key", "`user_id`"),
        (
            "policy.yaml",
            "key: user_id",
            "key: user_id, before: [app.payment]",
            "policy processors.analytics.before",
            "`app.payments`",
        ),
    ],
)
def test_each_disagreement_is_one_problem(file: str, old: str, new: str, where: str, hint: str) -> None:
    """A name that only one file knows is reported with the nearest name of the other."""
    assert FILES[file].count(old) == 1
    texts = {**FILES, file: FILES[file].replace(old, new)}
    (problem,) = check(read_policy(texts["policy.yaml"], "p"), read_datamap(texts["datamap.yaml"], "d"))
    assert problem.where == where
    assert hint in problem.hint


def test_a_hold_needs_its_date_wherever_it_holds() -> None:
    """A fiscal-year clock on a dataset without that date could never end: rule and hold both say so."""
    datamap = FILES["datamap.yaml"].replace("dates: {accounted: paid_at}", "dates: {paid: paid_at}")
    found = check(read_policy(FILES["policy.yaml"], "p"), read_datamap(datamap, "d"))
    assert {problem.where for problem in found} == {"policy rules.billing.keep", "policy holds.tax-books.keep"}
    assert all("`app.payments`" in problem.expected for problem in found)
