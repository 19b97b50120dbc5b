"""Whole objects that are somebody's by their key: uploads and what was made of them. Start reading at `eraser`.

`uploads/{user_id}/*` in the data map: each object is a row whose columns are the parts of its key in braces, and
`modified_at`. Content is never looked at.

connect       settings → the store; the entry point
capabilities  what the planner may ask of it
pattern       keys → columns
finder        which live objects
eraser        removes objects with all their versions
inspector     lists again for verification
planter       adds a canary's object
"""

from __future__ import annotations

from connectors.lake.keyed.connect import KeyedObjects, connect

__all__ = ["KeyedObjects", "connect"]
