"""Crypto-shredding: data encrypted under a key of its person's own, which is destroyed when the person is to go.

    envelope    AES-256-GCM under one data key
    keys        start here: `SubjectKeys.encrypt`, `decrypt`; for the company's own applications
    rotation    a new key-encryption key, living keys wrapped by it, the old one destroyed
    system      what the road may ask: find, shred, look again

Every data key is wrapped by the key-encryption key of an epoch. Shredding removes the wrapped key;
an old copy of it, in a backup of the keys' own database, is worth nothing from the moment on
at which its epoch's key-encryption key is gone. That moment is the horizon that is told.
"""

from __future__ import annotations

from retention.shredding.keys import SubjectKeys
from retention.shredding.rotation import rotate
from retention.shredding.system import ShreddingSystem

__all__ = ["ShreddingSystem", "SubjectKeys", "rotate"]
