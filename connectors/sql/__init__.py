"""SQLite, PostgreSQL and MariaDB by SQLAlchemy Core. Start at `eraser.py`; `predicate.py` says which rows.

connect        settings → store
store          the store
settings       the options, checked
capabilities   what the store can do
engine         connections as this connector needs them: time-outs, zones, secure deletion
database       transactions with retries, and the tables that are there
failures       drivers' errors → ours, without the values they quote
columns        live column types → the model's
keys           key sets → the statement, or a temporary table ahead of it
predicate      predicate → SQL
finder         reads
eraser         erases, redacts, anonymizes
suspender      stops the use of rows, and allows it again
pages          a large change → transactions of bounded size
selfrefs       rows of a table that refers to itself
partitions     partitions emptied whole
references     foreign keys as they are
remains        after a change: makes the old row versions physically go
inspector      looks again, by code of its own
dumps          a dump on S3 as a store, by way of a scratch database
surveyor       reads the whole schema, for drafts and drift
"""

from connectors.sql.connect import connect, survey

__all__ = ["connect", "survey"]
