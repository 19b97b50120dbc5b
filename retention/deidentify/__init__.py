"""Whether anonymized data is that: rules without I/O.

    measures    how alike the rows of a table are: k, l and t; start reading here
    rare        which classes have too few rows, before anything is changed
    transforms  whether a dataset's transforms take away what the law says must go

Passing a number does not make data anonymous: Enforcement Rules 34 of the Japanese privacy
law (APPI) asks for five things, and k answers the fifth. The first three are checked in
`transforms`; the fourth (peculiar descriptions) needs a person who knows the data.
"""

from __future__ import annotations

from retention.deidentify.measures import Measures, measure
from retention.deidentify.rare import rare_classes
from retention.deidentify.transforms import check_transforms

__all__ = ["Measures", "check_transforms", "measure", "rare_classes"]
