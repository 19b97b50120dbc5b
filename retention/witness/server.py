"""`add-checkpoint` over HTTP.

Nothing secret passes: checkpoints and cosignatures are public, and a request without the log's own
signature changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TypeAlias

from retention.errors import TransientFailure
from retention.evidence.cosigning import LARGEST_SUBMISSION, Refusal
from retention.serving import BoundedServer, Reply
from retention.witness.folder import WitnessFolder

PATH = "/add-checkpoint"

Clock: TypeAlias = Callable[[], datetime]


class WitnessServer(BoundedServer):
    """Serves one witness until it is shut down."""

    def __init__(self, folder: WitnessFolder, clock: Clock, address: tuple[str, int]) -> None:
        """Bind the address; port 0 takes a free one."""
        self._folder = folder
        self._clock = clock
        super().__init__("witness", self._answered, address, LARGEST_SUBMISSION)

    def _answered(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        del headers
        if method != "POST":
            return Reply(HTTPStatus.NOT_IMPLEMENTED)
        if path != PATH:
            return Reply(HTTPStatus.NOT_FOUND)
        try:
            answer = self._folder.answer(body, self._clock())
        except TransientFailure:
            return Reply(HTTPStatus.SERVICE_UNAVAILABLE)
        if not isinstance(answer, Refusal):
            return Reply(HTTPStatus.OK, answer)
        if answer.size is not None:
            return Reply(answer.status, b"%d\n" % answer.size, "text/x.tlog.size")
        return Reply(answer.status)
