"""Every check, one after another; what one cannot see keeps none of the others from looking."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from retention.errors import RetentionError
from retention.health import Check, Examined, judge
from retention.model.seen import ClockSteps, NewestCase, Seen, ServerClock, Unusable
from retention.wiring.doctor import inside, machine, outside
from retention.wiring.doctor.patient import Patient, admit, complaints
from retention.wiring.quiet import keep_data_out_of_logs

_NOTHING = {
    Check.PACKS: "",
    Check.SYSTEMS: "",
    Check.AIRFLOW: "AIRFLOW__CORE__DAGS_FOLDER and AIRFLOW__API__BASE_URL are not set here",
}
"""What it means that nothing was seen: by default, that the workspace has nothing of the kind."""


def examine(folder: Path, now: datetime) -> tuple[Examined, ...]:
    """Look at everything; return what every check saw, in the order of `Check`. Raises nothing that we know."""
    keep_data_out_of_logs()
    wall, steady = datetime.now(UTC), time.monotonic()
    patient = admit(folder.resolve(), now)
    seen: dict[Check, list[Seen]] = defaultdict(list)
    for check, probe in _probes(patient, now):
        for each in _looked(check, probe):
            seen[Check.CLOCK if isinstance(each, ServerClock | NewestCase) else check].append(each)
    passed = timedelta(seconds=time.monotonic() - steady)
    seen[Check.CLOCK].append(ClockSteps(datetime.now(UTC) - wall, passed))
    return tuple(_examined(check, seen[check]) for check in Check)


def _probes(patient: Patient, now: datetime) -> list[tuple[Check, Callable[[], Iterable[Seen]]]]:
    return [
        (Check.WORKSPACE, lambda: patient.wrong),
        (Check.SOFTWARE, partial(machine.software, patient)),
        (Check.FILES, partial(machine.files, patient)),
        (Check.DISK, partial(machine.disk, patient)),
        (Check.COVERAGE, partial(inside.coverage, patient)),
        (Check.PACKS, partial(inside.packs, patient)),
        (Check.SYSTEMS, partial(inside.systems, patient)),
        (Check.BUCKETS, partial(outside.buckets, patient)),
        (Check.QUEUES, partial(outside.queues, patient)),
        (Check.LEDGER, partial(inside.ledger, patient, now)),
        (Check.KEYS, partial(inside.keys, patient, now)),
        (Check.LOG, partial(inside.log, patient)),
        (Check.LETTERS, partial(outside.letters, patient)),
        (Check.TIMESTAMPS, partial(outside.timestamps, patient)),
        (Check.WITNESSES, partial(outside.witnesses, patient)),
        (Check.AIRFLOW, partial(outside.airflow, patient)),
    ]


def _looked(check: Check, probe: Callable[[], Iterable[Seen]]) -> list[Seen]:
    found: list[Seen] = []
    try:
        found.extend(probe())
    except RetentionError as error:
        found.extend(complaints(error, check.value))
    except OSError as error:
        found.append(Unusable(check.value, "files that can be read", type(error).__name__, "check their owner"))
    return found


def _examined(check: Check, seen: list[Seen]) -> Examined:
    findings = tuple(problem for each in seen for problem in judge(each))
    reason = "" if seen else _NOTHING.get(check, "this workspace has none")
    return Examined(check, len(seen), findings, reason)
