"""Parquet surgery: a new file told as pieces of the old one and as few new bytes as can be. Start at `rewrite`.

rewrite   the file: untouched chunks stay, touched ones come anew, then indexes and footer
make      new chunks of some columns of a row group: which way, page by page or by Arrow
edit      what becomes of a row group's rows
trim      page by page: rows left out or emptied
anew      by Arrow: columns decoded, changed and encoded
column    chunks decoded through small files in memory
encode    arrays encoded, chunks lifted out of what Arrow wrote
staying   rows left out of Arrow's columns
leaves    leaves of Arrow columns, and dictionaries without dead entries
chunks    what is said of a new chunk: metadata, statistics, indexes
bounds    least and greatest values must not name what went
order     whether bounds of pages are in order
values    values of a page left out, in their encoding
texts     plain byte strings found
glance    the numbers of a page header
memory    where Arrow takes its memory from, and when it gives it back
pages     pages found, unpacked, packed again
hybrid    run lengths and packed bits
bloom     whether a filter may hold a value
held      sources that are files or bytes
dictionary whether a chunk's dictionary may hold a value
footer    read and checked
shape     which types its fields have
schema    its columns; read once for files that begin alike
fields    field numbers of the format
thrift    the compact protocol
"""

from __future__ import annotations
