"""A mail that somebody sent us becomes a request: who asks is read from it, and proven by nothing in it."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr

from retention.app.context import Context
from retention.app.requesting import Arrival
from retention.app.requests import parse_subject
from retention.errors import InputError
from retention.model.letter import Way
from retention.model.terms import Right


def arrival_of(context: Context, mail: bytes, right: Right, language: str) -> Arrival:
    """Read a mail (RFC 5322) as a request by the channel `email`; the same mail again is the same request.

    Its `From` says where to answer and by which address we may know the person: whoever asks has to be identified all
    the same, where the right asks for it.

    Raises:
        InputError: it names no sender, or no dataset knows people by their mail address.

    """
    parsed = message_from_bytes(mail, _class=EmailMessage, policy=policy.default)
    name, address = parseaddr(str(parsed.get("From", "")))
    if "@" not in address:
        raise InputError("the mail names no sender", hint="open the request by hand: retention request open")
    return Arrival(
        parse_subject(context, f"email={address}"),
        channel=Way.EMAIL.value,
        right=right,
        language=language,
        reach=Way.EMAIL.value,
        address=f"{name} <{address}>" if name else address,
        letter=mail,
    )
