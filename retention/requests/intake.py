"""What is accepted on the way in."""

from __future__ import annotations

from collections.abc import Sequence

from retention.errors import IdentityError, InputError, Problem, RefusedError
from retention.model.policy import RequestRules
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


def check_channel(channel: str, rules: RequestRules) -> None:
    """Return if the company takes requests that way.

    Raises:
        RefusedError: it does not; the hint names the ways that are open.

    """
    if channel not in rules.channels:
        raise RefusedError(
            f"requests are not taken by `{channel}`",
            hint=f"answer with the ways that are open: {_listed(rules.channels)}; the clock has not started",
        )


def identity_accepted(document_kind: str, rules: RequestRules) -> None:
    """Return if documents of the kind prove who the requester is.

    Raises:
        IdentityError: they do not; the hint names the kinds that do.

    """
    if document_kind not in rules.identity_documents:
        raise IdentityError(
            f"a document of kind `{document_kind}` does not prove identity",
            hint=f"ask for one of {_listed(rules.identity_documents)}; the date of arrival stays",
        )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
