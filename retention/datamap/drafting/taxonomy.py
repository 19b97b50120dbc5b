"""Fides' data categories (the fideslang taxonomy, CC BY 4.0) → what a draft suggests."""

from __future__ import annotations

from typing import Final

from retention.model.datamap import Identifies

_DIRECTLY, _INDIRECTLY = Identifies.DIRECTLY, Identifies.INDIRECTLY

_BY_PREFIX: Final = (
    ("user.contact.address.city", "contact", _INDIRECTLY),
    ("user.contact.address.state", "contact", _INDIRECTLY),
    ("user.contact.address.country", "contact", _INDIRECTLY),
    ("user.contact.address.postal_code", "contact", _INDIRECTLY),
    ("user.contact", "contact", _DIRECTLY),
    ("user.name", "identity", _DIRECTLY),
    ("user.demographic", "identity", _INDIRECTLY),
    ("user.job_title", "identity", _INDIRECTLY),
    ("user.workplace", "identity", _INDIRECTLY),
    ("user.unique_id", "account", _DIRECTLY),
    ("user.user_id", "account", _DIRECTLY),
    ("user.account", "account", _DIRECTLY),
    ("user.social", "account", _DIRECTLY),
    ("user.financial", "payment", _DIRECTLY),
    ("user.payment", "payment", _DIRECTLY),
    ("user.government_id", "official-numbers", _DIRECTLY),
    ("user.device", "online", _DIRECTLY),
    ("user.location", "location", _INDIRECTLY),
    ("user.sensor", "location", _INDIRECTLY),
    ("user.credentials", "credentials", _DIRECTLY),
    ("user.authorization", "credentials", _DIRECTLY),
    ("user.content", "free-text", _DIRECTLY),
    ("user.health_and_medical", "sensitive", _INDIRECTLY),
    ("user.biometric", "sensitive", _DIRECTLY),
    ("user.genetic", "sensitive", _DIRECTLY),
    ("user.criminal_history", "sensitive", _INDIRECTLY),
    ("user.childrens", "sensitive", _DIRECTLY),
)
"""The longest prefix that fits decides; longer ones stand before shorter."""


def is_personal(category: str) -> bool:
    """Whether the category is about a person: `user` and everything below it."""
    return category == "user" or category.startswith("user.")


def suggested(category: str) -> tuple[str, Identifies] | None:
    """Return our category and how far it identifies; None for one that this table does not know."""
    for prefix, ours, identifies in _BY_PREFIX:
        if category == prefix or category.startswith(f"{prefix}."):
            return ours, identifies
    return None
