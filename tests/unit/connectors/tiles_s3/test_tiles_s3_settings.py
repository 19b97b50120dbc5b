from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.tiles_s3.expiry import locked_until
from connectors.tiles_s3.settings import read_settings
from retention.errors import SettingsError
from retention.model.period import Period
from retention.ports.tiles import ObjectLock, TileSettings

YEARS = Period(years=10)


def test_an_address_with_and_without_a_prefix() -> None:
    """The prefix ends in a slash, or is empty; what is not said stays open."""
    for store, prefix in (("s3://bucket", ""), ("s3://bucket/", ""), ("s3://bucket/a/b", "a/b/")):
        settings = read_settings(TileSettings(store))
        assert (settings.bucket, settings.prefix, settings.lock) == ("bucket", prefix, ObjectLock.NONE)
        assert settings.region is None


def test_every_problem_is_reported_at_once() -> None:
    """A wrong address, an unknown option, half of a key pair and a lock without a period: four problems."""
    wrong = TileSettings("s3://B!", ObjectLock.COMPLIANCE, None, {"reigon": "x", "access_key": "geheim"})
    with pytest.raises(SettingsError) as caught:
        read_settings(wrong)
    text = str(caught.value)
    for part in ("evidence.store", "evidence.reigon", "evidence.access_key", "evidence.retain"):
        assert part in text
    assert "geheim" not in text


def test_a_period_without_a_lock_is_not_taken_for_one() -> None:
    """`retain` with `object_lock: none` would keep nothing: it is refused, not ignored."""
    with pytest.raises(SettingsError, match="object_lock"):
        read_settings(TileSettings("s3://bucket", retain=YEARS))


def test_keys_do_not_show() -> None:
    """The settings' text form shows no key."""
    options = {"access_key": "geheim", "secret_key": "geheimer"}
    settings = TileSettings("s3://bucket", ObjectLock.COMPLIANCE, YEARS, options)
    assert "geheim" not in repr(settings) + repr(read_settings(settings))


@pytest.mark.parametrize(
    ("period", "until"),
    [
        (Period(years=10), datetime(2038, 2, 28, 12, tzinfo=UTC)),
        (Period(months=1), datetime(2028, 3, 29, 12, tzinfo=UTC)),
        (Period(months=11), datetime(2029, 1, 29, 12, tzinfo=UTC)),
        (Period(days=1), datetime(2028, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_a_lock_ends_by_the_calendar(period: Period, until: datetime) -> None:
    """Ten years are ten years; a day that the month does not have becomes its last."""
    assert locked_until(datetime(2028, 2, 29, 12, tzinfo=UTC), period) == until
