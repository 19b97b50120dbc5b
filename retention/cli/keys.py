"""`retention keys`: the keys under which applications encrypt each person's data, in numbers only."""

from __future__ import annotations

from typing import Annotated

import typer

from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import FoundError
from retention.model.ids import SystemId

app = typer.Typer(help="Keys of people: show, rotate.", no_args_is_help=True)


@app.command()
def show(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print how many keys live, by epoch. Exit 1 if a key-encryption key should have been replaced by now."""
    at = now()
    with opened(context) as application:
        shown = application.subject_keys()
    if as_json:
        print_json(shown)
    else:
        rows = [
            (
                keys.system,
                one.epoch.number,
                one.epoch.state,
                one.living,
                one.shredded,
                one.epoch.made_at,
                one.epoch.gone_at,
            )
            for keys in shown
            for one in keys.epochs
        ]
        print_table("Keys of people", ("system", "epoch", "state", "living", "shredded", "since", "gone at"), rows)
    late = [keys.system for keys in shown if keys.rotate_by is not None and keys.rotate_by < at]
    if late:
        raise FoundError(
            f"{', '.join(late)}: the key-encryption key should have been replaced by now",
            hint=f"retention keys rotate {late[0]}: until then old copies of shredded keys can be opened",
        )


@app.command()
def rotate(
    context: typer.Context,
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="An entry of `subject_keys`.")],
    *,
    due: Annotated[
        bool, typer.Option("--due", help="Only if `rotate_after` has passed: for a daily schedule.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Wrap living keys by a new key-encryption key and destroy the old one. Safe to run again."""
    with opened(context) as application:
        ended = application.rotate_keys(SystemId(system), now(), only_due=due)
    if as_json:
        print_json({"system": system, "ended": ended})
        return
    if not ended:
        console.print(f"{system}: nothing to replace", markup=False, highlight=False)
    for epoch in ended:
        gone = f"{epoch.gone_at:%Y-%m-%d %H:%M %Z}"
        console.print(f"{system}: epoch {epoch.number} ended; its key is gone at {gone}", markup=False, highlight=False)
