"""`retention processors` and `retention backups`: what is still outstanding elsewhere."""

from __future__ import annotations

import typer

from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.model.answer import code_of, reason_of
from retention.model.copies import PlacedOrder


def processors(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print orders to processors: who answered, who has not."""
    with opened(context) as application:
        orders = application.context.ledger.copies.orders()
    if as_json:
        print_json(orders)
        return
    rows = [
        (o.order_id, o.case_id, o.processor, code_of(o.receipt.answer) if o.receipt else "no answer", o.due_at)
        for o in orders
    ]
    print_table("Orders to processors", ("order", "case", "processor", "state", "due"), rows)


def _said(order: PlacedOrder) -> str:
    if order.receipt is None:
        return "no answer"
    reason = reason_of(order.receipt.answer)
    return code_of(order.receipt.answer) + (f" ({reason})" if reason else "")


def backups(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Look for copies whose horizon has passed, close cases, and print what remains until when."""
    with opened(context) as application:
        closed = application.follow_up(now())
        horizons = application.context.ledger.copies.horizons()
    if as_json:
        print_json({"closed": [case.case_id for case in closed], "horizons": horizons})
        return
    rows = [(h.case_id, h.system, h.what, h.until, "gone" if h.gone_at else "there") for h in horizons]
    print_table("Copies", ("case", "system", "what", "until", "state"), rows)
    for case in closed:
        console.print(f"{case.case_id}: closed, nothing remains", highlight=False)
