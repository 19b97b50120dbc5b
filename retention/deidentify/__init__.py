"""Whether and how data is de-identified: rules without I/O. `applying.apply` is the way in.

    recipe          what is done to each column, and what must then hold
    hierarchy       what a value becomes when said less exactly; `ladder` puts one to a column's values
    applying        recipe carried out: table in, table and verdict out; `fitting` checks it beforehand
    values          deletion, bounds, noise, swapping, synthetic values
    microaggregation, ff1, tokens
    recoding        levels searched: `locally` row by row, `globally` one for all; `lattice`, `passing`
    numbered        a table's columns as numbers, made once; `classes`, and `pieces` on all cores; `shuffling`
    measures        how alike the rows of a table are: k, l and t; `classes`, `likeness`
    verdict         anonymous | pseudonymous | masked | refused
    assessing       which of them an output is: `criteria` of the law, put to the output itself
                    by `occurrence`, `detect`, `hashes`, `linkage` and `trajectories`
    produced        the same put to a file's bytes
    reading         the section `recipes` of a policy file
    files           sets as Parquet, their label in the metadata; a person found in them by token
    statistics      counts for partners: small cells, and what would give them away, left out
    rare            which classes have too few rows, before anything is changed in place

Passing a number does not make data anonymous: Enforcement Rules 34 of the Japanese privacy
law (APPI) asks for five things, and k answers a part of the fifth.
"""

from __future__ import annotations

from retention.deidentify.applying import apply
from retention.deidentify.measures import Measures, measure
from retention.deidentify.rare import rare_classes

__all__ = ["Measures", "apply", "measure", "rare_classes"]
