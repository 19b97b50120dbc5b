"""Looking things up that change every month: which telephone numbers and postal codes there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias


class Gazetteer(Protocol):
    """Plans of numbers. Nothing is asked over a network: what is looked up is personal."""

    def is_phone(self, text: str) -> bool:
        """Whether it is a number that can be assigned, in Japan or, with its `+`, anywhere."""
        ...

    def is_postal_code(self, digits: str) -> bool:
        """Whether the seven digits are a postal code of Japan."""
        ...


ConnectGazetteer: TypeAlias = Callable[[], Gazetteer]
"""The type of entry points `retention.gazetteers`."""
