"""`retention disclosure`: what was put ready for people who asked what we hold of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.model.ids import CaseId

app = typer.Typer(help="Exports for people who asked what we hold of them.", no_args_is_help=True)

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case's number.")]


@app.command("list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print every export: of which case, where it is, until when."""
    with opened(context) as application:
        found = application.disclosures()
    if as_json:
        print_json(found)
        return
    rows = [(e.export_id, e.case_id, e.right, e.rows, e.state, e.until) for e in found]
    print_table("Exports for people", ("export", "case", "right", "rows", "state", "until"), rows)


@app.command()
def fetch(
    context: typer.Context,
    case: CaseArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")] = Path("your-data.html"),
) -> None:
    """Write the encrypted file, to be sent to the person; only once it is verified."""
    with opened(context) as application:
        export, content = application.fetch_disclosure(CaseId(case))
    output.write_bytes(content)
    console.print(f"{output}: {len(content)} bytes, SHA-256 {export.file_digest}", highlight=False, soft_wrap=True)
    console.print(f"next, apart from it: retention disclosure letter {case} -o FOLDER", highlight=False)


@app.command()
def letter(
    context: typer.Context,
    case: CaseArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write to.")] = Path("letter"),
) -> None:
    """Write the letter with the pass phrase, Japanese and English; it never goes where the file goes."""
    with opened(context) as application:
        files = application.write_phrase(CaseId(case), output)
    for file in files:
        console.print(str(file), highlight=False, soft_wrap=True)


@app.command()
def expire(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Destroy exports whose time is over, with the keys of their pass phrases; `retention backups` does so as well."""
    with opened(context) as application:
        ended = application.expire_disclosures(now())
    if as_json:
        print_json(ended)
        return
    for export in ended:
        console.print(f"{export.export_id} of {export.case_id}: destroyed", highlight=False)
    if not ended:
        console.print("no export's time is over", highlight=False)
