"""Rows that came in without the consent they need, on a real database and the whole road."""

from __future__ import annotations

from datetime import UTC, datetime

from retention.app.records import stored

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_a_row_without_its_consent_goes_the_whole_road_and_the_others_stay(shop):
    """One note of ten lacks the number: it is planned, approved, erased, verified and sealed; no second sweep."""
    shop.change("ALTER TABLE notes ADD COLUMN consent_id TEXT", "UPDATE notes SET consent_id = 'S' WHERE id <> 4")
    shop.change("UPDATE orders SET paid_at = '2024-05-10 00:00:00.000000'")
    datamap = shop.folder / "datamap.yaml"
    more = "    not_personal: {consent_id: the consent's number}\n    only_with: consent_id\n"
    datamap.write_text(datamap.read_text(encoding="utf-8") + more, encoding="utf-8")
    with shop.app() as app:
        plan = app.plan_sweep(NOW)
        (step,) = (step for step in stored(app.context, plan.plan_id)[1].steps if step.dataset == "shop.notes")
        assert (step.rows, step.because.rules) == (1, ("notes",))
        assert {"jp.appi.20-2", "jp.appi.35-1"} <= set(step.because.statutes)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        app.apply(plan.plan_id, NOW)
        app.verify(plan.plan_id, NOW)
        app.seal(plan.plan_id, NOW)
        assert app.plan_sweep(NOW) is None
    assert shop.rows("SELECT count(*), min(consent_id) FROM notes") == [(9, "S")]
