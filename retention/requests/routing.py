"""Who answers: the company, the enterprise that runs the account, the client, or who is responsible for joint use.

APPI art. 16(4): rights are used against whoever may disclose, correct and delete the data. A person can
have records of his own and records of his employer's at once: authority lies with the record. Data that is
processed for a client is answered by the client (APPI art. 25, GDPR art. 28(3)(e)); data that is used
jointly by the one that was named as responsible (APPI art. 27(5)(iii)).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from retention.errors import UnknownNameError
from retention.model.asking import Holder, Redirect
from retention.model.policy import Controller
from retention.model.terms import JointUse, ResponsibleEntity, ResponsibleOffice


@dataclass(frozen=True, slots=True)
class Ours:
    """We answer for everything that is held."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Others answer for everything: nothing is touched, and the person is told whom to ask."""

    ask: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """We answer for our part, and the person is told whom to ask for the rest."""

    ask: tuple[Redirect, ...]


Route: TypeAlias = Ours | Elsewhere | Shared


def route(*, own: bool, held_for: Collection[str], redirects: Mapping[str, Redirect]) -> Route:
    """Return who answers.

    Args:
        own: Whether some record about the person is the company's own; one who is not known at all is answered by us.
        held_for: Tenant keys of the data map under which records about the person are held.
        redirects: Whom the policy tells people of such tenants to ask.

    Raises:
        UnknownNameError: the policy does not say whom to ask.

    """
    ask = tuple(_told(key, redirects) for key in sorted(set(held_for)))
    if not ask:
        return Ours()
    return Shared(ask) if own else Elsewhere(ask)


def _told(key: str, redirects: Mapping[str, Redirect]) -> Redirect:
    if key not in redirects:
        raise UnknownNameError(
            f"the policy does not say whom people of a `{key}` ask",
            hint=f"add `requests.redirects.{key}: {{to: administrator, title: {{…}}}}` to the policy",
        )
    return redirects[key]


def answering_for(use: JointUse, controller: Controller) -> Redirect | None:
    """Return whom to ask about data that is used jointly; None: us."""
    match use.responsible:
        case ResponsibleOffice():
            return None
        case ResponsibleEntity(entity, address):
            if set(entity.values()) & set(controller.name.values()):
                return None
            return Redirect(use.name, Holder.JOINT_RESPONSIBLE, entity, address)
        case _:
            assert_never(use.responsible)
