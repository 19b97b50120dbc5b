"""A new key-encryption key: living keys are wrapped by it, and the old one is destroyed.

Why: a wrapped key that was shredded may still lie in a backup of the wrapped keys' own database.
Whoever has that backup and the key-encryption key of its time could open it. So the
key-encryption key is replaced from time to time, and with the old one every old copy dies:
of shredded keys, and of those that live on under the new one.

A process may die anywhere. Run again, it ends what was begun before it begins anything new.
"""

from __future__ import annotations

from datetime import datetime

from retention.model.subject_keys import EpochState, KeyEpoch, WrappedKey
from retention.shredding.keys import SubjectKeys

_AT_ONCE = 100
"""Keys between two commits."""


def rotate(keys: SubjectKeys, now: datetime) -> tuple[KeyEpoch, ...]:
    """Wrap every living key by a new key-encryption key, destroy the old, and return the epochs that ended.

    Raises:
        TransientFailure: the store or the holder was not reached; run again, it goes on where it stopped.
        TerminalFailure: one of them refused.

    """
    epochs = keys.shelf.epochs()
    if epochs and not any(map(_is_open, epochs)):
        number = keys.current().number + 1
        keys.shelf.begin(KeyEpoch(number, keys.wrapper.make(number), now))
    return tuple(_ended(keys, epoch, now) for epoch in keys.shelf.epochs() if _is_open(epoch))


def _is_open(epoch: KeyEpoch) -> bool:
    """Whether the epoch is over and not yet ended: keys may still be wrapped by it, or its own is not destroyed."""
    return epoch.state is EpochState.RETIRING or (epoch.state is EpochState.DESTROYED and epoch.gone_at is None)


def _ended(keys: SubjectKeys, old: KeyEpoch, now: datetime) -> KeyEpoch:
    current = keys.current()
    while living := keys.shelf.of_epoch(old.number, _AT_ONCE):
        keys.shelf.rewrap([(key, _anew(keys, key, old, current)) for key in living])
    keys.shelf.end(old.number)
    gone_at = keys.wrapper.destroy(old.kek, now)
    keys.shelf.ended(old.number, gone_at)
    return KeyEpoch(old.number, old.kek, old.made_at, EpochState.DESTROYED, gone_at)


def _anew(keys: SubjectKeys, key: WrappedKey, old: KeyEpoch, current: KeyEpoch) -> WrappedKey:
    return keys.wrapped(key.ref, keys.unwrapped(key, [old]), current)
