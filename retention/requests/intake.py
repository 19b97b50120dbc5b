"""What is accepted on the way in."""

from __future__ import annotations

from collections.abc import Sequence

from retention.errors import InputError, Problem, RefusedError
from retention.model.terms import Refusal

REFUSALS = (*(reason.value for reason in Refusal), "subject-unknown", "withdrawn", "redirected")
"""Codes of the grounds on which a request is refused; evidence states the code, never a text."""


def check_refusal(code: str) -> None:
    """Refuse a ground that is not one of the codes.

    Raises:
        InputError: it is not.

    """
    if code not in REFUSALS:
        problem = Problem(where="reason", expected=f"one of {_listed(REFUSALS)}", found=repr(code[:40]))
        raise InputError("a refusal needs a ground", problems=(problem,))


def reason_of(code: str, where: str = "reason") -> Refusal:
    """Read the reason for which a person refuses a request.

    Raises:
        InputError: it is none; how a request ends by itself (`withdrawn`) is no reason either.

    """
    if code not in (reasons := [reason.value for reason in Refusal]):
        problem = Problem(where=where, expected=f"one of {_listed(reasons)}", found=repr(code[:40]))
        raise InputError("a refusal needs a reason", problems=(problem,))
    return Refusal(code)


def channel_closed(channel: str, ways: Sequence[str]) -> RefusedError:
    """Return what says that a request has not arrived, and which ways are open (see `channels`)."""
    return RefusedError(
        f"requests are not taken by `{channel}`",
        hint=f"answer with the ways that are open: {_listed(ways)}; the clock has not started",
    )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
