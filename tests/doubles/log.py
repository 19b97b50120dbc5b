"""A log's order and its published files, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from retention.errors import FoundError
from retention.evidence import merkle
from retention.evidence.frontier import Frontier
from retention.model.ids import CaseId, StatementId
from retention.ports.ledger import LogDraft, LogEntry, LogHead, Seal


class MemorySequence:
    """The order of a log, in memory."""

    def __init__(self) -> None:
        self.kept: list[LogEntry] = []
        self.seal: bytes | None = None

    def append(
        self, statement_id: StatementId, case_id: CaseId | None, envelope: bytes, seal: Seal | None = None
    ) -> LogEntry:
        """Give the next index, or the entry that stands."""
        return self.kept[self.append_many((LogDraft(statement_id, case_id, envelope),), seal)[0]]

    def append_many(self, drafts: Sequence[LogDraft], seal: Seal | None = None) -> tuple[int, ...]:
        """Give the next indexes, or those that stand."""
        for draft in drafts:
            if not any(entry.statement_id == draft.statement_id for entry in self.kept):
                self.kept.append(LogEntry(len(self.kept), draft.statement_id, draft.case_id, draft.envelope))
        head = self.head()
        self.seal = None if seal is None else seal(head.size, Frontier.decode(head.size, head.frontier).root)
        by_name = {entry.statement_id: entry.index for entry in self.kept}
        return tuple(by_name[draft.statement_id] for draft in drafts)

    def head(self) -> LogHead:
        """Hash everything that is kept."""
        edge = Frontier().extended([merkle.leaf_hash(entry.envelope) for entry in self.kept])
        return LogHead(edge.size, edge.encoded, self.seal)

    def size(self) -> int:
        """Return how many there are."""
        return len(self.kept)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[LogEntry]:
        """Yield by index."""
        yield from self.kept[start:stop]

    def of_case(self, case_id: CaseId) -> tuple[LogEntry, ...]:
        """Return the case's."""
        return tuple(entry for entry in self.kept if entry.case_id == case_id)


@dataclass
class MemoryTiles:
    """Files in memory; the process may die before any write."""

    files: dict[str, bytes] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    dies_after: int | None = None
    slips_in: Callable[[], object] | None = None

    def read(self, path: str) -> bytes | None:
        """Return the file or None."""
        return self.files.get(path)

    def write(self, path: str, content: bytes) -> None:
        """Keep the file."""
        if self.dies_after is not None and len(self.written) >= self.dies_after:
            raise SystemExit
        self.written.append(path)
        self.files[path] = content

    def write_once(self, path: str, content: bytes) -> None:
        """Keep the file, which never changes."""
        if path not in self.files:
            self.write(path, content)
        elif self.files[path] != content:
            raise FoundError(path)

    def replace(self, path: str, before: bytes | None, after: bytes) -> bool:
        """Keep the file if it is still the one named; another writer may slip in first."""
        if self.slips_in is not None:
            slips_in, self.slips_in = self.slips_in, None
            slips_in()
        if self.files.get(path) != before:
            return False
        self.write(path, after)
        return True
