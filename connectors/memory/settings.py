"""The options of a `connector: memory` system, checked."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from retention.errors import Problem, SettingsError
from retention.ports.connector import SystemSettings


class MemoryOptions(BaseModel):
    """What may stand in retention.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^memory:[A-Za-z0-9_-]+$")
    """`memory:NAME`: a database of this process."""
    path: Path | None = None
    """A JSON file the database lives in, so that other processes see it; relative to the workspace."""

    @property
    def name(self) -> str:
        """The database's name."""
        return self.url.removeprefix("memory:")


def options(settings: SystemSettings) -> MemoryOptions:
    """Read the options.

    Raises:
        SettingsError: an option is unknown, missing or malformed.

    """
    try:
        read = MemoryOptions.model_validate(dict(settings.options))
    except ValidationError as error:
        problems = tuple(_problem(settings, each["loc"], each["msg"]) for each in error.errors(include_input=False))
        raise SettingsError("the options of a memory system cannot be used", problems=problems) from None
    return read if read.path is None else read.model_copy(update={"path": settings.workspace / read.path})


def _problem(settings: SystemSettings, where: tuple[int | str, ...], message: str) -> Problem:
    return Problem(
        where=f"systems.{settings.system_id}.{'.'.join(map(str, where))}",
        expected="an option of the memory connector",
        found=message,
        hint="options: url: memory:NAME, path",
    )
