"""The program: options that all commands share, errors → exit codes, commands of other packages."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from retention.cli.options import State
from retention.cli.output import errors
from retention.errors import RetentionError, TransientFailure

COMMANDS = {
    "init": "init:init",
    "policy": "policy:app",
    "datamap": "datamap:app",
    "event": "events:app",
    "explain": "explain:explain",
    "request": "request_desk:app",
    "letters": "letters:app",
    "hold": "holds:app",
    "suppressed": "suppressed:suppressed",
    "use": "using:use",
    "rescan": "rescan:rescan",
    "readmit": "rescan:readmit",
    "plan": "plans:app",
    "restore": "restores:app",
    "approve": "plans:approve",
    "reject": "plans:reject",
    "apply": "plans:apply",
    "verify": "plans:verify",
    "processors": "processors:app",
    "backups": "copies:app",
    "media": "media:media",
    "evidence": "evidence:app",
    "disclosure": "disclosure:app",
    "joint-use": "joint_use:app",
    "canary": "canaries:app",
    "keys": "keys:app",
    "witness": "witness:app",
    "opendsr": "opendsr:app",
    "api": "api:app",
    "doctor": "doctor:doctor",
    "metrics": "metrics:metrics",
}
"""Command → module of this package, and its function or group. Loaded when it is called: what touches a
workspace imports much; `--help`, `--version` and `init` nothing of that."""

PURPOSES = {
    "init": "Make a workspace from a pack.",
    "policy": "What was promised.",
    "datamap": "Where the data is.",
    "disclosure": "Exports for people who asked what we hold of them.",
    "joint-use": "Joint use: sets, notice, keys, leaks.",
    "suppressed": "Say whether somebody must not come back.",
    "use": "Say whether data may be used for a purpose, or given away.",
    "rescan": "Look again: is anybody back whom we erased?",
    "readmit": "Let somebody who was erased come back.",
    "event": "Events that start and stop clocks.",
    "explain": "Say what is kept about a person, until when, and why.",
    "request": "A person's request.",
    "letters": "Letters to people: write, send, print, posted.",
    "hold": "Holds that people place.",
    "plan": "Plans: exactly what would be touched.",
    "restore": "Restored stores: may it open? What was said of it.",
    "approve": "Allow exactly this plan.",
    "reject": "Refuse the plan; the case can be planned again.",
    "apply": "Carry an approved plan out.",
    "verify": "Look again by other code; if all is well, seal the case.",
    "processors": "Orders to processors: who has to do what until when.",
    "backups": "Copies that remain: until when, check, hold, beyond use.",
    "media": "Record that a storage medium was sanitized.",
    "evidence": "Evidence: show, export, verify, confirm, report.",
    "keys": "Keys of people: show, rotate.",
    "canary": "Canaries: plant, run, check, list.",
    "witness": "A witness of other people's logs: init, serve, show.",
    "opendsr": "Clients' requests to us as their processor.",
    "api": "The HTTP API: serve, openapi, token.",
    "doctor": "Is everything there that a run needs?",
    "metrics": "Figures of the whole: what is late, waits or failed.",
}
"""Command → what `retention --help` says of it, in at most 60 columns."""


_FOREIGN_HELP = "See `{name} --help`."


class Program(TyperGroup):
    """The commands of the table, and those of other packages."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # Typer hides its base class
        """Name all commands, in the order of the road."""
        return [*COMMANDS, *sorted(_points()), *super().list_commands(ctx)]

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401 -- same
        """Say what each command is for, without loading it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _purpose(name)) for name in self.list_commands(ctx)])

    def get_command(  # type: ignore[override]  # same
        self,
        ctx: typer.Context,  # noqa: ARG002 -- Typer hands it over
        cmd_name: str,
    ) -> TyperCommand | TyperGroup | None:
        """Load one command."""
        if cmd_name in COMMANDS:
            return _own(cmd_name)
        point = _points().get(cmd_name)
        return _foreign(point) if point else None

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]  # same
        """Run a command; an interruption is safe to repeat, like a system that went away."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise TransientFailure(
                "interrupted", hint="what was begun is in the journal: run the same command again"
            ) from None


app = typer.Typer(
    name="retention",
    help="Deletes people's data on time, everywhere, and proves it: policy → plan → approve → apply → verify → prove.",
    cls=Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


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
    # what a command imports stays: the collector, which looks at all of it again and again, took an eighth of a start
    gc.set_threshold(50_000, 20, 20)
    try:
        app(args=arguments, prog_name="retention")
    except RetentionError as error:
        errors.print(str(error), style="bold red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 -- the last line of defence: a defect of ours, told without values
        errors.print(_defect(error), style="bold red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def _purpose(name: str) -> str:
    return PURPOSES.get(name) or _FOREIGN_HELP.format(name=name)


@cache
def _points() -> dict[str, EntryPoint]:
    """Return the commands that other packages bring."""
    return {point.name: point for point in entry_points(group="retention.commands")}


@cache  # made of the signatures of all its functions: a third of a short call where a process makes many
def _own(name: str) -> TyperCommand | TyperGroup:
    """Load a command of ours."""
    module, _, attribute = COMMANDS[name].partition(":")
    found: typer.Typer | Callable[..., None] = getattr(import_module(f"retention.cli.{module}"), attribute)
    parent = typer.Typer(rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        parent.add_typer(found, name=name)
    else:
        parent.command(name)(found)
    return get_group(parent).commands[name]  # type: ignore[return-value]  # Typer makes its own classes


def _foreign(point: EntryPoint) -> TyperCommand | TyperGroup:
    """Make another package's command: a function from its arguments to an exit code, loaded when it is called."""
    parent = typer.Typer(rich_markup_mode=None)
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    purpose = _purpose(point.name)

    @parent.command(point.name, context_settings=settings, add_help_option=False, help=purpose)
    def command(context: typer.Context) -> None:
        raise typer.Exit(point.load()(context.args))

    return get_group(parent).commands[point.name]  # type: ignore[return-value]  # Typer makes its own classes


def _defect(error: Exception) -> str:
    """Describe a defect by its place; the error's own text could hold a personal value."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"RET-500: a defect in this program ({type(error).__name__} at {where}); please report it"
