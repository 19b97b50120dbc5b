"""`then: pseudonymize` where the rows lie: APPI 41(1)-(2), (9), Enforcement Rules 31; GDPR 4(5), 17."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retention.app import auditing
from retention.errors import InputError
from retention.evidence import verify
from retention.model.plan import PseudonymizeRows

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

RECIPE = """\
recipes:
  visits-in-place:
    aim: pseudonymous
    columns:
      user: {role: link, do: token}
      ip: {role: identifier, do: drop}
      seen_at: {role: quasi_identifier, do: {generalize: {by: dates, level: 2}}}
      page: {role: other}
"""
RULE = """\
  - id: visits
    category: visits
    effective: {from: 2020-01-01}
    keep: {for: P30D, since: seen}
    then: pseudonymize
    recipe: visits-in-place
    source: policy
holds:
"""
VISITS = """\
  shop.visits:
    system: shop
    table: visits
    primary_key: [id]
    subject: {user_id: user}
    dates: {seen: seen_at}
    fields:
      ip: {category: visits, identifies: directly}
      seen_at: {category: visits, identifies: indirectly}
      page: {category: visits, identifies: "no"}
"""


@pytest.fixture
def visited(shop):
    """The shop with a table of visits: two old ones of c3, one of c4, one of today."""
    shop.change(
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, user TEXT, ip TEXT, seen_at TIMESTAMP, page TEXT)",
        *(
            f"INSERT INTO visits VALUES ({n}, '{user}', '192.0.2.{n}', '{day} 10:11:12.000000', '/p{n}')"
            for n, (user, day) in enumerate(
                [("c3", "2026-05-04"), ("c3", "2026-06-05"), ("c4", "2026-06-06"), ("c3", "2026-11-22")], 1
            )
        ),
    )
    policy, datamap = shop.folder / "policy.yaml", shop.folder / "datamap.yaml"
    text = policy.read_text(encoding="utf-8").replace("regimes: [jp.appi]", "regimes: [jp.appi, eu.gdpr]")
    text = text.replace("rules:\n", "  visits: {title: {ja: 訪問, en: Visits}, purposes: [P4]}\nrules:\n")
    policy.write_text(text.replace("holds:\n", RULE) + RECIPE, encoding="utf-8")
    datamap.write_text(datamap.read_text(encoding="utf-8") + VISITS, encoding="utf-8")
    return shop


def carried_out(app, plan):
    """Take a plan down the road, approved by two; return the bundle's verdict."""
    for office in ("office", "second")[: 2 if plan.crossings else 1]:
        app.approve(plan.plan_id, plan.digest, office, NOW)
    report = app.apply(plan.plan_id, NOW)
    assert not report.failed, report.failed
    app.verify(plan.plan_id, NOW)
    app.seal(plan.plan_id, NOW)
    return verify(app.bundle(plan.case_id))


def test_rules_31_a_due_row_keeps_its_use_and_loses_its_person(visited):
    """Tokens stand for people, addresses go, dates become months; other rows stay; a second sweep finds nothing."""
    with visited.app() as app:
        plan = app.plan_sweep(NOW)
        (step,) = [s for s in app.plan(plan.plan_id)[0].steps if isinstance(s, PseudonymizeRows)]
        report = carried_out(app, plan)
        again = app.plan_sweep(NOW)
        keys = app.token_keys()
        (told,) = [
            d for d in auditing.collect(app.context, NOW.date(), NOW.date(), NOW).datasets if d.name == "shop.visits"
        ]
    assert (told.due, told.deidentified) == (3, 3)
    assert (step.rows, step.of_rows, step.tokens) == (3, 4, ("user",))
    assert report.complete, report.still_open
    assert "pseudonymize" in {fact.kind for fact in report.facts}
    rows = visited.rows("SELECT user, ip, substr(seen_at, 1, 10), page FROM visits ORDER BY id")
    assert [row[1:] for row in rows] == [
        (None, "2026-05-01", "/p1"),
        (None, "2026-06-01", "/p2"),
        (None, "2026-06-01", "/p3"),
        ("192.0.2.4", "2026-11-22", "/p4"),
    ]
    tokens = [row[0] for row in rows]
    assert tokens[0] == tokens[1] != tokens[2]
    assert not {"c3", "c4"} & set(tokens[:3])
    assert tokens[3] == "c3"
    assert again is None
    assert [key.recipient for key in keys] == ["in-place"]


def test_article_41_9_and_gdpr_article_17_part_at_rows_pseudonymized_in_place(visited):
    """A request under the APPI leaves such rows; one under the GDPR finds them by token and erases them."""
    with visited.app() as app:
        carried_out(app, app.plan_sweep(NOW))
        for regime, left in (("jp.appi", 3), ("eu.gdpr", 1)):
            case = app.open_request("user_id=c3", "post", NOW, regime)
            app.identify(case.case_id, "passport", NOW)
            app.accept(case.case_id, NOW)
            assert carried_out(app, app.plan_request(case.case_id, NOW)).authentic
            assert visited.rows("SELECT count(*) FROM visits") == [(left,)]
            if regime == "jp.appi":
                visited.change("INSERT INTO customers VALUES ('c3', 'Name', 'c3@mail.example')")


def test_a_recipe_that_cannot_work_in_place_is_a_problem_of_the_policy(visited):
    """Noise needs the whole table; a recipe that asks for it is told where, and nothing opens."""
    policy = visited.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(
        text.replace("page: {role: other}", "page: {role: other, do: {noise: {scale: 1}}}"), encoding="utf-8"
    )
    with pytest.raises(InputError, match="one method for `page` that works value by value"):
        visited.app()
