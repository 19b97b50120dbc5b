"""Write down what every connector asks of AWS while tests run: a hook of botocore, whoever makes the client.

Used as a pytest plugin (`python -m tests.iam`) and by tests. A call is a connector's if one of its frames is
nearest on the stack; what the tests themselves ask is nobody's.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.session

CONNECTORS = Path(__file__).parents[2] / "connectors"
FLAGS = (
    *("ACL", "BypassGovernanceRetention", "CopySource", "GrantFullControl", "GrantRead", "GrantReadACP"),
    *("GrantWriteACP", "IndexName", "ObjectLockLegalHoldStatus", "ObjectLockMode", "Tagging", "Tags", "VersionId"),
)
"""Parameters that need a permission of their own, or another one."""
OUTPUT = "RETENTION_IAM_RECORDING"

Recording = dict[str, set[tuple[str, str, tuple[str, ...]]]]
"""Connector → (service, operation, flags)."""


POLICIES = frozenset(
    ("backups", "dynamodb", "exports_s3", "health", "kms", "lake", "processor", "sql", "sqs", "tiles_s3")
)
"""Connectors that have a policy."""


@contextmanager
def recorded(policies: frozenset[str] = POLICIES) -> Iterator[Recording]:
    """Record every call of connectors that have a policy while the block runs."""
    found: Recording = defaultdict(set)
    original = botocore.session.Session.create_client

    def create_client(session: Any, service_name: str, *arguments: Any, **named: Any) -> Any:
        client = original(session, service_name, *arguments, **named)

        def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
            connector = asking(policies)
            if connector is not None:
                found[connector].add((service_name, model.name, flags(params)))

        client.meta.events.register("provide-client-params.*.*", note)
        return client

    botocore.session.Session.create_client = create_client  # type: ignore[method-assign]
    try:
        yield found
    finally:
        botocore.session.Session.create_client = original  # type: ignore[method-assign]


def asking(policies: frozenset[str]) -> str | None:
    """Return the connector whose code is nearest on the stack; shared code has no policy and is passed over."""
    frame = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(CONNECTORS):
            name = path.relative_to(CONNECTORS).parts[0]
            if name in policies:
                return name
        frame = frame.f_back  # type: ignore[assignment]
    return None


def flags(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which parameters of a call matter, with what a copy's source names."""
    found = [name for name in FLAGS if params.get(name)]
    source = params.get("CopySource")
    if source and ("VersionId" in source or "versionId" in source):
        found.append("CopySource.VersionId")
    return tuple(sorted(found))


def pytest_sessionstart(session: Any) -> None:
    """Begin to record."""
    session.recording = recorded()
    session.calls = session.recording.__enter__()


def pytest_sessionfinish(session: Any) -> None:
    """Write down what was asked."""
    session.recording.__exit__(None, None, None)
    Path(os.environ[OUTPUT]).write_text(written(session.calls), encoding="utf-8")


def written(calls: Recording) -> str:
    """Return a recording as it is committed."""
    plain = {name: [[*call[:2], *call[2]] for call in sorted(calls[name])] for name in sorted(calls)}
    lines = (
        f' "{name}": [\n' + ",\n".join(f"  {json.dumps(call)}" for call in entries) + "\n ]"
        for name, entries in plain.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read(text: str) -> Recording:
    """Read a recording."""
    return {name: {(each[0], each[1], tuple(each[2:])) for each in calls} for name, calls in json.loads(text).items()}
