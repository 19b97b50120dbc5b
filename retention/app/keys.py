"""Keys of people: what there is, and a new key-encryption key when its time has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from retention.app.context import Context
from retention.errors import UnknownNameError
from retention.model.ids import SystemId
from retention.model.subject_keys import KeyEpoch, KeysShown
from retention.ports.subject_keys import SubjectKeySystem


def show(context: Context) -> tuple[KeysShown, ...]:
    """Return every system of subject keys, in numbers only."""
    systems = sorted(context.subject_keys.items())
    return tuple(KeysShown(name, system.show(), system.rotate_by()) for name, system in systems)


def rotate(context: Context, system: SystemId, now: datetime, *, only_due: bool) -> tuple[KeyEpoch, ...]:
    """Wrap living keys by a new key-encryption key, destroy the old, and return the epochs that ended.

    Raises:
        UnknownNameError: no entry of `subject_keys` has that name.
        TransientFailure: run again, it goes on where it stopped.

    """
    keys = _known(context, system)
    due = keys.rotate_by()
    if only_due and (due is None or due > now):
        return ()
    return keys.rotate(now)


def rotate_due(context: Context, now: datetime) -> Mapping[SystemId, tuple[KeyEpoch, ...]]:
    """Rotate the key-encryption key of every system whose time has come; return the epochs that ended.

    Raises:
        TransientFailure: run again, it goes on where it stopped.

    """
    return {system: rotate(context, system, now, only_due=True) for system in sorted(context.subject_keys)}


def _known(context: Context, system: SystemId) -> SubjectKeySystem:
    if system not in context.subject_keys:
        known = ", ".join(sorted(context.subject_keys)) or "none"
        raise UnknownNameError(f"no system of subject keys is called {system}", hint=f"known: {known}")
    return context.subject_keys[system]
