"""What names look like in a data map."""

from __future__ import annotations

import re

COLUMN = re.compile(r"\w(?:[^\x00-\x1f\x7f\"'`\\{}\[\]]{0,126}[^\s\x00-\x1f\x7f\"'`\\{}\[\]])?")
COLUMN_WORDS = "a column's name, without quotes and brackets"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
NAME_WORDS = "a name of lower-case letters, digits, `-` and `_`"
CATEGORY = NAME
CATEGORY_WORDS = "a category of the policy"
DATASET = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+")
DATASET_WORDS = "a dataset's id like app.customers"
