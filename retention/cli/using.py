"""`retention use`: may a job read this for that purpose, or give it to that one? Asked before it reads."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from retention.app.using import Exempt, Use
from retention.cli.output import AsJson, console, print_json
from retention.cli.workspace import now, opened
from retention.errors import InputError, Problem
from retention.planning.gate import Bar


def use(
    context: typer.Context,
    purpose: Annotated[str, typer.Argument(metavar="PURPOSE", help="A purpose of the policy.")],
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help="Datasets, or columns: app.payments.amount.")],
    *,
    to: Annotated[str | None, typer.Option("--to", help="The recipient, if it leaves us.")] = None,
    law: Annotated[Exempt | None, typer.Option(help="The exemption it rests on instead of consent.")] = None,
    subject: Annotated[
        str | None,
        typer.Option(metavar="KEY=VALUE", help="Whose data; `-`: one KEY=VALUE a line on standard input."),
    ] = None,
    happened: Annotated[
        bool, typer.Option("--happened", help="It was read already: keep about each --subject what it went beyond.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Exit 0: allowed. 1: not for some of the people. 3: not at all, with every reason. 4: nobody knows; do not.

    Where each person must have agreed, say whose data it is. Of standard input only numbers of lines are printed.
    """
    wanted = Use(purpose, tuple(data), to, law)
    with opened(context) as application:
        lines = sys.stdin if subject == "-" else [subject] if subject is not None else None
        if happened:
            _note(application.note_use(wanted, _whose(lines), now()), as_json=as_json)
            return
        found = application.use(wanted, lines, now())
    if as_json:
        print_json({"allowed": not found, "left_out": found})
    elif found:
        console.print("\n".join(map(str, found)) if subject == "-" else "did not agree: leave the data out")
    else:
        console.print("allowed")
    if found:
        raise typer.Exit(1)


def _whose(lines: Iterable[str] | None) -> Iterable[str]:
    if lines is None:
        problem = Problem(where="--subject", expected="whose data was used: KEY=VALUE, or -", found="nobody")
        raise InputError("a use that happened is kept about people", problems=(problem,))
    return lines


def _note(noted: tuple[tuple[Bar, ...], int], *, as_json: bool) -> None:
    beyond, new = noted
    if as_json:
        print_json({"beyond": beyond, "new": new})
        return
    for bar in beyond:
        console.print(str(bar), highlight=False)
    console.print(f"kept as a violation about {new} people" if beyond else "within the purpose: nothing is kept")
