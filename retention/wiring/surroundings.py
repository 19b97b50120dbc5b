"""What the deletion concept says beside policy and data map: backups of the settings, statutes, versions."""

from __future__ import annotations

from retention.model.period import Period
from retention.policy.concept import Around, Backups
from retention.wiring.opening import Workspace
from retention.wiring.settings import System

_HOLDS_COPIES = "backups"


def around(workspace: Workspace) -> Around:
    """Return it, as the workspace's files say it; nothing is opened."""
    systems = workspace.settings.systems.values()
    backups = tuple(Backups(system.system_id, system.copies, _expire(system)) for system in systems if system.copies)
    versions = tuple(written.policy.version for written in workspace.chain)
    return Around(workspace.statutes, backups, versions)


def _expire(system: System) -> Period | None:
    """Return after how long a copy is gone; what is no period is the connector's to complain of."""
    try:
        return Period.parse(system.options.get("expire", ""))
    except ValueError:
        return None
