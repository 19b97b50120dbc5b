"""Whether a dataset's transforms take away what must go."""

from __future__ import annotations

import pytest

from retention.deidentify import check_transforms
from retention.model.datamap import Dataset, Field, Identifies, Reference
from retention.model.ids import CategoryId, DatasetId, SystemId
from retention.model.transform import Band, Drop, Prefix, ToMonth, ToYear, Transform


def field(name: str, identifies: Identifies, anonymize: Transform | None) -> Field:
    return Field(name, CategoryId("account"), identifies, anonymize)


def dataset(*fields: Field) -> Dataset:
    return Dataset(
        dataset_id=DatasetId("app.viewing"),
        system=SystemId("app"),
        location="viewing",
        primary_key=("id",),
        subject={"user_id": "user_id"},
        parents=(Reference(DatasetId("app.devices"), (("device_id", "id"),)),),
        derived_from=(),
        fields={each.name: each for each in fields},
        dates={},
        not_personal={},
    )


LINKS = (field("user_id", Identifies.DIRECTLY, Drop()), field("device_id", Identifies.INDIRECTLY, Drop()))


def test_dataset_that_may_be_anonymized() -> None:
    """Identifiers and links dropped, the rest coarsened or harmless: nothing stands against it."""
    fields = (
        *LINKS,
        field("email", Identifies.DIRECTLY, Drop()),
        field("born", Identifies.INDIRECTLY, ToYear()),
        field("title", Identifies.NO, None),
    )
    assert check_transforms(dataset(*fields)) == ()


@pytest.mark.parametrize("transform", [None, Prefix(3), ToMonth(), ToYear(), Band(10)])
def test_direct_identifier_that_stays(transform: Transform | None) -> None:
    """Nothing but drop is enough for what identifies directly."""
    (problem,) = check_transforms(dataset(*LINKS, field("email", Identifies.DIRECTLY, transform)))
    assert "app.viewing.email" in problem
    assert "34 (i)" in problem


def test_link_that_stays() -> None:
    """A key or reference that is coarsened, or not among the fields at all, is a problem."""
    problems = check_transforms(dataset(field("user_id", Identifies.DIRECTLY, Prefix(2))))
    assert [problem.split(":")[0] for problem in problems] == ["app.viewing.device_id", "app.viewing.user_id"]
    assert all("34 (iii)" in problem for problem in problems)


def test_quasi_identifier_without_transform() -> None:
    """A field that identifies indirectly needs a transform."""
    (problem,) = check_transforms(dataset(*LINKS, field("born", Identifies.INDIRECTLY, None)))
    assert "app.viewing.born" in problem
