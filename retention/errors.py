"""Every error the product raises on purpose: one tree, each with a stable code.

    RetentionError
    ├── InputError            exit 2   what was given is wrong
    ├── RefusedError          exit 3   it is right, but must not be done
    ├── FoundError            exit 1   a check found something
    └── SystemFailure
        ├── TransientFailure  exit 4   could not be reached; safe to run again
        └── TerminalFailure   exit 1   will not get better by itself

An error says where, what was expected, what was found and what to do. It never
carries a personal value: names of fields and files, counts and codes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with something a person wrote."""

    where: str
    """File and line, option or field: `policy.yaml:12 rules[0].keep.for`."""
    expected: str
    """What would have been right."""
    found: str
    """What stood there, shortened; never a personal value."""
    hint: str = ""
    """What to do; often the nearest valid word."""

    def __str__(self) -> str:
        """Return the problem as one line of text."""
        tail = f"; {self.hint}" if self.hint else ""
        return f"{self.where}: expected {self.expected}, found {self.found}{tail}"


class RetentionError(Exception):
    """Root of the tree: what happened, what to do, and the process's exit code."""

    code: ClassVar[str] = "RET-000"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep the message (what happened) and the hint (what to do)."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return code, message and hint as a person reads them."""
        tail = f" ({self.hint})" if self.hint else ""
        return f"{self.code}: {self.message}{tail}"


class InputError(RetentionError):
    """What was given is wrong; every problem is in `problems`."""

    code = "RET-200"
    exit_code = 2

    def __init__(self, message: str, *, problems: tuple[Problem, ...] = (), hint: str = "") -> None:
        """Keep all problems: they are reported at once."""
        super().__init__(message, hint=hint)
        self.problems = problems

    def __str__(self) -> str:
        """Return the message and one line a problem."""
        lines = [super().__str__(), *(f"  {problem}" for problem in self.problems)]
        return "\n".join(lines)


class PolicyError(InputError):
    """The policy file cannot be used."""

    code = "RET-201"


class DataMapError(InputError):
    """The data map cannot be used."""

    code = "RET-202"


class SettingsError(InputError):
    """retention.yaml cannot be used."""

    code = "RET-203"


class UnknownNameError(InputError):
    """A case, plan, hold, rule or system of that name does not exist."""

    code = "RET-204"


class KeyTypeError(InputError):
    """A person's key cannot be compared with the column that should hold it."""

    code = "RET-205"


class MissingExtraError(InputError):
    """A system needs packages that are not installed; the hint is the pip line."""

    code = "RET-206"


class RefusedError(RetentionError):
    """It could be done and must not be; nothing was touched."""

    code = "RET-300"
    exit_code = 3


class HeldError(RefusedError):
    """A hold forbids it."""

    code = "RET-301"


class LimitError(RefusedError):
    """More people or a larger share of a dataset than the limits allow."""

    code = "RET-302"


class ApprovalError(RefusedError):
    """The plan is not approved, or the approval names another digest."""

    code = "RET-303"


class StalePlanError(RefusedError):
    """The world changed since the plan was made; plan again."""

    code = "RET-304"


class UnreachableDataError(RefusedError):
    """A dataset holds the person's data and the known keys do not reach it."""

    code = "RET-305"


class UnknownSubjectError(RefusedError):
    """No mapped system knows the person by the key given."""

    code = "RET-306"


class IdentityError(RefusedError):
    """The requester's identity has not been proven."""

    code = "RET-307"


class StateError(RefusedError):
    """The case is not in a state in which this may be done."""

    code = "RET-308"


class FoundError(RetentionError):
    """A check found something: drift, failed verification, broken evidence."""

    code = "RET-100"
    exit_code = 1


class AmbiguousSubjectError(RefusedError):
    """The key given leads to more than one person; a person must decide."""

    code = "RET-309"


class TombstoneError(RefusedError):
    """A row must stay for a hold while its primary key names the person."""

    code = "RET-310"


class SharingError(RefusedError):
    """Data must not be handed over as asked: to whom, for what, or in this shape."""

    code = "RET-311"


class KeyShreddedError(RefusedError):
    """The person's key has been shredded: nothing of his can be read, and nothing new may be encrypted for him."""

    code = "RET-314"


class AccessError(RefusedError):
    """Nobody is known by what was shown: no token, an unknown one, or one that is over."""

    code = "RET-320"


class RoleError(RefusedError):
    """Whoever asks is known, and may not do this."""

    code = "RET-321"


class OwnPlanError(RefusedError):
    """Nobody allows what he took, decided or planned himself."""

    code = "RET-322"


class TooManyCallsError(RefusedError):
    """More calls than are allowed in this time."""

    code = "RET-323"

    def __init__(self, message: str, *, hint: str = "", wait_seconds: int) -> None:
        """Keep after how many seconds it may be tried again."""
        super().__init__(message, hint=hint)
        self.wait_seconds = wait_seconds


class ChangedError(RefusedError):
    """It is not any more what the caller looked at."""

    code = "RET-324"


class ReusedKeyError(InputError):
    """The key of an earlier call came with another call."""

    code = "RET-207"


class SystemFailure(RetentionError):  # noqa: N818 -- "failure" is the word for what a system did to us
    """A connected system did not do what was asked."""

    code = "RET-400"


class TransientFailure(SystemFailure):
    """The system could not be reached or was busy; the same call may succeed later."""

    code = "RET-401"
    exit_code = 4

    def __init__(self, message: str, *, hint: str = "", retry_at: datetime | None = None) -> None:
        """Keep from when on the system itself said that it may be asked again, if it did."""
        super().__init__(message, hint=hint)
        self.retry_at = retry_at


class ConcurrentWriteFailure(TransientFailure):
    """Someone else wrote the object first, more often than we retry."""

    code = "RET-402"


class TerminalFailure(SystemFailure):
    """The system refused or answered nonsense; running again will not help."""

    code = "RET-403"


class SignatureFailure(TerminalFailure):
    """A receipt's or callback's signature does not verify."""

    code = "RET-404"


class KeyGoneFailure(TerminalFailure):
    """A key-encryption key cannot be used any more, or did not wrap what it was asked to open."""

    code = "RET-405"


class UnheardFailure(TransientFailure):
    """A carrier had the whole letter and did not say whether it took it: sent again, it may arrive twice."""

    code = "RET-407"


class AddressFailure(TerminalFailure):
    """Nobody is at the address of a letter: another one is needed, or another way."""

    code = "RET-408"

    def __init__(self, message: str, *, why: str) -> None:
        """Keep why, as a code for the ledger: `smtp-550`."""
        super().__init__(message, hint="the letter waits: `retention letters print` puts it on paper")
        self.why = why
