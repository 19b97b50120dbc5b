"""`retention init`: a workspace to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from retention.cli.output import console
from retention.errors import InputError
from retention.packs import pack_names, read_pack


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to make the workspace.")],
    pack: Annotated[str, typer.Option(help=f"A ready policy: {', '.join(pack_names())}.")] = "blank",
) -> None:
    """Make a workspace: retention.yaml, policy.yaml with its examples, datamap.yaml."""
    files = read_pack(pack)
    standing = [name for name in files if (folder / name).exists()]
    if standing:
        raise InputError(
            f"{folder} already holds {', '.join(standing)}; nothing was written", hint="name another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    text = f"{folder}: {', '.join(files)} from the pack {pack}. Next: retention -w {folder} policy check"
    console.print(text, markup=False, highlight=False, soft_wrap=True)
