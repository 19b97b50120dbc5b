"""What the road may ask of a system of subject keys: find, shred, look again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from retention.errors import KeyGoneFailure
from retention.model.subject_keys import (
    EpochCount,
    EpochState,
    KeyEpoch,
    KeyOwner,
    KeyRef,
    ShreddedKey,
    StandingKey,
    WrappedKey,
)
from retention.shredding.keys import INDEX, SubjectKeys
from retention.shredding.rotation import rotate


class ShreddingSystem:
    """Implements `ports.subject_keys.SubjectKeySystem`, `KeyFinder` and `KeyShredder`."""

    def __init__(self, keys: SubjectKeys, rotate_after: timedelta) -> None:
        """Keep the keys, and how long a key-encryption key is used."""
        self.keys = keys
        self._rotate_after = rotate_after

    def finder(self) -> ShreddingSystem:
        """Return the reading side."""
        return self

    def shredder(self) -> ShreddingSystem:
        """Return the writing side."""
        return self

    def inspector(self) -> Inspector:
        """Return the side that verification looks by."""
        return Inspector(self.keys)

    def standing(self, owners: Iterable[KeyOwner]) -> Mapping[KeyOwner, StandingKey]:
        """Return whose keys live or were shredded; who never had one is left out."""
        if not self.keys.shelf.epochs():
            return {}  # nobody ever had a key; none is made by looking
        refs = self.keys.refs(owners)
        return {refs[key.ref]: key for key in self.keys.shelf.find_all(refs)}

    def horizon(self, now: datetime) -> datetime:
        """Return by when a key shredded now cannot be read from an old copy of the wrapped keys either."""
        by = self.rotate_by()
        return max(by or now, now) + self.keys.wrapper.waits

    def shred(self, owners: Iterable[KeyOwner], now: datetime) -> tuple[ShreddedKey, ...]:
        """Shred their keys; harmless to repeat. Durable on return."""
        return self.keys.shelf.shred(self.keys.refs(owners), now)

    def show(self) -> tuple[EpochCount, ...]:
        """Return what each epoch wraps; the index key is counted nowhere."""
        index = self.keys.shelf.find(INDEX)
        own = index.epoch if index else None
        counts = self.keys.shelf.counts()
        return tuple(EpochCount(c.epoch, c.living - (c.epoch.number == own), c.shredded) for c in counts)

    def rotate_by(self) -> datetime | None:
        """Return when the oldest epoch that is not ended should have ended; None before the first key."""
        begun = [epoch.made_at for epoch in self.keys.shelf.epochs() if epoch.gone_at is None]
        return min(begun) + self._rotate_after if begun else None

    def rotate(self, now: datetime) -> tuple[KeyEpoch, ...]:
        """See `rotation.rotate`."""
        return rotate(self.keys, now)

    def close(self) -> None:
        """Give connections back."""
        self.keys.close()


class Inspector:
    """Implements `ports.subject_keys.KeyInspector`: whatever lies there is tried with every key there is."""

    def __init__(self, keys: SubjectKeys) -> None:
        """Keep the keys."""
        self._keys = keys

    def remaining(self, owners: Iterable[KeyOwner]) -> tuple[KeyRef, ...]:
        """Return the references under which a wrapped key still lies, sorted."""
        return tuple(sorted(key.ref for key in self._left(owners)))

    def opened(self, owners: Iterable[KeyOwner]) -> tuple[KeyRef, ...]:
        """Try every key-encryption key there is on whatever is left; return what still opens, sorted.

        Raises:
            TransientFailure: the holder was not reached: nothing can be said.
            TerminalFailure: it refused for another reason than that the key is gone.

        """
        epochs = self._keys.shelf.epochs()
        return tuple(sorted({key.ref for key in self._left(owners) for epoch in epochs if self._opens(key, epoch)}))

    def is_gone(self, epoch: int) -> bool:
        """Whether nobody can bring the epoch's key-encryption key back."""
        found = next((one for one in self._keys.shelf.epochs() if one.number == epoch), None)
        return found is not None and found.state is EpochState.DESTROYED and self._keys.wrapper.is_gone(found.kek)

    def _left(self, owners: Iterable[KeyOwner]) -> Iterator[WrappedKey]:
        found = self._keys.shelf.find_all(self._keys.refs(owners))
        return (key for key in found if isinstance(key, WrappedKey))

    def _opens(self, key: WrappedKey, epoch: KeyEpoch) -> bool:
        try:
            self._keys.unwrapped(WrappedKey(key.ref, epoch.number, key.wrapped, key.check_value), [epoch])
        except KeyGoneFailure:
            return False
        return True
