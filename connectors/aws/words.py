"""What a service's errors mean: terminal or transient, and what each connector makes of some codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retention.errors import RetentionError, TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_SERVER_ERROR = 500
_BUSY = frozenset(
    {
        *("OperationAborted", "SlowDown", "Throttling", "ThrottlingException", "RequestThrottled"),
        *("RequestLimitExceeded", "RequestTimeout", "TooManyRequestsException", "OverLimit", "ServiceUnavailable"),
        *("DependencyTimeoutException", "KeyUnavailableException", "LimitExceededException", "InternalServerError"),
        *("ProvisionedThroughputExceededException", "TransactionInProgressException"),
    }
)
"""Codes that pass by themselves, of every service: none of them means something lasting elsewhere."""
_AGAIN = "run again"


@dataclass(frozen=True, slots=True)
class Words:
    """How one connector speaks of its service's errors."""

    service: str = "the store"
    """What it is called."""
    meanings: Mapping[str, Callable[[str], RetentionError]] = field(default_factory=dict)
    """Code → the error that it is, made of what was being done; other codes are transient or terminal failures."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """Code → what to do."""
    hint: str = ""
    """What to do where the code is not among the hints."""
    quotes: bool = False
    """The service's texts may quote people's keys: none of them goes further, not even as a cause."""

    @contextmanager
    def translated(self, doing: str) -> Iterator[None]:
        """Raise the vendor's errors as ours; `doing` says what was being done to what.

        Raises:
            RetentionError: what `meanings` says of the answer's code.
            TransientFailure: not reached, cut off, busy or a server error; no answer never means "gone".
            TerminalFailure: anything else.

        """
        from botocore import exceptions as vendor  # noqa: PLC0415 -- heavy, and an extra

        try:
            yield
        except vendor.ClientError as error:
            raise self._of_answer(doing, error) from self._cause(error)
        except (vendor.ConnectionError, vendor.HTTPClientError, vendor.IncompleteReadError) as error:
            message = f"{doing}: {self.service} could not be reached ({type(error).__name__})"
            raise TransientFailure(message, hint=_AGAIN) from self._cause(error)
        except vendor.BotoCoreError as error:
            message = f"{doing}: the request could not be made ({type(error).__name__})"
            raise TerminalFailure(message) from self._cause(error)

    def _cause(self, error: Exception) -> Exception | None:
        return None if self.quotes else error

    def _of_answer(self, doing: str, error: ClientError) -> RetentionError:
        code = code_of(error)
        if code in self.meanings:
            return self.meanings[code](doing)
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        message = f"{doing}: {self.service} answered {code}"
        if status >= _SERVER_ERROR or code in _BUSY:
            return TransientFailure(message, hint=_AGAIN)
        return TerminalFailure(message, hint=self.hints.get(code, self.hint))


def code_of(error: ClientError) -> str:
    """Return the service's code of an error, without the name space that some put before it."""
    return str(error.response.get("Error", {}).get("Code", "?")).rpartition("#")[2]
