"""The ledger as one thing: `open_ledger(url, keys)`."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from datetime import datetime

from sqlalchemy import delete, or_, select

from retention.ports.access import Access
from retention.ports.agents import AgentRequests
from retention.ports.alerts import Deliveries
from retention.ports.batches import Batches, ManyVaults
from retention.ports.clients import ClientRequests
from retention.ports.disclosures import Disclosures
from retention.ports.inbox import Inbox
from retention.ports.keys import KeyStore
from retention.ports.ledger import (
    Cases,
    Copies,
    Events,
    Holds,
    Journal,
    Ledger,
    LogSequence,
    Plans,
    Vault,
)
from retention.ports.letters import Letters
from retention.ports.processing import Processing
from retention.ports.requests import Promises, Requests
from retention.ports.rescans import Rescans, Sightings
from retention.ports.restores import Restores
from retention.ports.sharing import Sharing
from retention.ports.suspensions import Suspensions
from retention.ports.tallies import Tallies
from retention.ports.vaults import Canaries, Openings
from retention.ports.volume import Volumes
from retention.store.access import SqlAccess
from retention.store.agents import SqlAgentRequests
from retention.store.batches import SqlBatches
from retention.store.canaries import SqlCanaries
from retention.store.cases import SqlCases
from retention.store.clients import SqlClientRequests
from retention.store.copies import SqlCopies
from retention.store.deliveries import SqlDeliveries
from retention.store.disclosures import SqlDisclosures
from retention.store.engine import Database, make_database
from retention.store.events import SqlEvents
from retention.store.holds import SqlHolds
from retention.store.inbox import SqlInbox
from retention.store.journal import SqlJournal
from retention.store.letters import SqlLetters
from retention.store.log import SqlLogSequence
from retention.store.many_vaults import SqlManyVaults
from retention.store.openings import SqlOpenings
from retention.store.plans import SqlPlans
from retention.store.processing import SqlProcessing
from retention.store.promises import SqlPromises
from retention.store.requests import SqlRequests
from retention.store.rescans import SqlRescans, SqlSightings
from retention.store.restores import SqlRestores
from retention.store.schema import bring_up_to_date
from retention.store.sharing import SqlSharing
from retention.store.suspensions import SqlSuspensions
from retention.store.tables import LEASES
from retention.store.tallies import SqlTallies
from retention.store.vault import SqlVault
from retention.store.volumes import SqlVolumes


def open_ledger(url: str, keys: KeyStore) -> Ledger:
    """Open the ledger, and create or migrate its tables where needed.

    Args:
        url: `sqlite:///FILE` (the caller resolves the path) or `postgresql+psycopg://…`.
        keys: where the keys lie; never in the ledger itself.

    Raises:
        SettingsError: the URL cannot be used, or the database is newer than this program.
        MissingExtraError: the PostgreSQL driver is not installed.
        TransientFailure: the database cannot be reached.

    """
    database = make_database(url)
    try:
        bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    return SqlLedger(database, keys)


class SqlLedger:
    """Implements `ports.ledger.Ledger`; made by `open_ledger`.

    Every method of every part raises TransientFailure (database not reached or busy) or
    TerminalFailure (it refused).
    """

    def __init__(self, database: Database, keys: KeyStore) -> None:
        """Put the parts together."""
        self._database = database
        self._keys = keys
        self.cases: Cases = SqlCases(database)
        self.batches: Batches = SqlBatches(database)
        vault = SqlVault(database, keys)
        self.vault: Vault = vault
        self.many_vaults: ManyVaults = SqlManyVaults(database, vault)
        self.plans: Plans = SqlPlans(database)
        self.journal: Journal = SqlJournal(database)
        self.events: Events = SqlEvents(database)
        self.inbox: Inbox = SqlInbox(database, keys)
        self.holds: Holds = SqlHolds(database)
        self.copies: Copies = SqlCopies(database)
        self.canaries: Canaries = SqlCanaries(database)
        self.processing: Processing = SqlProcessing(database)
        self.restores: Restores = SqlRestores(database)
        self.sharing: Sharing = SqlSharing(database)
        self.deliveries: Deliveries = SqlDeliveries(database)
        self.disclosures: Disclosures = SqlDisclosures(database)
        self.suspensions: Suspensions = SqlSuspensions(database)
        self.clients: ClientRequests = SqlClientRequests(database)
        self.tallies: Tallies = SqlTallies(database)
        self.letters: Letters = SqlLetters(database)
        self.access: Access = SqlAccess(database)
        self.agents: AgentRequests = SqlAgentRequests(database)
        self.promises: Promises = SqlPromises(database)
        self.requests: Requests = SqlRequests(database)
        self.rescans: Rescans = SqlRescans(database)
        self.sightings: Sightings = SqlSightings(database)
        self.volumes: Volumes = SqlVolumes(database)
        self.log: LogSequence = SqlLogSequence(database)
        self.openings: Openings = SqlOpenings(database, keys)

    def lease(self, name: str, holder: str, now: datetime, until: datetime) -> bool:
        """Take or extend a lease; False if someone else holds it and it has not run out."""
        insert = self._database.insert(LEASES).values(name=name, holder=holder, until=until)
        free = or_(LEASES.c.holder == holder, LEASES.c.until <= now)
        take = insert.on_conflict_do_update(
            index_elements=["name"], set_={"holder": holder, "until": until}, where=free
        ).returning(LEASES.c.name)
        with self._database.writing() as connection:
            return connection.scalar(take) is not None

    def holder(self, name: str) -> str | None:
        """Return who holds the lease, run out or not."""
        with self._database.reading() as connection:
            holder: str | None = connection.scalar(select(LEASES.c.holder).where(LEASES.c.name == name))
            return holder

    def give_back(self, name: str, holder: str) -> None:
        """End the holder's lease; someone else's stays."""
        with self._database.writing() as connection:
            connection.execute(delete(LEASES).where(LEASES.c.name == name, LEASES.c.holder == holder))

    def secret_reference(self, name: str) -> str:
        """Return `h:` and the HMAC-SHA-256 (hex) of the name under the staff key.

        Letter case, outer spaces and full width do not count: whoever must be approved by
        a second person cannot become one by writing the name in another way.
        """
        same = unicodedata.normalize("NFKC", name).strip().casefold()
        return "h:" + hmac.new(self._keys.create("staff"), same.encode(), hashlib.sha256).hexdigest()

    def close(self) -> None:
        """Give connections back."""
        self._database.close()
