"""Whether a dataset's transforms take away what must go before data may be called anonymized.

Act on the Protection of Personal Information, article 43(1); its Enforcement Rules, article 34:
(i) what identifies the person must go, (ii) individual identification codes must go, (iii) so
must codes that tie the row to other data held. (iv) peculiar descriptions and (v) what the
database itself gives away are not a question of one column: (v) is answered by k.
"""

from __future__ import annotations

from typing import assert_never

from retention.model.datamap import Dataset, Field, Identifies
from retention.model.transform import Band, Drop, Prefix, ToMonth, ToYear, Transform


def check_transforms(dataset: Dataset) -> tuple[str, ...]:
    """Return what stands against anonymizing the dataset's rows, a line each; empty if nothing does."""
    linking = dataset.linking_columns
    problems = [_linking(dataset, column) for column in linking if not _is_dropped(dataset.fields.get(column))]
    fields = sorted((field for name, field in dataset.fields.items() if name not in linking), key=lambda f: f.name)
    return (*problems, *(problem for field in fields if (problem := _of_field(dataset, field))))


def _is_dropped(field: Field | None) -> bool:
    return field is not None and isinstance(field.anonymize, Drop)


def _linking(dataset: Dataset, column: str) -> str:
    field = dataset.fields.get(column)
    found = "a column that is not among the fields" if field is None else _word(field.anonymize)
    return (
        f"{dataset.dataset_id}.{column}: ties the row to a person or to other rows; "
        f"expected anonymize: drop, found {found} (Enforcement Rules 34 (iii))"
    )


def _of_field(dataset: Dataset, field: Field) -> str | None:
    where = f"{dataset.dataset_id}.{field.name}"
    match field.identifies:
        case Identifies.DIRECTLY:
            if _is_dropped(field):
                return None
            return (
                f"{where}: identifies directly; expected anonymize: drop, "
                f"found {_word(field.anonymize)} (Enforcement Rules 34 (i), (ii))"
            )
        case Identifies.INDIRECTLY:
            if field.anonymize is not None:
                return None
            return f"{where}: identifies indirectly; expected a transform, found none (Enforcement Rules 34 (v))"
        case Identifies.NO:
            return None
        case _:
            assert_never(field.identifies)


def _word(transform: Transform | None) -> str:
    match transform:
        case None:
            return "none"
        case Drop():
            return "drop"
        case ToMonth():
            return "month"
        case ToYear():
            return "year"
        case Prefix(length):
            return f"the first {length} characters"
        case Band(width):
            return f"bands of {width}"
        case _:
            assert_never(transform)
