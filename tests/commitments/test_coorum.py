"""Asobica's coorum: what its policy commits it to, shown on its pack."""

from __future__ import annotations

USER = {"id": "u1", "email": "one@x.example", "password": "hash"}


def test_a_request_covers_behaviour_and_what_the_terminal_stored(company):
    """The plan names the tables of behaviour, with the digest that was made of it (COO-03)."""
    behaviour = [{"id": n, "user_id": f"u{n}", "action": "a", "terminal_data": "t"} for n in (1, 2)]
    coorum = company("coorum", {"app.users": [USER], "lake.behaviour": behaviour})
    plan = coorum.request("user_id=u1")
    assert "lake.behaviour" in {step.dataset for step in plan.steps if hasattr(step, "dataset")}
    assert [row["user_id"] for row in coorum.left("lake.behaviour")] == ["u2"]


def test_an_answered_inquiry_goes_and_the_account_stays(company, ago):
    """Guidance ends a year after its answer; the account is open and stays, and so does an open inquiry (COO-08)."""
    inquiries = [
        {"id": n, "user_id": "u1", "email": "one@x.example", "content": "c", "closed_at": closed}
        for n, closed in ((1, ago(400)), (2, None))
    ]
    coorum = company("coorum", {"app.users": [USER], "app.inquiries": inquiries})
    coorum.sweep()
    assert [row["id"] for row in coorum.left("app.inquiries")] == [2]
    assert coorum.left("app.users") == [USER]
    assert coorum.policy.purposes["operation"].ends[0].event == "account.closed"
