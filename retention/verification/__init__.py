"""Look again, by code that shares nothing with the eraser's.

looking    compare a dataset after its steps with the baseline: start reading here
baseline   what there is before, and what the steps should leave, computed in one pass
arrivals   rows that a step takes from one place to another
scan       one pass over the rows after
effects    what the steps make of rows, computed our own way
selector   which rows a predicate selects, computed our own way
disclosed  an export for a person: opened as he opens it, and compared with a fresh look
keys       shredded keys: is anything left, and does anything open it?
mapping    before: does a dataset hold what the map and the plan say of it?
suite      Great Expectations' second opinion; its raw results never leave the module
canon      canonical bytes of a row, and a digest that does not depend on order
"""

from __future__ import annotations

from retention.verification.arrivals import Arriving
from retention.verification.baseline import Baseline, measure
from retention.verification.looking import Look, look
from retention.verification.mapping import MapLook, Parent, Subject, look_at_map

__all__ = ["Arriving", "Baseline", "Look", "MapLook", "Parent", "Subject", "look", "look_at_map", "measure"]
