"""The backups' options, and when a copy is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from connectors import backups
from connectors.backups.expiry import expires_at
from retention.errors import SettingsError
from retention.model.ids import SystemId
from retention.model.period import Period
from retention.ports.connector import SystemKind, SystemSettings


def test_every_problem_is_reported_at_once() -> None:
    """Unknown option, wrong address, wrong period, half a key pair, and no systems."""
    options = {"url": "nightly", "expire": "35 days", "access_key": "x", "keep": "1"}
    with pytest.raises(SettingsError) as caught:
        backups.connect(SystemSettings(SystemId("nightly"), "backups", options))
    assert [problem.where.rpartition(".")[2] for problem in caught.value.problems] == [
        "keep",
        "url",
        "expire",
        "access_key",
        "copies",
    ]


def test_it_is_a_system_of_copies() -> None:
    """Connecting touches no network."""
    options = {"url": "s3://nightly", "expire": "P35D", "endpoint": "http://nowhere.invalid"}
    system = backups.connect(SystemSettings(SystemId("nightly"), "backups", options, copies=(SystemId("app"),)))
    assert system.capabilities.kind is SystemKind.COPIES
    system.close()


@pytest.mark.parametrize(
    ("taken_at", "expire", "expected"),
    [
        (datetime(2026, 11, 22, 1, tzinfo=UTC), "P35D", datetime(2026, 12, 28, tzinfo=UTC)),
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), "P1M", datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime(2024, 2, 29, tzinfo=UTC), "P1Y", datetime(2025, 3, 1, tzinfo=UTC)),
        (datetime(2026, 11, 22, 8, tzinfo=timezone(timedelta(hours=9))), "P0D", datetime(2026, 11, 22, tzinfo=UTC)),
    ],
)
def test_a_copy_is_gone_at_the_midnight_after_its_period(taken_at: datetime, expire: str, expected: datetime) -> None:
    """Calendar periods in UTC, the month's last day where the day does not exist, never before the full period."""
    assert expires_at(taken_at, Period.parse(expire)) == expected
