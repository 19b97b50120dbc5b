"""The workspace as far as it can be read: a file that is wrong does not keep the doctor from looking at the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from retention.errors import InputError, RetentionError, SettingsError
from retention.model.seen import Unusable
from retention.wiring.opening import Workspace, read_text, read_workspace
from retention.wiring.secrets import resolve
from retention.wiring.settings import Settings, read_settings


@dataclass(frozen=True, slots=True)
class Patient:
    """One workspace."""

    folder: Path
    settings: Settings | None
    workspace: Workspace | None
    """None if one of its files is wrong, or they do not fit together."""
    wrong: tuple[Unusable, ...]
    """Why."""

    @property
    def residency(self) -> tuple[str, ...]:
        """Regions that the policy allows; empty if it says nothing."""
        return tuple(self.workspace.policy.terms.residency) if self.workspace else ()


def admit(folder: Path, now: datetime) -> Patient:
    """Read what can be read."""
    try:
        settings = read_settings(read_text(folder / "retention.yaml"), "retention.yaml", folder)
    except RetentionError as error:
        return Patient(folder, None, None, tuple(complaints(error, "retention.yaml")))
    try:
        return Patient(folder, settings, read_workspace(folder, now), ())
    except RetentionError as error:
        return Patient(folder, settings, None, tuple(complaints(error, "workspace")))


def complaints(error: RetentionError, where: str) -> Iterator[Unusable]:
    """Yield what an error says: each of its problems, or itself."""
    if isinstance(error, InputError) and error.problems:
        for problem in error.problems:
            yield Unusable(problem.where, problem.expected, problem.found, problem.hint)
        return
    yield Unusable(where, "something that can be used", f"{error.code}: {error.message}", error.hint)


def reveal(value: str, folder: Path) -> str:
    """Return what a reference stands for; empty if nobody knows (the connectors' check says so)."""
    try:
        return resolve(value, folder, "")
    except SettingsError:
        return ""
