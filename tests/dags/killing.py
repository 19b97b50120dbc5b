"""Whom to kill, and when: drawn from a seed; carried out at states that are seen, while a run goes its road."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.dags.standalone import Standalone
from tests.e2e.conftest import Shop

VICTIMS = ("scheduler", "scheduler and worker", "worker", "task", "supervisor", "triggerer")
"""The triggerer; the scheduler, alone or with the worker at its task, as when a machine dies; of a worker, the process
that runs the task, the one that watches over it (so that an orphan works on), or both."""
PARTS = {"worker": ("supervisor", "task"), "task": ("task",), "supervisor": ("supervisor",)}
LOOK_SECONDS = 0.05
TABLES = ("ledger_cases", "ledger_plans", "ledger_journal", "ledger_log", "ledger_parcels", "ledger_vault")


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill -9."""

    victim: str
    by: str
    """`tasks`: so many task states were seen; `lines`: so many lines came into our ledger since the run began."""
    after: int
    delay: float
    """Seconds after that state was seen."""

    def __str__(self) -> str:
        """Return who dies and when, as the note tells it."""
        return f"{self.victim} {self.delay:.1f} s after {self.after} {self.by}"


def drawn(seed: int, length: dict[str, int]) -> tuple[Kill, ...]:
    """Return one to three kills; `length` says how many states and lines an undisturbed run of this kind has."""
    luck = random.Random(seed)  # noqa: S311 -- whom to kill is no secret
    first = VICTIMS[seed % len(VICTIMS)]  # everybody's turn comes
    victims = [first, *(luck.choice(VICTIMS) for _ in range(luck.randint(0, 2)))]
    kills = []
    for victim in victims:
        by = luck.choice(sorted(length))
        latest = length[by] * 3 // 4  # later ones might find the run over
        kills.append(Kill(victim, by, luck.randint(1, latest), luck.uniform(0, 1.0)))
    return tuple(kills)


class Progress:
    """How far a run has come, as Airflow's database and our ledger tell."""

    def __init__(self, airflow: Standalone, shop: Shop) -> None:
        """Begin to count now."""
        self._databases = (airflow.home / "airflow.db", shop.folder / "ledger.db")
        self._states: set[tuple[object, ...]] = set()
        self._before = self._found()
        self._lines = 0
        self._first = self._count()

    def look(self) -> dict[str, int]:
        """Return how many task states were seen and how many lines came into the ledger."""
        self._states |= self._found() - self._before
        self._lines = max(self._lines, self._count() - self._first)
        return {"tasks": len(self._states), "lines": self._lines}

    def _found(self) -> set[tuple[object, ...]]:
        query = "SELECT dag_id, run_id, task_id, map_index, try_number, state FROM task_instance"
        return {row for row in asked(self._databases[0], query) if row[-1] is not None}

    def _count(self) -> int:
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
        found = asked(self._databases[1], f"SELECT {counts}")
        return sum(found[0]) if found else 0


class Executioner:
    """Carries the kills out, and starts again what was killed."""

    def __init__(self, airflow: Standalone, kills: Sequence[Kill], progress: Progress) -> None:
        self._airflow = airflow
        self._left, self._waited = list(kills), list[Kill]()
        self._progress = progress
        self.carried_out: list[Kill] = []

    def look(self) -> None:
        """Carry out what is due by now; a worker dies as soon as one is at a task."""
        seen = self._progress.look()
        for kill in [kill for kill in self._left if seen[kill.by] >= kill.after]:
            if kill not in self._waited:
                threading.Event().wait(kill.delay)
                self._waited.append(kill)
            if self._killed(kill.victim):
                self._left.remove(kill)
                self.carried_out.append(kill)

    def _killed(self, victim: str) -> bool:
        if victim in PARTS:
            return self._airflow.kill_worker(PARTS[victim])
        component, *others = victim.split(" and ")
        for other in others:
            self._airflow.kill_worker(PARTS[other])
        self._airflow.kill(component)
        self._airflow.start(component)
        self._airflow.end_orphans()
        return True


def asked(database: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask a database that others write to; one that is busy has said nothing."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1)
    try:
        return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        connection.close()
