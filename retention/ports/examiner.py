"""Looking at what stands around us, for `retention doctor` (entry points `retention.examiners`). Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from retention.model.seen import AirflowPart, BucketSeen, MailSeen, Pools, QueueSeen, Reached, ServerClock


@dataclass(frozen=True, slots=True)
class Place:
    """What is to be looked at, secrets already resolved."""

    where: str
    """Its name in retention.yaml: `systems.lake`. Findings name this and no address."""
    address: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


Outside: TypeAlias = BucketSeen | QueueSeen | MailSeen | Reached | ServerClock | AirflowPart | Pools

Examine: TypeAlias = Callable[[Place], Iterable[Outside]]
"""The type of the entry points: `s3` (a bucket), `sqs` (a queue), `smtp` (a mail server), `http` (any server),
`airflow` (its REST API; the option `pools` names those that are to be there, separated by commas).

They raise TransientFailure (not reached), TerminalFailure (it refused) and MissingExtraError.
"""
