"""The shape of a Fides dataset file (fideslang 3, `dataset:` with collections and fields), as far as it is read.

Keys that are not named here are kept by pydantic as extras, so that each can be told as left behind.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from retention.errors import DataMapError, Problem
from retention.grammar import Document

_PLAIN: Final = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)


class FidesReference(BaseModel):
    """An edge between two fields: values come `from` the other, or go `to` it."""

    model_config = _PLAIN

    dataset: str
    field: str
    direction: Literal["from", "to"] | None = None


class FidesMeta(BaseModel):
    """What Fides adds to a field."""

    model_config = _PLAIN

    references: list[FidesReference] | None = None
    identity: str | None = None
    primary_key: bool | None = None
    data_type: str | None = None
    length: int | None = None


class FidesField(BaseModel):
    """One column, or one member of a nested one."""

    model_config = _PLAIN

    name: str
    description: str | None = None
    data_categories: list[str] | None = None
    fides_meta: FidesMeta | None = None
    fidesops_meta: FidesMeta | None = None
    """The older name of `fides_meta`."""
    fields: list[FidesField] | None = None

    @property
    def meta(self) -> FidesMeta:
        """What stands under either name."""
        return self.fides_meta or self.fidesops_meta or FidesMeta()


class FidesCollection(BaseModel):
    """One table."""

    model_config = _PLAIN

    name: str
    description: str | None = None
    data_categories: list[str] | None = None
    fields: list[FidesField]


class FidesDataset(BaseModel):
    """One system."""

    model_config = _PLAIN

    fides_key: str
    name: str | None = None
    description: str | None = None
    data_categories: list[str] | None = None
    collections: list[FidesCollection]


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    dataset: list[FidesDataset] = Field(min_length=1)


def read_fides(text: str, label: str) -> list[FidesDataset]:
    """Read the file.

    Raises:
        DataMapError: it is not YAML, or not a Fides dataset; with every problem.

    """
    document = Document(text, label)
    document.refuse_problems(DataMapError)
    found = yaml.safe_load(text)
    if isinstance(found, dict) and isinstance(found.get("dataset"), dict):
        found = {**found, "dataset": [found["dataset"]]}
    try:
        return _File.model_validate(found).dataset
    except ValidationError as error:
        problems = tuple(_problem(label, each) for each in error.errors(include_input=False, include_url=False))
        raise DataMapError(f"{label} is no Fides dataset file", problems=problems) from None


def extras(model: BaseModel) -> dict[str, Any]:
    """Return what stood there and is not read; empty values are nothing."""
    return {name: value for name, value in (model.model_extra or {}).items() if value not in (None, [], {}, False)}


def _problem(label: str, error: Any) -> Problem:  # noqa: ANN401 -- pydantic's record
    where = ".".join(map(str, error["loc"]))
    return Problem(where=f"{label} {where}", expected="a Fides dataset (fideslang 3)", found=error["msg"])
