"""`retention joint-use`: what is shared with whom, the public notice, keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from retention.cli.options import InLanguage, Lang
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened

app = typer.Typer(help="Joint use: notices, sets that were handed over, their keys.", no_args_is_help=True)

Use = Annotated[str, typer.Argument(metavar="USE", help="The joint use's name in the policy.")]


@app.command()
def show(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print every joint use: items, joint users of today, sets, and whether its notice is public."""
    with opened(context) as application:
        found = application.joint_uses(now())
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each.use.name,
            each.use.kind.value,
            ", ".join(each.use.items),
            ", ".join(each.members),
            ", ".join(one.name for one in each.use.sets),
            f"public since {each.published.published_at:%Y-%m-%d}" if each.published else "not public",
        )
        for each in found
    ]
    print_table("Joint use", ("name", "kind", "items", "joint users", "sets", "notice"), rows)


@app.command()
def notice(
    context: typer.Context,
    use: Use,
    language: InLanguage = Lang.JA,
    output: Annotated[Path | None, typer.Option("-o", help="Write ja and en, as Markdown and HTML, there.")] = None,
) -> None:
    """Print the notice that must be public (APPI 27(5)(iii), 41(6)), or write it in both languages."""
    with opened(context) as application:
        if output is not None:
            for path in application.write_notices(use, output, now()):
                console.print(str(path), markup=False, highlight=False, soft_wrap=True)
            return
        for each in application.notices(use, now()):
            if each.language == language.value:
                console.print(each.markdown(), markup=False, highlight=False, soft_wrap=True)


@app.command()
def published(
    context: typer.Context, use: Use, at: Annotated[str, typer.Option(help="Where anybody can read it.")]
) -> None:
    """Note that the notice as of today is public; nothing is handed over before."""
    with opened(context) as application:
        noted = application.publish_notice(use, at, now())
    console.print(f"{use}: public at {at}, digest {noted.digest}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def sets(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print every set that was handed over, and where it stands."""
    with opened(context) as application:
        found = application.shared_sets()
    if as_json:
        print_json(found)
        return
    rows = [(s.export_id, s.set_name, s.member, s.label, s.rows, s.state, s.until) for s in found]
    print_table("Sets", ("set", "what", "joint user", "label", "rows", "state", "until"), rows)


@app.command()
def keys(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print the keys behind tokens, never the keys themselves, and who took them out."""
    with opened(context) as application:
        found, taken = application.token_keys(), application.key_accesses()
    if as_json:
        print_json({"keys": found, "accesses": taken})
        return
    rows = [(k.key_name, k.epoch, k.made_at, k.leaked_at, k.destroyed_at) for k in found]
    print_table("Token keys", ("key", "epoch", "made", "leaked", "destroyed"), rows)
    print_table("Taken out", ("key", "for", "by", "at"), [(a.key_name, a.use, a.by, a.at) for a in taken])


@app.command()
def leaked(context: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY")]) -> None:
    """Note that a key leaked; `retention plan withdrawals` then takes its sets back and destroys it."""
    with opened(context) as application:
        noted = application.note_leak(key, now())
    console.print(f"{noted.key_name}: leaked; next: retention plan withdrawals", markup=False, highlight=False)
