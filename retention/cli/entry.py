"""The program: options that all commands share, errors → exit codes, commands of other packages."""

from __future__ import annotations

import sys
import traceback
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from typing import Annotated

import typer

from retention.cli import copies, datamap, events, evidence, holds, plans, policy, requests, workspace
from retention.cli.output import errors
from retention.cli.workspace import State
from retention.errors import RetentionError

app = typer.Typer(
    name="retention",
    help="Deletes people's data on time, everywhere, and proves it: policy → plan → approve → apply → verify → prove.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
app.command("init")(workspace.init)
app.add_typer(policy.app, name="policy")
app.add_typer(datamap.app, name="datamap")
app.add_typer(events.app, name="event")
app.add_typer(requests.app, name="request")
app.add_typer(holds.app, name="hold")
app.add_typer(plans.app, name="plan")
app.command("approve")(plans.approve)
app.command("reject")(plans.reject)
app.command("apply")(plans.apply)
app.command("verify")(plans.verify)
app.command("processors")(copies.processors)
app.command("backups")(copies.backups)
app.add_typer(evidence.app, name="evidence")


def _version(wanted: bool) -> None:  # noqa: FBT001 -- Typer calls it with the flag
    if wanted:
        typer.echo(version("retention"))
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option("--workspace", "-w", envvar="RETENTION_WORKSPACE", help="The workspace folder.")
    ] = Path(),
    *,
    show_version: Annotated[  # noqa: ARG001 -- the callback has done the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Keep what every command needs."""
    context.obj = State(folder)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code. No traceback ever reaches a user."""
    for point in entry_points(group="retention.commands"):
        _add(point)
    try:
        app(args=arguments, standalone_mode=True)
    except RetentionError as error:
        errors.print(str(error), style="bold red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        errors.print("interrupted; what was begun is in the journal: run the same command again", markup=False)
        sys.exit(4)
    except Exception as error:  # noqa: BLE001 -- the last line of defence: a defect of ours, told without values
        errors.print(_defect(error), style="bold red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def _add(point: EntryPoint) -> None:
    """Add another package's command: a function from its arguments to an exit code, loaded when it is called."""

    def command(context: typer.Context) -> None:
        raise typer.Exit(point.load()(context.args))

    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(point.name, context_settings=settings, add_help_option=False, help=f"See `{point.name} --help`.")(
        command
    )


def _defect(error: Exception) -> str:
    """Describe a defect by its place; the error's own text could hold a personal value."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"RET-500: a defect in this program ({type(error).__name__} at {where}); please report it"
