"""The options of a `connector: dynamodb` system, checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from retention.errors import Problem, SettingsError
from retention.model.period import Period
from retention.ports.connector import SystemSettings


def _longest(text: object) -> timedelta:
    period = Period.parse(str(text))
    # an upper bound: what is told must not be too early
    return timedelta(days=366 * period.years + 31 * period.months + period.days)


class DynamoOptions(BaseModel):
    """What may stand in retention.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str = Field(min_length=1)
    """`ap-northeast-1`."""
    endpoint: str | None = None
    """Another address than Amazon's: a simulator."""
    access_key: str | None = Field(default=None, repr=False)
    """With `secret_key`; without both, boto3 looks where it always looks."""
    secret_key: str | None = Field(default=None, repr=False)
    attempts: int = Field(default=5, ge=1, le=10)
    """How often one request is sent before it counts as failed."""
    backups: Annotated[timedelta, BeforeValidator(_longest)] | None = None
    """How long on-demand backups are kept, by whoever deletes them: they name no end themselves."""

    @model_validator(mode="after")
    def _both_keys(self) -> DynamoOptions:
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("access_key and secret_key stand together, or neither")
        return self


def options(settings: SystemSettings) -> DynamoOptions:
    """Read the options.

    Raises:
        SettingsError: an option is unknown, missing or malformed; the values are not shown.

    """
    try:
        return DynamoOptions.model_validate(dict(settings.options))
    except ValidationError as error:
        problems = tuple(_problem(settings, each["loc"], each["msg"]) for each in error.errors(include_input=False))
        raise SettingsError("the options of a DynamoDB system cannot be used", problems=problems) from None


def _problem(settings: SystemSettings, where: tuple[int | str, ...], message: str) -> Problem:
    return Problem(
        where=".".join(["systems", settings.system_id, *map(str, where)]),
        expected="an option of the dynamodb connector",
        found=message,
        hint="options: region, endpoint, access_key, secret_key, attempts, backups",
    )
