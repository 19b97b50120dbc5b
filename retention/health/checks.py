"""The closed list of checks, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from retention.errors import Problem


class Check(Enum):
    """What is looked at, in this order."""

    WORKSPACE = "workspace"
    """retention.yaml, policy and data map can be read and fit together."""
    SOFTWARE = "software"
    """Python, Airflow, and the packages that this workspace needs."""
    FILES = "files"
    """Nobody else may write the workspace's files or read its keys and secrets."""
    DISK = "disk"
    CLOCK = "clock"
    """The machine's clock agrees with others', runs steadily, and is not behind what the ledger knows."""
    COVERAGE = "coverage"
    """What the policy has rules for, the data map places somewhere."""
    PACKS = "packs"
    """The policies that come with the program can be read."""
    SYSTEMS = "systems"
    """Every connector can be made from its entry."""
    BUCKETS = "buckets"
    """Region, versioning, Object Lock and lifecycle are what retention.yaml and the policy say."""
    QUEUES = "queues"
    LEDGER = "ledger"
    KEYS = "keys"
    LOG = "log"
    """The log in the ledger continues the published one."""
    LETTERS = "letters"
    """Mail servers can be reached and encrypt."""
    TIMESTAMPS = "time-stamps"
    WITNESSES = "witnesses"
    AIRFLOW = "airflow"
    """Airflow sees our DAGs, its parts are alive, its pools are there."""


@dataclass(frozen=True, slots=True)
class Examined:
    """One check."""

    check: Check
    looked_at: int
    """How many things were seen; 0: there is nothing of the kind, and nothing was judged."""
    findings: tuple[Problem, ...]
    not_looked: str = ""
    """Why nothing could be looked at."""

    @property
    def is_well(self) -> bool:
        """Whether nothing is to be done."""
        return not self.findings
