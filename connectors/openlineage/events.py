"""One sealed plan as one OpenLineage run event: which columns changed how, in how many rows, under which digest.

Each dataset has the facet `retention_erasure` (ours), and for columns that were changed where they lie the standard
facet `columnLineage` with a masking transformation, so that catalogues that know nothing of us show it as well. The
run's id follows from the plan's: an event sent again is the same run.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import NAMESPACE_URL, uuid5

import attr
from openlineage.client.event_v2 import Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import DatasetFacet, RunFacet, column_lineage_dataset

from retention.model.ids import DatasetId
from retention.model.lineage import Change, Lineage, Touched

PRODUCER = "https://retention.example"
SCHEMA = "https://retention.example/lineage/v1/erasure-facets.schema.json"
NAMESPACE = "x-retention://datasets"
"""As in the assets' addresses; a dataset's name is its id in the data map."""
_JOB = Job("x-retention://jobs", "erasure")
_MASKED = {Change.REDACTED: "redact", Change.ANONYMIZED: "anonymize", Change.PSEUDONYMIZED: "pseudonymize"}


@attr.define
class ErasedColumns:
    """What one step did to columns of a dataset."""

    change: str
    columns: list[str]
    rows: int
    rules: list[str]


@attr.define
class ErasureDatasetFacet(DatasetFacet):
    """What one plan did to a dataset."""

    plan: str
    planDigest: str  # noqa: N815 -- OpenLineage's own style of names
    changes: list[ErasedColumns]

    @staticmethod
    def _get_schema() -> str:
        return f"{SCHEMA}#/$defs/ErasureDatasetFacet"


@attr.define
class ErasureRunFacet(RunFacet):
    """Which plan the run carried out."""

    plan: str
    planDigest: str  # noqa: N815 -- as above

    @staticmethod
    def _get_schema() -> str:
        return f"{SCHEMA}#/$defs/ErasureRunFacet"


def event_of(lineage: Lineage) -> RunEvent:
    """Return the event of one plan."""
    by_dataset: dict[DatasetId, list[Touched]] = defaultdict(list)
    for touched in lineage.touched:
        by_dataset[touched.dataset].append(touched)
    run = Run(
        str(uuid5(NAMESPACE_URL, f"{NAMESPACE}/{lineage.plan_id}")),
        {"retention_erasure": ErasureRunFacet(lineage.plan_id, lineage.digest, producer=PRODUCER)},
    )
    return RunEvent(
        eventTime=lineage.finished_at.isoformat(),
        producer=PRODUCER,
        run=run,
        job=_JOB,
        eventType=RunState.COMPLETE,
        outputs=[
            OutputDataset(NAMESPACE, dataset, facets=_facets(lineage, dataset, all_of_it))
            for dataset, all_of_it in sorted(by_dataset.items())
        ],
    )


def _facets(lineage: Lineage, dataset: DatasetId, touched: list[Touched]) -> dict[str, DatasetFacet]:
    changes = [ErasedColumns(t.change.value, list(t.columns), t.rows, list(t.rules)) for t in touched]
    facets: dict[str, DatasetFacet] = {
        "retention_erasure": ErasureDatasetFacet(lineage.plan_id, lineage.digest, changes, producer=PRODUCER)
    }
    if fields := _masked(dataset, touched):
        facets["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(fields, producer=PRODUCER)
    return facets


def _masked(dataset: DatasetId, touched: list[Touched]) -> dict[str, column_lineage_dataset.Fields]:
    """Say of each column that was changed where it lies that it comes from itself, masked."""
    return {
        column: column_lineage_dataset.Fields(
            [
                column_lineage_dataset.InputField(
                    NAMESPACE,
                    dataset,
                    column,
                    [
                        column_lineage_dataset.Transformation(
                            "DIRECT", "TRANSFORMATION", _MASKED[t.change], masking=True
                        )
                    ],
                )
            ]
        )
        for t in touched
        if t.change in _MASKED
        for column in t.columns
    }
