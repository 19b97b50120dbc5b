"""The in-memory reference: what every store must do, in the fewest lines. Start at `predicate.py`.

connect        settings → store
settings       the options, checked
capabilities   what the store can do
database       named databases of this process, or one JSON file
predicate      which rows, said in plain Python: the meaning other stores are tested against
finder         reads
eraser         erases, redacts, anonymizes
suspender      stops the use of rows, and allows it again
inspector      looks again, by code of its own
surveyor       reads the whole schema, for drafts and drift
"""

from connectors.memory.connect import connect
from connectors.memory.database import Database, Table, database, forget, make

__all__ = ["Database", "Table", "connect", "database", "forget", "make"]
