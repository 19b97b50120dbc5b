"""What names look like in a data map."""

from __future__ import annotations

import re

COLUMN = re.compile(r"\w[\w.-]*")
COLUMN_WORDS = "a column's name"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
NAME_WORDS = "a name of lower-case letters, digits, `-` and `_`"
CATEGORY = NAME
CATEGORY_WORDS = "a category of the policy"
DATASET = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+")
DATASET_WORDS = "a dataset's id like app.customers"
