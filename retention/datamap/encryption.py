"""`encrypted` of a dataset: which fields lie there under keys of their people's own."""

from __future__ import annotations

from retention.datamap.words import NAME, NAME_WORDS
from retention.grammar import Cell
from retention.model.datamap import Dataset, Encryption
from retention.model.ids import SystemId
from retention.model.transform import Drop


def read_encryption(cell: Cell, dataset: Dataset) -> Encryption:
    """Read `encrypted: {keys: SYSTEM, by: IDENTITY_KEY, fields: [FIELD]}`; without `fields`, every field.

    A field under a person's key cannot outlive it: anonymizing must drop it. A column by which rows
    are found or tied cannot be encrypted: nobody would find them.
    """
    record = cell.record(("keys", "by"), ("fields",))
    keys = SystemId(record["keys"].matching(NAME, NAME_WORDS))
    by = record["by"].word(dataset.subject, "an identity key of this dataset's `subject`")
    items = record["fields"].items("a list of fields") if "fields" in record else ()
    named = {item.word(dataset.fields, "a field of this dataset"): item for item in items}
    for name in named or dataset.fields:
        where, known = named.get(name, cell), dataset.fields.get(name)
        if name in dataset.linking_columns:
            where.complain("fields by which no row is found or tied", f"the key column `{name}`")
        elif known is not None and known.anonymize != Drop():
            where.complain("`anonymize: drop` for encrypted fields", f"`{name}`, which would stay", "its key goes")
    return Encryption(keys, by, frozenset(named or dataset.fields))
