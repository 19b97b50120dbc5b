"""`retention metrics`: the figures of the whole, without Airflow."""

from __future__ import annotations

from typing import Annotated

import typer

from retention.cli.output import AsJson, print_json, print_table
from retention.cli.workspace import now, opened
from retention.model.figure import Figure


def metrics(
    context: typer.Context,
    *,
    as_text: Annotated[bool, typer.Option("--text", help="Prometheus' text format, for a textfile collector.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print what stands: cases by state, what is late, unpublished, waiting or dead. Of nobody in particular."""
    with opened(context) as application:
        found = application.figures(now())
    if as_json:
        print_json([{"name": f.measure, "value": _number(f.value), "labels": dict(f.labels)} for f in found])
    elif as_text:
        typer.echo("".join(_lines(found)), nl=False)
    else:
        rows = [(f.measure.value, ", ".join(f.labels.values()), _number(f.value)) for f in found]
        print_table("Figures", ("name", "of", "value"), rows)


def _number(value: float) -> int:
    return round(value)


def _lines(found: tuple[Figure, ...]) -> list[str]:
    """Return the lines of the text exposition format: each name's type once, before its values."""
    lines, named = [], ""
    for figure in sorted(found, key=lambda each: each.measure.value):
        name = figure.measure.value.replace(".", "_")
        if name != named:
            lines.append(f"# TYPE {name} gauge\n")
            named = name
        labels = ",".join(f'{key}="{value}"' for key, value in sorted(figure.labels.items()))
        lines.append(f"{name}{{{labels}}} {_number(figure.value)}\n" if labels else f"{name} {_number(figure.value)}\n")
    return lines
