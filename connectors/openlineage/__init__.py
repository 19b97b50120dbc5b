"""Erasures in a catalogue of data, as OpenLineage describes runs (https://openlineage.io/spec/2-0-2/OpenLineage.json).

events     one plan → one COMPLETE event with a facet of ours a dataset; docs/lineage has its schema
"""

from __future__ import annotations

from connectors.openlineage.events import event_of

__all__ = ["event_of"]
