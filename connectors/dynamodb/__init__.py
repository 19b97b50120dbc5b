"""Tables of DynamoDB by boto3. Start at `eraser.py`; `predicate.py` says which items, `access.py` how they are found.

connect        settings → store
settings       the options, checked
capabilities   what the store can do
client         one client, its errors in our words, retries of what a batch left over
table          a table's keys, indexes and protections, as they really are
items          attribute values → ours, and back
predicate      which items, decided on the items themselves
access         where to look for them: by key, by index, or through the whole table
finder         reads
change         conditional writes: a concurrent writer is never lost
eraser         erases, redacts, anonymizes
suspender      stops the use of rows, and allows it again
remains        what point-in-time recovery, backups and streams keep of it, and until when
inspector      looks again, by code of its own
planter        adds a canary's item
"""

from connectors.dynamodb.connect import connect

__all__ = ["connect"]
