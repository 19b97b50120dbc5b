"""Look again at keys that were shredded: is anything left of them, and does anything there is still open it?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from retention.model.subject_keys import KeyOwner
from retention.ports.subject_keys import KeyInspector
from retention.verification.looking import Look


def look_at_keys(inspector: KeyInspector, owners: Sequence[KeyOwner]) -> Look:
    """Look for the owners' wrapped keys, and try every key-encryption key there is on what is found.

    In the words of a look at rows: as many keys as owners before, none expected after.

    Raises:
        TransientFailure: the keys' system was not reached: nothing can be said.
        TerminalFailure: it refused to try, for another reason than that a key is gone.

    """
    remaining, opened = inspector.remaining(owners), inspector.opened(owners)
    wrong = {"residual": bool(remaining), "opens": bool(opened)}
    summary = {"asked": len(owners), "opened": len(opened), "remaining": len(remaining)}
    return Look(
        rows_before=len(owners),
        rows_after=len(remaining),
        rows_expected=0,
        residual=len(remaining),
        residual_past=len(opened),
        digest_expected=_digest(()),
        digest_found=_digest(remaining),
        smallest_class=None,
        expectations=len(wrong),
        failed=tuple(sorted(code for code, is_wrong in wrong.items() if is_wrong)),
        summary=json.dumps(summary, sort_keys=True, separators=(",", ":")),
    )


def _digest(refs: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(refs).encode()).hexdigest()
