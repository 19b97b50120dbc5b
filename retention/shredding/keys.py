"""Data keys of people: made with the first message, wrapped at once, unwrapped for each use, kept nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime

from retention.errors import KeyGoneFailure, KeyShreddedError, TransientFailure, UnknownNameError
from retention.model.ids import SystemId
from retention.model.subject_keys import (
    EpochState,
    KeyEpoch,
    KeyOwner,
    KeyRef,
    ShreddedKey,
    StandingKey,
    WrappedKey,
)
from retention.ports.subject_keys import KeyShelf, KeyWrapper
from retention.shredding.envelope import KEY_BYTES, check_value, seal, unseal

INDEX = KeyRef("index")
"""Under which the index key lies, wrapped like every other: from it and an owner comes the owner's reference."""
_ATTEMPTS = 5
"""How often a rotation may come between two looks at the store."""


class SubjectKeys:
    """Encrypts and decrypts for the company's applications; made by `retention.wiring.open_subject_keys`.

    Every method raises TransientFailure if the store of wrapped keys or the holder of the key-encryption
    keys cannot be reached, TerminalFailure if it refuses. Processes may share one system of keys.
    """

    def __init__(self, system: SystemId, shelf: KeyShelf, wrapper: KeyWrapper, clock: Callable[[], datetime]) -> None:
        """Keep where wrapped keys lie, and who unwraps them; `clock` dates epochs."""
        self.system = system
        self.shelf = shelf
        self.wrapper = wrapper
        self._clock = clock
        self._index: bytes | None = None

    def encrypt(self, owner: KeyOwner, plaintext: bytes) -> bytes:
        """Encrypt under the owner's key, made if there is none yet.

        Raises:
            KeyShreddedError: it was shredded; the owner's data is to be gone, so none is added.

        """
        ref = self.ref(owner)
        return seal(self._key(ref, make=True), plaintext, self._bound(ref))

    def decrypt(self, owner: KeyOwner, sealed: bytes) -> bytes:
        """Decrypt what `encrypt` returned for this owner.

        Raises:
            KeyShreddedError: the key was shredded: nobody can read this any more.
            UnknownNameError: the owner never had a key.
            InputError: this is no message of ours.
            TerminalFailure: the message is another's, or damaged.

        """
        ref = self.ref(owner)
        return unseal(self._key(ref, make=False), sealed, self._bound(ref))

    def ref(self, owner: KeyOwner) -> KeyRef:
        """Return the reference of the owner's key: a keyed digest of his key exactly as written, and the category."""
        if self._index is None:
            self._index = self._key(INDEX, make=True)
        parts = (owner.subject.name, str(owner.subject.value), owner.category)
        message = b"".join(len(part).to_bytes(4, "big") + part for part in map(str.encode, parts))
        return KeyRef(hmac.new(self._index, message, hashlib.sha256).hexdigest())

    def refs(self, owners: Iterable[KeyOwner]) -> dict[KeyRef, KeyOwner]:
        """Return the owners by the references of their keys."""
        return {self.ref(owner): owner for owner in owners}

    def current(self) -> KeyEpoch:
        """Return the epoch that wraps new keys; the first is begun if there is none."""
        epochs = self.shelf.epochs()
        current = next((epoch for epoch in epochs if epoch.state is EpochState.CURRENT), None)
        if current is not None:
            return current
        number = max((epoch.number for epoch in epochs), default=0) + 1
        return self.shelf.begin(KeyEpoch(number, self.wrapper.make(number), self._clock()))

    def unwrapped(self, key: WrappedKey, epochs: Iterable[KeyEpoch]) -> bytes:
        """Return the data key itself.

        Raises:
            KeyGoneFailure: the key-encryption key of its epoch is gone.

        """
        kek = next(epoch.kek for epoch in epochs if epoch.number == key.epoch)
        return self.wrapper.unwrap(kek, key.wrapped, self._bound(key.ref))

    def wrapped(self, ref: KeyRef, plain: bytes, epoch: KeyEpoch) -> WrappedKey:
        """Wrap a data key by the epoch's key-encryption key."""
        return WrappedKey(ref, epoch.number, self.wrapper.wrap(epoch.kek, plain, self._bound(ref)), check_value(plain))

    def close(self) -> None:
        """Give connections back, and forget the index key."""
        self._index = None
        self.wrapper.close()
        self.shelf.close()

    def _bound(self, ref: KeyRef) -> str:
        return f"{self.system}/{ref}"

    def _key(self, ref: KeyRef, *, make: bool) -> bytes:
        """Return the key under the reference; look again where a rotation came in between."""
        seen: StandingKey | None = None
        for _ in range(_ATTEMPTS):
            found = self.shelf.find(ref)
            if isinstance(found, ShreddedKey):
                raise KeyShreddedError(
                    f"{self.system}: this person's key has been shredded", hint="nothing of his can be read or added"
                )
            if found is None and not make:
                raise UnknownNameError(f"{self.system}: this person has no key", hint="nothing was encrypted for him")
            try:
                key = self._made(ref) if found is None else self.unwrapped(found, self.shelf.epochs())
            except KeyGoneFailure:
                if found is not None and found == seen:
                    raise  # nobody has wrapped it anew meanwhile
                seen = found
                continue
            if key is not None:
                return key
        raise TransientFailure(f"{self.system}: the keys are being rotated", hint="run again")

    def _made(self, ref: KeyRef) -> bytes | None:
        """Return a new key that stands under the reference; None if another was first, or the epoch has ended."""
        plain = secrets.token_bytes(KEY_BYTES)
        key = self.wrapped(ref, plain, self.current())
        return plain if self.shelf.add(key) == key else None
