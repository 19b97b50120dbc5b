"""Whether anonymized data is that: rules without I/O.

    measures    how alike the rows of a table are: k, l and t; start reading here
    rare        which classes have too few rows, before anything is changed

Passing a number does not make data anonymous: Enforcement Rules 34 of the Japanese privacy
law (APPI) asks for five things, and k answers the fifth. The first three are seen to when the
data map is read: what identifies directly, and keys, can only be dropped. The fourth (peculiar
descriptions) needs a person who knows the data.
"""

from __future__ import annotations

from retention.deidentify.measures import Measures, measure
from retention.deidentify.rare import rare_classes

__all__ = ["Measures", "measure", "rare_classes"]
