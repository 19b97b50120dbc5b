"""`retention datamap`: draft it, import it, look at it, and see whether it still fits the live systems."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from retention.app.drafting import Drafted, convert_fides, propose
from retention.cli.options import InLanguage, Lang, State
from retention.cli.output import AsJson, console, errors, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import SettingsError
from retention.model.ids import CategoryId, PlanId, SystemId
from retention.wiring import draw_datamap, open_gazetteer, open_surveyor

app = typer.Typer(help="Where the data is.", no_args_is_help=True)

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this new file instead of printing.")]


@app.command()
def check(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Compare the map with the live systems; anything that does not fit exits 1."""
    with opened(context) as application:
        findings = application.check_datamap()
        count = len(application.context.datamap.datasets)
    if as_json:
        print_json({"findings": findings})
    elif findings:
        print_table("Drift", ("code", "where", "what"), [(f.code, f.where, f.text) for f in findings])
    else:
        console.print(f"{count} datasets fit the live systems")
    if findings:
        raise typer.Exit(1)


@app.command()
def draft(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(help="A database URL, s3://bucket/prefix, a file, a folder, or env:NAME, file:PATH.")
    ],
    *,
    system: Annotated[str, typer.Option(help="The system's name in retention.yaml.")] = "app",
    rows: Annotated[int, typer.Option(min=1, help="Rows of each table to look at.")] = 2000,
    category: Annotated[
        str | None, typer.Option(help="Put everything under this category of the policy, not the suggested ones.")
    ] = None,
    output: Output = None,
) -> None:
    """Propose a data map from a live schema: keys, relations, personal columns, each with its reason, for review."""
    state: State = context.obj
    gazetteer = open_gazetteer()
    with closing(open_surveyor(source, SystemId(system), state.folder)) as surveyor:
        drafted = propose(surveyor, gazetteer, SystemId(system), rows, CategoryId(category) if category else None)
    _give(drafted, output)


@app.command("import")
def import_(
    fides: Annotated[Path, typer.Option("--fides", help="A Fides dataset file (YAML).")], output: Output = None
) -> None:
    """Make a data map of another tool's file; what cannot be carried over is named."""
    try:
        text = fides.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{fides} cannot be read as UTF-8 text ({type(error).__name__})") from None
    drafted = convert_fides(text, fides.name)
    _give(drafted, output)
    for finding in drafted.left_behind:
        errors.print(str(finding), style="yellow", markup=False, highlight=False, soft_wrap=True)


@app.command()
def graph(context: typer.Context, output: Output = None, lang: InLanguage = Lang.EN) -> None:
    """Draw the cascade as SVG: people's keys, datasets in the order of erasure, copies, processors."""
    state: State = context.obj
    _write(draw_datamap(state.folder, lang.value), output)


def _give(drafted: Drafted, output: Path | None) -> None:
    _write(drafted.text, output)
    told = f"{drafted.datasets} datasets; {drafted.personal} of {drafted.columns} columns are about people; review each"
    errors.print(told, markup=False, highlight=False, soft_wrap=True)


def _write(text: str, output: Path | None) -> None:
    """Print, or make a new file: what somebody has reviewed is never overwritten."""
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SettingsError(f"{output} exists", hint="name a new file, then compare the two") from None
    except OSError as error:
        raise SettingsError(f"{output} cannot be written ({error.strerror})") from None


@app.command()
def expect(
    context: typer.Context,
    plan: Annotated[str, typer.Argument(metavar="[PLAN]", help="Only what this plan touches, in its case.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Have Great Expectations look whether the map holds: columns, types, keys, references; anything amiss exits 1.

    What was seen is evidence: types of expectations, verdicts and counts, and never a value.
    """
    with opened(context) as application:
        looks = application.expect_map(now(), PlanId(plan) if plan else None)
    rows = [(name, len(look.verdicts), len(look.failed), look.digest[:16]) for name, look in looks.items()]
    if as_json:
        print_json({name: {"digest": look.digest, "verdicts": look.verdicts} for name, look in looks.items()})
    else:
        print_table("Expected of the map", ("dataset", "expectations", "amiss", "digest"), rows)
        wrong = [
            (n, v.expectation, v.column, f"{v.unexpected} of {v.elements}") for n, k in looks.items() for v in k.failed
        ]
        if wrong:
            print_table("Amiss", ("dataset", "expectation", "column", "unexpected"), wrong)
    if any(look.failed for look in looks.values()):
        raise typer.Exit(1)
