"""What a letter says of a request: every value from the case, the policy, or the desk; and writing what is due."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parseaddr

from retention.app.answering import carried_out
from retention.app.answers import certificate
from retention.app.context import Context
from retention.app.letter_facts import facts_of
from retention.app.letters import keep_letter
from retention.app.lives import life_of
from retention.app.papers import reach_of
from retention.app.subjects import write_receipt
from retention.errors import InputError
from retention.evidence import certificate as paper
from retention.evidence.blocks import Block, Language
from retention.evidence.letter import write
from retention.evidence.letter_forms import shipped_forms
from retention.model.ids import CaseId
from retention.model.letter import LetterId, LetterKind, Posted, Reach, Value, Way, letter_id
from retention.model.request import Request
from retention.model.request_moves import Move
from retention.requests.letters import DueLetter, letters_asked, letters_due

_REPORTS = frozenset({LetterKind.COMPLETION, LetterKind.SUSPENDED, LetterKind.LIFTED})
_NOBODY = {"ja": "ご請求者", "en": "Sir or Madam"}
"""How someone is addressed who gave no name."""
_POSTCODE = re.compile(r"〒?\s*\d{3}-\d{4}")


@dataclass(frozen=True, slots=True)
class Round:
    """What became of the letters that were due."""

    written: tuple[Posted, ...]
    lacking: tuple[tuple[DueLetter, InputError], ...] = field(default=())
    """Letters that the desk has to complete: what is missing stands in the error."""


def write_due(context: Context, case_id: CaseId, now: datetime) -> Round:
    """Write every letter that the request's moves ask for and that is not written; say which lack something.

    A case that was sealed meanwhile is noted as carried out first.
    """
    carried_out(context, case_id, now)
    life = _life(context, case_id)
    written: list[Posted] = []
    lacking: list[tuple[DueLetter, InputError]] = []
    for due in letters_due(life.request, life.moves, _kept(context, case_id)):
        try:
            written.append(_write(context, life, due, {}, now))
        except InputError as error:
            lacking.append((due, error))
    return Round(tuple(written), tuple(lacking))


def write_letter(
    context: Context, case_id: CaseId, kind: LetterKind, given: Mapping[str, Value], now: datetime
) -> Posted:
    """Write one letter with what the desk says beside the case: questions, how to pay, whom to ask.

    It is the first of its kind that is asked for and not written, or, before a move asks for it, the next one.

    Raises:
        InputError: something is still missing, or nobody said where the person is written to.
        StateError: the case is no request, or not sealed yet.

    """
    life = _life(context, case_id)
    kept = _kept(context, case_id)
    of_kind = [due for due in letters_asked(life.request, life.moves) if due.kind is kind]
    ahead = DueLetter(letter_id(case_id, kind, len(of_kind) + 1), kind, len(life.moves) - 1)
    due = next((due for due in of_kind if due.letter_id not in kept), ahead)
    return _write(context, life, due, given, now)


def _kept(context: Context, case_id: CaseId) -> frozenset[LetterId]:
    return frozenset(each.letter.letter_id for each in context.ledger.letters.of(case_id) if each.digest)


@dataclass(frozen=True, slots=True)
class _Life:
    """A request and its moves."""

    request: Request
    moves: tuple[Move, ...]


def _life(context: Context, case_id: CaseId) -> _Life:
    return _Life(life_of(context, case_id), context.ledger.requests.moves(case_id))


def _write(context: Context, life: _Life, due: DueLetter, given: Mapping[str, Value], now: datetime) -> Posted:
    request = life.request
    reach = _reach(context, request)
    values = {
        **facts_of(context, request, life.moves, due, now),
        "name": reach.name,
        **given,
    }
    language = _language(request.language)
    report = tuple(_report(context, request, language)) if due.kind in _REPORTS else ()
    addressee = _window(reach) if reach.way is Way.POST else ()
    written = write(due.kind, shipped_forms(language), values, addressee=addressee, certificate=report)
    return keep_letter(context, due.letter_id, due.kind, reach=reach, written=written, now=now)


def _report(context: Context, request: Request, language: Language) -> Iterator[Block]:
    """Yield what the certificate says, with the person's own receipt in it."""
    told = replace(certificate(context, request.case_id), receipt=write_receipt(context, request.case_id))
    return paper.report(told, language)


def _reach(context: Context, request: Request) -> Reach:
    address = reach_of(context, request.case_id)
    if address is None or not address.strip():
        raise InputError(
            f"{request.case_id}: nobody said where the person is written to, or it is forgotten already",
            hint="give the address when the request is opened",
        )
    return read_reach(address, request.reach, request.language)


def read_reach(address: str, way: str, language: str) -> Reach:
    """Read where a person is written to, as the desk typed it.

    For mail `Name <name@host>` or the address alone; for post the name in the first line, then the address.
    An account of ours has no carrier: whoever has one gives a mail or postal address for the answer.

    Raises:
        InputError: it is neither.

    """
    if way == Way.EMAIL.value:
        name, mail = parseaddr(" ".join(address.split()))
        if "@" not in mail:
            raise InputError("where to write to is not a mail address", hint="`Name <name@host>`")
        return Reach(Way.EMAIL, name or _NOBODY[language], (mail,), language)
    lines = tuple(line.strip() for line in address.splitlines() if line.strip())
    if way != Way.POST.value or len(lines) < 2:  # noqa: PLR2004 -- a name and a place
        raise InputError(
            "where to write to is not a postal address", hint="the name in the first line, then the address"
        )
    return Reach(Way.POST, lines[0].removesuffix("様").strip(), lines[1:], language)


def _window(reach: Reach) -> tuple[str, ...]:
    """Set the address as the post wants it: in Japan the code first and the name last, elsewhere the name first."""
    if reach.language == "ja":
        code = tuple(line for line in reach.address if _POSTCODE.match(line))
        return (*code, *(line for line in reach.address if line not in code), f"{reach.name} 様")
    return (reach.name, *reach.address)


def _language(text: str) -> Language:
    return "en" if text == "en" else "ja"
