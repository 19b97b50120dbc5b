"""Files, objects and tables on S3 (or a store that speaks its protocol). Start reading at `eraser`.

connect       settings → the store; the entry point
settings      options of retention.yaml
capabilities  what the planner may ask of it
finder        counts and values of live objects
eraser        rewrites live objects, removes older versions
gauge         what a change would move, before; a dataset cut into shards
inspector     reads again for verification, by code of its own
rereading     the inspector's decoders
planter       adds a canary's row
surveyor      reads the whole prefix, for drafts and drift; also files of this machine
shapes        keys → shapes of files
rows          columns and first rows of one file

change        what becomes of a selected row
columns       refuses a predicate that names a column nobody has
predicate     which rows are selected
keys          keys in a column's own type
nested        names with dots lead into structs and lists
formats       one of: parquet (with parquet_file, parquet_change), jsonl, delimited
surgery       Parquet files as pieces of the old one
segments      what stays and what is new, as engines tell it
blocks        text in blocks of whole lines, plain or packed
jsonscan      which lines may be selected, by bytes
csvrecords    records and cells of delimited text
runs          edits of a text as segments
columntypes   types of columns

draft         a new object before it is published
parts         which ranges the store copies by itself; pure
transfer      publishes a draft in the place of what was read
attributes    what an object is besides its content
objects       list, read, remove, versions
sources       objects to be read by ranges
meter         counts their bytes
weight        what changing an object costs, by its footer
pipeline      many small objects at a time
pattern       which keys belong to a dataset
client        boto3 and its errors in our words

keyed         whole objects that are somebody's by their key: connector `objects`
tables        Iceberg and Delta: connector `tables`
"""

from __future__ import annotations

from connectors.lake.connect import Lake, connect, survey, survey_files

__all__ = ["Lake", "connect", "survey", "survey_files"]
