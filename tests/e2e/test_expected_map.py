"""`retention datamap expect`: does the map hold, before anything is done?"""

from __future__ import annotations

import json

from retention.evidence import verify


def test_a_plan_is_carried_out_only_where_the_map_holds(shop, cli):
    """What is amiss exits 1, stops `apply --expect` before anything is touched, and is evidence without a value."""
    app, case, plan = shop.approved_request("user_id=c3")
    app.close()
    shop.change("PRAGMA foreign_keys = OFF", "UPDATE notes SET customer_id = 'nobody' WHERE customer_id = 'c8'")
    looked = cli("datamap", "expect", plan, "--json", folder=shop.folder)
    assert looked.code == 1
    amiss = {
        (name, verdict["expectation"], verdict["unexpected"])
        for name, look in json.loads(looked.out).items()
        for verdict in look["verdicts"]
        if not verdict["success"]
    }
    assert amiss == {("shop.notes", "unexpected_rows_expectation", 1)}
    assert "nobody" not in looked.all
    refused = cli("apply", plan, "--expect", folder=shop.folder)
    assert (refused.code, "shop.notes" in refused.all) == (1, True)
    assert shop.rows("SELECT count(*) FROM customers") == [(10,)]
    shop.change("UPDATE notes SET customer_id = 'c8' WHERE customer_id = 'nobody'")
    assert cli("apply", plan, "--expect", folder=shop.folder).code == 0
    assert shop.rows("SELECT count(*) FROM notes WHERE customer_id = 'c3'") == [(0,)]
    with shop.app() as opened:
        facts = [fact.told for fact in verify(opened.bundle(case)).facts if fact.kind == "mapLook"]
    assert {(fact["dataset"], fact["passed"]) for fact in facts} >= {("shop.notes", False), ("shop.notes", True)}
