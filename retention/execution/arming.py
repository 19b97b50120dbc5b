"""A pseudonymizing step and its key become a step whose result can be computed; the key is taken out with a note."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from retention.deidentify.tokens import Domain, derive
from retention.errors import TerminalFailure
from retention.execution.site import Site
from retention.model.plan import AnonymizeRows, ExactStep, PseudonymizeRows, RowStep
from retention.model.sharing import IN_PLACE, KeyAccess, KeyUse, TokenKey
from retention.model.transform import Tokenize, Transform


def armed(site: Site, step: RowStep, use: KeyUse, now: datetime) -> ExactStep:
    """Return the step as it can be carried out or computed.

    Raises:
        TerminalFailure: its key is destroyed.

    """
    if not isinstance(step, PseudonymizeRows):
        return step
    root = _root(site, step, use, now)
    tokens: dict[str, Transform] = {name: Tokenize(derive(root, domain_of(step, name))) for name in step.tokens}
    return AnonymizeRows(
        step.step_id,
        step.dataset,
        step.where,
        {**step.transforms, **tokens},
        quasi=(),
        k=0,
        rare=None,
        rows=step.rows,
        rows_rare=0,
        of_rows=step.of_rows,
        because=step.because,
    )


def domain_of(step: PseudonymizeRows, column: str) -> Domain:
    """Return the domain of one column's tokens."""
    return Domain(step.because.rules[0], IN_PLACE, step.dataset, "1", column)


def _root(site: Site, step: PseudonymizeRows, use: KeyUse, now: datetime) -> bytes:
    keys, sharing = site.counter.keys, site.counter.sharing
    sharing.note_access(KeyAccess(step.key_name, use, site.plan.plan_id, now))
    known = next((key for key in sharing.token_keys() if key.key_name == step.key_name), None)
    root = keys.create(step.key_name) if known is None else keys.read(step.key_name)
    if root is None:
        raise TerminalFailure(f"the token key of {step.dataset} is destroyed", hint="make a new plan")
    if known is None:
        check = hmac.new(root, b"kcv", hashlib.sha256).hexdigest()[:16]
        sharing.put_key(TokenKey(step.key_name, step.because.rules[0], IN_PLACE, step.dataset, 1, check, now))
    return root
