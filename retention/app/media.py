"""Records of sanitized media, attached to cases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from retention.app.context import Context
from retention.errors import InputError, Problem, RefusedError
from retention.model.ids import CaseId
from retention.model.media import MediaSanitized, Method

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Sanitization:
    """What a person reports of one medium."""

    medium: str
    method: Method
    tool: str
    sanitized_at: datetime
    operator: str
    verifier: str


def record_media(context: Context, case_id: CaseId, told: Sanitization, now: datetime) -> MediaSanitized:
    """State that a medium which held the case's data was sanitized and verified.

    Raises:
        UnknownNameError: there is no such case.
        InputError: medium or tool is no code, or the instant has no zone or is yet to come.
        RefusedError: nobody else verified it: whoever did the work does not vouch for it (SP 800-88 Rev. 1, 4.7).

    """
    context.ledger.cases.get(case_id)
    problems = [
        Problem(where=f"--{name}", expected="a code of letters, digits, - and _", found="something else")
        for name, code in (("medium", told.medium), ("tool", told.tool))
        if not _CODE.fullmatch(code)
    ]
    if told.sanitized_at.tzinfo is None or told.sanitized_at > now:
        problems.append(Problem(where="--at", expected="an instant with a zone that has passed", found="another"))
    if problems:
        raise InputError("the medium's record is not complete; nothing was recorded", problems=tuple(problems))
    operator, verifier = map(context.ledger.secret_reference, (told.operator, told.verifier))
    if operator == verifier or not told.verifier.strip():
        raise RefusedError(
            "a medium is verified by somebody else than who sanitized it",
            hint="--verifier: who looked at it afterwards",
        )
    fact = MediaSanitized(told.medium, told.method.value, told.tool, told.sanitized_at, operator, verifier)
    context.record(case_id, fact, now)
    context.log.publish()
    return fact
