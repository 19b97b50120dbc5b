"""One module a noun; each has a `router`."""

from __future__ import annotations
