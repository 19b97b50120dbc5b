"""The options of one entry of `subject_keys`, read and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from retention.errors import Problem, SettingsError
from retention.model.ids import SystemId
from retention.ports.subject_keys import KeySystemSettings

_KNOWN = frozenset({"region", "endpoint", "access_key", "secret_key", "deletion_waits"})
_DAYS = re.compile(r"P(\d{1,2})D")
SHORTEST, LONGEST = 7, 30
"""Days that KMS waits before it deletes a key (ScheduleKeyDeletion, PendingWindowInDays)."""


@dataclass(frozen=True, slots=True)
class KmsSettings:
    """Which region's KMS, how it is reached, and how long it waits."""

    system: SystemId
    region: str | None
    endpoint: str | None
    access_key: str | None = field(repr=False)
    secret_key: str | None = field(repr=False)
    wait_days: int


def read_settings(settings: KeySystemSettings) -> KmsSettings:
    """Return the checked settings.

    Raises:
        SettingsError: an option is unknown or malformed; all problems at once.

    """
    options, where = settings.options, f"subject_keys.{settings.system}"
    problems = [
        Problem(where=f"{where}.{name}", expected=f"one of {', '.join(sorted(_KNOWN))}", found="an option nobody reads")
        for name in sorted({*options} - _KNOWN)
    ]
    if ("access_key" in options) != ("secret_key" in options):
        expected = "access_key and secret_key together, or neither"
        problems.append(Problem(where=f"{where}.access_key", expected=expected, found="one of them"))
    days = _DAYS.fullmatch(options.get("deletion_waits", f"P{SHORTEST}D"))
    wait = int(days[1]) if days else 0
    if not SHORTEST <= wait <= LONGEST:
        expected = f"P{SHORTEST}D to P{LONGEST}D, as KMS allows"
        problems.append(Problem(where=f"{where}.deletion_waits", expected=expected, found="another text"))
    if problems:
        raise SettingsError("the keys cannot be held by KMS", problems=tuple(problems))
    return KmsSettings(
        system=settings.system,
        region=options.get("region"),
        endpoint=options.get("endpoint"),
        access_key=options.get("access_key"),
        secret_key=options.get("secret_key"),
        wait_days=wait,
    )
