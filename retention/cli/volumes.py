"""Steps on large stores: what they should cost, how far they are, and until when they last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.filesize import decimal
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from retention.app.volumes import Volumes
from retention.cli.output import console, errors, print_table
from retention.model.volume import Course, Progress


def print_volumes(volumes: Volumes) -> None:
    """Print what each step should move and what it did, and how far all are; nothing where no store is large."""
    if not volumes.courses:
        return
    columns = ("step", "objects", "may be concerned", "shards", "to read", "to send", "copied by the store", "moved")
    print_table("Expected to move", columns, [_row(course) for course in volumes.courses])
    if volumes.so_far.done:
        console.print(bytes_behind(volumes.so_far), highlight=False, markup=False)


def bytes_behind(so_far: Progress) -> str:
    """Say how many bytes of how many are behind, and when the rest is expected to be."""
    if not so_far.of:
        return ""
    until = f", until about {so_far.until:%Y-%m-%d %H:%M:%S %Z}" if so_far.until else ""
    return f"{decimal(so_far.done)} of {decimal(so_far.of)} gone through{until}"


def _row(course: Course) -> tuple[object, ...]:
    expected, moved = course.volume.estimate, course.moved
    concerned = f"{expected.surgical} in part, {expected.dense} whole" if expected.objects > expected.clean else "none"
    return (
        course.volume.step_id,
        f"{expected.objects} ({decimal(expected.size)})",
        concerned,
        len(course.volume.shards),
        decimal(expected.moved.read),
        decimal(expected.moved.written),
        decimal(expected.moved.copied),
        "" if moved is None else f"{decimal(moved.read)} / {decimal(moved.written)} / {decimal(moved.copied)}",
    )


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[str, Progress], None]]:
    """Show a bar on standard error that moves with each step named; nothing where there is no terminal.

    Where steps go through large stores, it says of how many bytes how many are behind, and until when they last.
    """
    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    ) as bar:
        task = bar.add_task(title, total=total)
        begun: list[str] = []

        def watch(step: str, so_far: Progress) -> None:
            if step not in begun[-1:]:
                begun.append(step)
            line = f"{title}: {step} {bytes_behind(so_far)}".rstrip()
            bar.update(task, description=line, completed=len(begun) - 1)

        yield watch
