"""How the terms for people's requests differ between two versions: rights, fees, time, ways in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from retention.model.policy import AfterEvent, Keep, Policy
from retention.model.terms import FixedFee, FreeOfCharge, Ground, RightTerms
from retention.policy.change import Change, Effect
from retention.policy.lengths import Length, compare


def request_changes(old: Policy, new: Policy) -> Iterator[Change]:
    """Yield how the terms for people's requests differ."""
    was, becomes = old.requests, new.requests
    start = AfterEvent("request")
    lengths = compare(Keep(becomes.answer_within, start), Keep(was.answer_within, start))
    if lengths is not Length.SAME:
        effect = Effect.EXTENDING if lengths is Length.SHORTER else Effect.REDUCING
        before, after = str(was.answer_within), str(becomes.answer_within)
        yield Change("ANSWER_WITHIN", "requests.answer_within", None, before, after, effect)
    for part, code in (("channels", "CHANNEL"), ("identity_documents", "DOCUMENT")):
        before_words, after_words = getattr(was, part), getattr(becomes, part)
        for word in (word for word in before_words if word not in after_words):
            yield Change(f"{code}_REMOVED", f"requests.{part}", None, word, "", Effect.REDUCING)
        for word in (word for word in after_words if word not in before_words):
            yield Change(f"{code}_ADDED", f"requests.{part}", None, "", word, Effect.EXTENDING)
    yield from _rights(old, new)


def _rights(old: Policy, new: Policy) -> Iterator[Change]:
    """Yield rights that come and go; a text that is silent on all of them neither gives nor takes."""
    if not (old.terms.states_rights and new.terms.states_rights):
        return
    before, after = old.terms.rights, new.terms.rights
    for right in (right for right in before if right not in after):
        yield Change("RIGHT_REMOVED", f"requests.rights.{right.value}", None, right.value, "", Effect.REDUCING)
    for right, terms in after.items():
        where = f"requests.rights.{right.value}"
        if right not in before:
            yield Change("RIGHT_ADDED", where, None, "", right.value, Effect.EXTENDING)
        else:
            yield from _terms(where, before[right], terms)


def _terms(where: str, old: RightTerms, new: RightTerms) -> Iterator[Change]:
    if old.fee != new.fee:
        effect = Effect.EXTENDING if _is_lower(new, old) else Effect.REDUCING
        code = "FEE_LOWER" if effect is Effect.EXTENDING else "FEE_HIGHER"
        yield Change(code, where, None, fee_of(old), fee_of(new), effect)
    if Ground.NONE_NEEDED not in new.grounds:
        lost = ["none-needed"] if Ground.NONE_NEEDED in old.grounds else _words(old.grounds, new.grounds)
        yield from (Change("GROUND_REMOVED", where, None, word, "", Effect.REDUCING) for word in lost)
    if Ground.NONE_NEEDED not in old.grounds:
        gained = ["none-needed"] if Ground.NONE_NEEDED in new.grounds else _words(new.grounds, old.grounds)
        yield from (Change("GROUND_ADDED", where, None, "", word, Effect.EXTENDING) for word in gained)
    for word in _words(new.refusals, old.refusals):
        yield Change("REFUSAL_ADDED", where, None, "", word, Effect.REDUCING)
    for word in _words(old.refusals, new.refusals):
        yield Change("REFUSAL_REMOVED", where, None, word, "", Effect.EXTENDING)


def _words(these: Iterable[Enum], but_not: Iterable[Enum]) -> list[str]:
    known = set(but_not)
    return [str(word.value) for word in these if word not in known]


def _is_lower(new: RightTerms, old: RightTerms) -> bool:
    """Whether nobody can come to pay more; what a cost may amount to is not known."""
    match new.fee, old.fee:
        case FreeOfCharge(), _:
            return True
        case FixedFee() as less, FixedFee() as more:
            return less.currency == more.currency and less.amount <= more.amount and less.prepaid <= more.prepaid
        case _:
            return False


def fee_of(terms: RightTerms) -> str:
    """Return the fee in one line: `none`, `1000 JPY, prepaid`, `actual cost`."""
    match terms.fee:
        case FreeOfCharge():
            return "none"
        case FixedFee(amount, currency, prepaid):
            return f"{amount} {currency}, prepaid" if prepaid else f"{amount} {currency}"
        case _:
            return "actual cost"
