"""Joint use, and what may be done with pseudonymised information."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from retention.model.recipient import ENTRUSTED, Recipient, Transfer
from retention.model.terms import (
    JointUse,
    JointUseKind,
    ResponsibleOffice,
    StatedPurpose,
)
from retention.policy.conflicts.view import Conflict, View
from retention.policy.transfers import is_guarded

_SUPERVISED_WITHIN = timedelta(days=366)
"""A default of ours: the law names no period."""


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


def transfer_unsupported(view: View) -> Iterator[Conflict]:
    """Find recipients abroad of whom nobody says on what the transfer rests."""
    for recipient in view.terms.recipients:
        if recipient.country not in {None, "JP"} and recipient.transfer in {None, Transfer.NONE}:
            yield Conflict(
                code="TRANSFER_UNSUPPORTED",
                where=_place(view, recipient),
                says=f"data goes to {recipient.country}, and nothing says on what that rests",
                articles=("jp.appi.28-1",),
                law="consent with information on the country, a designated country, or an equivalent system",
                instead="say `transfer`; nobody can be told on what the transfer rests",
            )


def transfer_unguarded(view: View) -> Iterator[Conflict]:
    """Find recipients outside the EU to whom no safeguard of the GDPR leads."""
    for recipient in view.terms.recipients:
        if not is_guarded(recipient):
            yield Conflict(
                code="TRANSFER_UNGUARDED",
                where=_place(view, recipient),
                says=f"data goes to {recipient.country}, without an adequacy decision or standard clauses",
                articles=("eu.gdpr.46", "eu.gdpr.44"),
                law="data of people in the EU leaves it for adequate countries or under safeguards only",
                instead="`retention use` refuses to let data go there; say `transfer: scc` once they are signed",
            )


def supervision_overdue(view: View) -> Iterator[Conflict]:
    """Find those who work for us and were not looked after for more than a year."""
    for recipient in view.terms.recipients:
        seen = recipient.supervised_on
        if recipient.kind in ENTRUSTED and seen is not None and view.day - seen > _SUPERVISED_WITHIN:
            yield Conflict(
                code="SUPERVISION_OVERDUE",
                where=_place(view, recipient),
                says=f"it was looked after last on {seen}",
                articles=("jp.appi.25",),
                law="whoever is entrusted with data is chosen, bound and supervised",
                instead="nothing by itself: look after it and write the day down",
            )


RULES = (
    pseudonymised_contact,
    pseudonymised_identifies,
    responsible_is_office,
    items_open_ended,
    transfer_unsupported,
    transfer_unguarded,
    supervision_overdue,
)


def _place(view: View, recipient: Recipient) -> str:
    connected = {processor.system for processor in view.policy.processors}
    return f"{'processors' if recipient.name in connected else 'recipients'}.{recipient.name}"


def _pseudonymised(view: View) -> Iterator[tuple[str, StatedPurpose]]:
    for purpose in view.terms.pseudonymised:
        yield f"pseudonymised.purposes.{purpose.purpose_id}", purpose
    for use in view.terms.joint_uses:
        if use.kind is JointUseKind.PSEUDONYMISED:
            for purpose in use.purposes:
                yield f"joint_use.{use.name}.purposes.{purpose.purpose_id}", purpose


def _articles(use: JointUse) -> tuple[str, ...]:
    return ("jp.appi.41-6", "jp.appi.27-5") if use.kind is JointUseKind.PSEUDONYMISED else ("jp.appi.27-5",)
