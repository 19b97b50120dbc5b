"""A person decides who is meant: by the command line, and in the evidence."""

from __future__ import annotations

import json
import re

from retention.evidence import verify


def test_two_accounts_under_one_address_stop_until_a_person_has_decided(shop, cli):
    """The refusal names dataset and count and the question; the answer lets the plan be made, and is evidence."""
    shop.change("UPDATE customers SET email = 'us@mail.example' WHERE id IN ('c3', 'c4')")
    run = lambda *words: cli(*words, folder=shop.folder)  # noqa: E731 -- the words are the test
    case = re.search(r"C-\d{8}-\w+", run("request", "open", "--subject", "user_id=c3").all)[0]
    run("request", "identify", case, "--document", "passport")
    run("request", "decide", case, "accept")
    refused = run("plan", "request", case)
    assert refused.code == 3
    assert "2 different user_id values in shop.customers (seen in shop.customers)" in refused.all
    assert "us@mail" not in refused.all
    question = re.search(r"--question ([0-9a-f]{64})", refused.all)[1]
    stale = run("request", "resolve", case, "apart", "--question", "0" * 64, "--by", "officer")
    assert (stale.code, "RET-303" in stale.all) == (3, True)
    assert run("request", "resolve", case, "apart", "--question", question, "--by", "officer").code == 0
    planned = run("plan", "request", case, "--json")
    assert planned.code == 0, planned.all
    with shop.app() as app:
        plan = app.context.ledger.plans.of_case(case)[0]
        assert {step["dataset"] for step in json.loads(plan.body)["steps"]} >= {"shop.customers", "shop.notes"}
        facts = verify(app.bundle(case)).facts
    (fact,) = (fact for fact in facts if fact.kind == "identityDecision")
    assert (fact.told["answer"], fact.told["datasets"], fact.told["values"]) == ("apart", ["shop.customers"], 2)
    assert fact.told["question"] == question
    assert run("request", "resolve", case, "apart", "--question", "0" * 64).code == 3
