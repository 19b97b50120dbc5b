"""How requests are taken, and which rights the text offers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from retention.grammar import Cell, Record, nearest
from retention.model.asking import Holder, Reach, Redirect
from retention.model.policy import RequestRules
from retention.model.terms import (
    ActualCost,
    Fee,
    Filer,
    FixedFee,
    FreeOfCharge,
    Ground,
    IdentityDocument,
    Masked,
    Refusal,
    Right,
    RightTerms,
)
from retention.policy.words import ID, ID_WORDS, names, one_of, some_of, span, titles, truth

_REQUIRED = ("answer_within", "channels", "identity_documents")
_OPTIONAL = ("only_for", "redirects", "rights")
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?|EEA")
_CURRENCY = re.compile(r"[A-Z]{3}")
_RIGHTS = {right.value: right for right in Right}


class RequestTerms:
    """What the section `requests` says: the rules that requests follow, and the text's own terms."""

    def __init__(self, cell: Cell) -> None:
        """Read the section."""
        record = cell.record(_REQUIRED, _OPTIONAL)
        self.documents = _documents(record["identity_documents"])
        self.rules = RequestRules(
            answer_within=record["answer_within"].period(may_be_zero=False),
            channels=names(record["channels"]),
            identity_documents=tuple(document.kind for document in self.documents),
        )
        self.only_for = _only_for(record["only_for"], self.rules.channels) if "only_for" in record else {}
        self.redirects = _redirects(record["redirects"]) if "redirects" in record else {}
        self.states_rights = "rights" in record
        self.rights = _rights(record["rights"]) if self.states_rights else {}


def _documents(cell: Cell) -> tuple[IdentityDocument, ...]:
    """Read a list of kinds, or a mapping of kinds to what is known of them."""
    if cell.is_list or cell.is_missing or cell.is_scalar:
        return tuple(IdentityDocument(kind, None, None, (), shows_address=True) for kind in names(cell))
    return tuple(_document(kind, entry) for kind, entry in cell.entries("kinds of document").items())


def _document(kind: str, cell: Cell) -> IdentityDocument:
    if not ID.fullmatch(kind):
        cell.complain(ID_WORDS, f"`{kind}`")
    record = cell.record((), ("from", "until", "mask", "shows_address"))
    begin, end = span(record)
    return IdentityDocument(
        kind=kind,
        valid_from=begin,
        valid_until=end,
        masked=some_of(record["mask"], Masked.MY_NUMBER) if "mask" in record else (),
        shows_address=truth(record, "shows_address", otherwise=True),
    )


def _only_for(cell: Cell, channels: tuple[str, ...]) -> Mapping[str, Mapping[str, str]]:
    found = {}
    for channel, entry in cell.entries("channels and who may use them").items():
        if channel not in channels:
            entry.complain("a channel of this policy", f"`{channel}`", nearest(channel, channels))
        found[channel] = titles(entry)
    return found


def _redirects(cell: Cell) -> Mapping[str, Redirect]:
    """Read whom people of tenants are told to ask: `{company_id: {to: administrator, title: {…}}}`."""
    found = {}
    for key, entry in cell.entries("tenant keys of the data map").items():
        record = entry.record(("to", "title"), ("contact",))
        contact = record["contact"].text("an address") if "contact" in record else None
        to = one_of(record["to"], Holder.ADMINISTRATOR)
        if to is Holder.JOINT_RESPONSIBLE:
            record["to"].complain("`administrator` or `client`", "`joint-responsible`", "`joint_use` names that one")
        found[key] = Redirect(key, to, titles(record["title"]), contact)
    return found


def read_reach(cell: Cell) -> Reach:
    """Read `reach`: `{established: [JP], offers_to: [JP, EEA, US-CA]}`."""
    record = cell.record(("established", "offers_to"))
    established, offers = (
        tuple(item.matching(_PLACE, "a place like JP, US-CA or EEA") for item in record[key].items())
        for key in ("established", "offers_to")
    )
    return Reach(established, offers)


def _rights(cell: Cell) -> Mapping[Right, RightTerms]:
    found = {}
    for name, entry in cell.entries("rights by name").items():
        right = _RIGHTS.get(name)
        if right is None:
            entry.complain(f"one of {', '.join(_RIGHTS)}", f"the unknown right `{name}`", nearest(name, _RIGHTS))
            continue
        found[right] = _right(right, entry)
    return found


def _right(right: Right, cell: Cell) -> RightTerms:
    record = cell.record((), ("grounds", "refusals", "fee", "may_file", "reserves_statute", "investigated"))
    return RightTerms(
        right=right,
        grounds=_grounds(record),
        refusals=some_of(record["refusals"], Refusal.NO_GROUND) if "refusals" in record else (),
        fee=_fee(record["fee"]) if "fee" in record else FreeOfCharge(),
        may_file=some_of(record["may_file"], Filer.PERSON) if "may_file" in record else (),
        reserves_statute=truth(record, "reserves_statute"),
        investigated=truth(record, "investigated"),
    )


def _grounds(record: Record) -> tuple[Ground, ...]:
    if "grounds" not in record:
        return ()
    cell = record["grounds"]
    if cell.is_scalar:
        return (one_of(cell, Ground.NONE_NEEDED),)
    grounds = some_of(cell, Ground.NONE_NEEDED)
    if Ground.NONE_NEEDED in grounds and len(grounds) > 1:
        cell.complain("`none-needed` alone", "`none-needed` beside other grounds", "remove one of them")
    return grounds


def _fee(cell: Cell) -> Fee:
    if cell.is_scalar:
        word = cell.word(("none", "actual-cost"), "`none`, `actual-cost` or {amount: 1000, currency: JPY}")
        return ActualCost() if word == "actual-cost" else FreeOfCharge()
    record = cell.record(("amount", "currency"), ("prepaid",))
    return FixedFee(
        amount=record["amount"].integer(1, "an amount"),
        currency=record["currency"].matching(_CURRENCY, "a currency like JPY"),
        prepaid=truth(record, "prepaid"),
    )
