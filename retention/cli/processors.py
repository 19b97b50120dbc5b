"""`retention processors`: who has to do what until when, contracts, reminders, answers by hand."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

import typer

from retention.app.recipient_letters import Post
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.model.answer import code_of
from retention.model.ids import CaseId, OrderId

app = typer.Typer(help="Orders to processors: who answered, who has not, what to do.", invoke_without_command=True)


class Said(Enum):
    """What whoever was written to answers."""

    DONE = "done"
    PARTIAL = "partial"
    REFUSED = "refused"


_SAID: dict[Said, Literal["done", "partial", "refused"]] = {
    Said.DONE: "done",
    Said.PARTIAL: "partial",
    Said.REFUSED: "refused",
}


@app.callback()
def show(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print orders to processors: who answered, who has not, what is to be done until when."""
    if context.invoked_subcommand is not None:
        return
    with opened(context) as application:
        found = application.tasks(now())
    if as_json:
        print_json(found)
        return
    rows = [
        (t.order_id, t.case_id, t.processor, t.said + (f" ({t.reason})" if t.reason else ""), t.due_at, t.to_do)
        for t in found
    ]
    print_table("Orders to processors", ("order", "case", "processor", "answer", "due", "to do"), rows)


@app.command()
def check(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One processor; all if none is named.")] = None,
    *,
    probe: Annotated[bool, typer.Option("--probe", help="Send each a harmless call as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at descriptors, contracts and supervision; exits with 1 if something is missing or late."""
    with opened(context) as application:
        found = application.check_processors(now(), only=name, call=probe)
    if as_json:
        print_json(found)
    else:
        print_table(
            "Processors",
            ("processor", "finding", "what", "law"),
            [(each.processor, each.code, each.says, each.statute) for each in found.lapses],
        )
        for processor, answer in found.answers.items():
            console.print(f"{processor}: {answer}", markup=False, highlight=False, soft_wrap=True)
    if not found.is_well:
        raise typer.Exit(1)


@app.command("follow-up")
def follow_up(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Remind those whose day is near, escalate those whose day has passed; exits with 1 if any is late."""
    with opened(context) as application:
        found = application.remind_processors(now())
        late = [task for task in application.tasks(now()) if task.to_do.startswith("late")]
    if as_json:
        print_json(found)
    else:
        rows = [(f.order_id, f.processor, f.kind, "sent" if f.sent else "write to them", f.due_at) for f in found]
        print_table("Followed up", ("order", "processor", "what", "how", "due"), rows)
    if late:
        raise typer.Exit(1)


@app.command()
def acknowledge(
    context: typer.Context,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The token of the mail; it is good once.")],
    said: Annotated[Said, typer.Option("--answer", help="What they did.")] = Said.DONE,
    reason: Annotated[str | None, typer.Option(help="Why not, or not all: a code such as `kept-by-law`.")] = None,
) -> None:
    """Take the answer of somebody who was written to."""
    with opened(context) as application:
        order = application.acknowledge(token, _SAID[said], reason, now())
    answer = code_of(order.receipt.answer) if order.receipt else ""
    console.print(f"order {order.order_id}: {answer}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def accept(
    context: typer.Context,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="An order that was refused or done in part.")],
    by: Annotated[str, typer.Option("--by", help="Who decides; kept as a keyed reference.")],
) -> None:
    """Go on although a processor refused or did a part; the person is told what it answered."""
    with opened(context) as application:
        placed = application.accept_answer(OrderId(order), by, now())
    text = f"order {placed.order_id}: accepted; `retention verify` goes on"
    console.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command()
def letters(
    context: typer.Context,
    case: Annotated[str | None, typer.Argument(metavar="[CASE]", help="One case; every case if none is named.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print who has to be written to, with the words for it; exits with 1 if somebody has not been."""
    with opened(context) as application:
        found = application.recipient_letters(CaseId(case) if case else None, now())
    if as_json:
        print_json(found)
    else:
        rows = [(p.case_id, p.recipient, ", ".join(p.named), p.duty, p.told_at or "", _words(p)) for p in found]
        print_table("Letters", ("case", "recipient", "of them", "what", "sent", "words"), rows)
    if any(post.told_at is None for post in found if post.duty != "none"):
        raise typer.Exit(1)


def _words(post: Post) -> str:
    return "\n".join(post.texts.values())


@app.command()
def told(
    context: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE", help="The case of the letter.")],
    recipient: Annotated[str, typer.Argument(metavar="RECIPIENT", help="As the policy calls him.")],
    by: Annotated[str, typer.Option("--by", help="Who wrote; kept as a keyed reference.")],
) -> None:
    """Note that somebody wrote to a recipient; the person is told that he was asked and does not confirm."""
    with opened(context) as application:
        placed = application.told(CaseId(case), recipient, by, now())
    text = f"order {placed.order_id}: {recipient} was written to"
    console.print(text, markup=False, highlight=False, soft_wrap=True)
