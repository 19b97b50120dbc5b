"""Whether what a person names cannot go without the account: then he confirms first that it ends (APPI 21(2), 35)."""

from __future__ import annotations

from collections.abc import Collection

from retention.model.ids import CategoryId
from retention.model.request import Request
from retention.model.request_moves import GrantedInPart
from retention.model.terms import Right

_ERASING = frozenset({Right.ERASURE, Right.ITEM_DELETION})


def ending(
    request: Request, mandatory: Collection[CategoryId], decision: object | None = None
) -> frozenset[CategoryId]:
    """Return the categories named that the account cannot do without; whoever asks for everything has said so himself.

    Args:
        request: What is asked for.
        mandatory: The categories without which there is no account.
        decision: What is decided, if something is: what is refused stays, and ends nothing.

    """
    if request.right not in _ERASING:
        return frozenset()
    refused = {item.item for item in decision.refused} if isinstance(decision, GrantedInPart) else set[CategoryId]()
    return (frozenset(request.items) - refused) & frozenset(mandatory)
