"""Parquet and JSON Lines on S3 (or a store that speaks its protocol). Start reading at `eraser`.

connect       settings → the store; the entry point
settings      options of retention.yaml
capabilities  what the planner may ask of it
finder        counts and values of live objects
eraser        rewrites live objects, removes older versions
inspector     reads again for verification, by code of its own
surveyor      reads the whole prefix, for drafts and drift; also files of this machine
shapes        keys → shapes of files
rows          columns and first rows of one file
change        what becomes of a selected row
columns       refuses a predicate that names a column nobody has
predicate     which rows are selected
formats       one of: parquet, jsonl
objects       list, read, conditional write, versions
pattern       which keys belong to a dataset
client        boto3 and its errors in our words
"""

from __future__ import annotations

from connectors.lake.connect import Lake, connect, survey, survey_files

__all__ = ["Lake", "connect", "survey", "survey_files"]
