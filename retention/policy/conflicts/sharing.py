"""Joint use, and what may be done with pseudonymised information."""

from __future__ import annotations

from collections.abc import Iterator

from retention.model.terms import JointUse, JointUseKind, ResponsibleOffice, StatedPurpose
from retention.policy.conflicts.view import Conflict, View


def pseudonymised_contact(view: View) -> Iterator[Conflict]:
    """X10: pseudonymised information that is used to reach people."""
    for where, purpose in _pseudonymised(view):
        if purpose.contacts:
            yield Conflict(
                code="PSEUDONYMISED_CONTACT",
                where=where,
                says=f"pseudonymised information serves {purpose.purpose_id}, which contacts people",
                articles=("jp.appi.41-8", "jp.appi.enf-rule-33"),
                law="no phone, post, message or mail, and no advertisement to one cookie",
                instead="that part of the purpose is disabled: no export to what sends or targets",
            )


def pseudonymised_identifies(view: View) -> Iterator[Conflict]:
    """X11: pseudonymised information that is tied to accounts or people."""
    for where, purpose in _pseudonymised(view):
        if purpose.identifies:
            yield Conflict(
                code="PSEUDONYMISED_IDENTIFIES",
                where=where,
                says=f"pseudonymised information serves {purpose.purpose_id}, which ties it to people",
                articles=("jp.appi.41-7",),
                law="it may not be matched with other information to identify anyone",
                instead="it is never joined with accounts nor with the deletion information",
            )


def responsible_is_office(view: View) -> Iterator[Conflict]:
    """X12: an office inside the company answers for joint use."""
    for use in view.terms.joint_uses:
        if isinstance(use.responsible, ResponsibleOffice):
            yield Conflict(
                code="RESPONSIBLE_IS_OFFICE",
                where=f"joint_use.{use.name}.responsible",
                says=f"an office answers for it: {use.responsible.office}",
                articles=_articles(use),
                law="who answers is an entity, published with its address and representative",
                instead="nothing is handed over until entity, address and representative are given",
            )


def items_open_ended(view: View) -> Iterator[Conflict]:
    """X13: a list of items that ends in "etc."."""
    for use in view.terms.joint_uses:
        if use.open_ended:
            yield Conflict(
                code="ITEMS_OPEN_ENDED",
                where=f"joint_use.{use.name}.items",
                says=f"the list of items is open: {', '.join(use.items)} etc.",
                articles=_articles(use),
                law="the items are published, and cannot normally be changed afterwards",
                instead="only the items that are listed are handed over; a new item is a new joint use",
            )


RULES = (pseudonymised_contact, pseudonymised_identifies, responsible_is_office, items_open_ended)


def _pseudonymised(view: View) -> Iterator[tuple[str, StatedPurpose]]:
    for purpose in view.terms.pseudonymised:
        yield f"pseudonymised.purposes.{purpose.purpose_id}", purpose
    for use in view.terms.joint_uses:
        if use.kind is JointUseKind.PSEUDONYMISED:
            for purpose in use.purposes:
                yield f"joint_use.{use.name}.purposes.{purpose.purpose_id}", purpose


def _articles(use: JointUse) -> tuple[str, ...]:
    return ("jp.appi.41-6", "jp.appi.27-5") if use.kind is JointUseKind.PSEUDONYMISED else ("jp.appi.27-5",)
