"""The tables of wrapped keys: a database of their own, so that no backup holds both ciphertext and keys."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from retention.store.instants import Instant

KEY_METADATA = MetaData()

KEY_EPOCHS = Table(
    "subject_key_epochs",
    KEY_METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kek", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("gone_at", Instant),
)

SUBJECT_KEYS = Table(
    "subject_keys",
    KEY_METADATA,
    Column("ref", Text, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("wrapped", LargeBinary),
    Column("check_value", Text, nullable=False),
    Column("shredded_at", Instant),
    # a key lives, or it was shredded: never both, never neither
    CheckConstraint("(wrapped IS NULL) = (shredded_at IS NOT NULL)", name="ck_subject_keys_lives_or_not"),
    Index("ix_subject_keys_epoch", "epoch", "shredded_at"),
)
