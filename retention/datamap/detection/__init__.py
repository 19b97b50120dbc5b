"""Which columns are personal: suggestions for a draft of the data map, for a person to review.

    kinds     what there is, and what a draft suggests for each
    headers   what a column's name says; its words lie in headers.txt
    values    what a value looks like; `digits` and `names` are its check digits and dictionaries (words.txt)
    rules     how many values must look like it
    judging   name and values → a suggestion with its reason

Start at `judging.judge`.
"""

from __future__ import annotations

from retention.datamap.detection.judging import Suggestion, judge
from retention.datamap.detection.kinds import ADVICE, RECORDS, Kind

__all__ = ["ADVICE", "RECORDS", "Kind", "Suggestion", "judge"]
