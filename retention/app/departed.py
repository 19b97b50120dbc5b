"""Whether the person of a request has died: then it is a person's decision to say that the laws speak of the living.

APPI art. 2(1) and GDPR recital 27. Nothing else follows from it: no clock starts or stops with a death unless a rule
of the policy says so, and what is about the heirs themselves stays theirs.
"""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.app.starts import also_of, start_of
from retention.clocks import that_count
from retention.errors import StateError, UnknownNameError
from retention.grammar import DIED
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey
from retention.planning.identity import by_name, expand
from retention.planning.keysets import KeySets


def has_died(context: Context, case_id: CaseId, now: datetime) -> bool:
    """Return whether a death stands in the ledger under any key of the person that a live store ties to him."""
    deaths = that_count(context.ledger.events.of_kinds((DIED,)), now)
    known = {(event.key_name, event.subject_digest) for event in deaths if event.kind == DIED}
    if not known:
        return False
    try:
        start, salt = start_of(context, case_id), context.ledger.vault.get(case_id, "salt")
    except (StateError, UnknownNameError):
        return False  # the key is shredded: nobody can be looked up any more
    named = {SubjectKey(key.name, key.value) for key in (start, *also_of(context, case_id))}
    person = expand(context.world(context.datamap, now), by_name(named), KeySets(salt))
    return any((key.name, context.lookup_digest(key)) in known for key in (*named, *person.every()))
