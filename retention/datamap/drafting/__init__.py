"""Drafts of the data map, from a live schema or from another tool's file: never used before a person has looked.

draft      a live schema → proposals
relations  whose the rows are: keys, parents, mentions
naming     names of a schema → names of a map
fides      a Fides dataset file → proposals, and what could not be carried over
writing    proposals → datamap.yaml, with the reason beside each line
"""

from __future__ import annotations

from retention.datamap.drafting.draft import draft
from retention.datamap.drafting.proposal import Proposal
from retention.datamap.drafting.writing import written

__all__ = ["Proposal", "draft", "written"]
