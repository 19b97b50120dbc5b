"""What lies in the lake: who watched what, and the web server's requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.world.people import Person

VIEWING_FOR = timedelta(days=913)
"""Thirty months of viewing."""
HTTP_FOR = timedelta(days=377)
"""A little over twelve months of requests: what is older than that was due, by the row's own date."""

_DAYS_A_MONTH = 30.4375
_VIEWS_A_MONTH = (1, 2, 4, 6, 9)
_VIEWS_A_MONTH_GONE = 8
_REQUESTS_A_MONTH = (0, 1, 2, 3)
_PROTAGONIST_VIEWS_A_MONTH = 11
_PROTAGONIST_REQUESTS_A_MONTH = 6

_ON_THE_USUAL_DEVICE = 0.85
"""Share of the views."""

_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
_BROWSERS = (
    ("Chrome 130", "Windows 11"),
    ("Safari 18", "iOS 18"),
    ("Edge 130", "Windows 11"),
    ("Chrome 130", "Android"),
)
_PAGES = ("/", "/search", "/title/{title}", "/play/{title}", "/account", "/mylist", "/inquiry")
_REFERRERS = ("https://search.example/", "https://news.example/cinema", "", "")


@dataclass(frozen=True, slots=True)
class View:
    """One row of the viewing history."""

    user_id: str
    device_id: str
    title_id: str
    watched_at: datetime
    position_s: int
    """Seconds into the title when playing stopped."""
    ip: str
    prefecture: str
    device_kind: str


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One line of the web server's log."""

    user_id: str
    ip: str
    browser: str
    os: str
    url: str
    referrer: str
    requested_at: datetime


def make_viewing(people: Sequence[Person], now: datetime, *, seed: int) -> tuple[View, ...]:
    """Return the viewing history, oldest first."""
    rng = Random(f"{seed}:viewing")
    views = [view for position, person in enumerate(people) for view in _views_of(rng, position, person, now)]
    return tuple(sorted(views, key=lambda view: (view.watched_at, view.user_id)))


def _views_of(rng: Random, position: int, person: Person, now: datetime) -> Iterator[View]:
    if position == 0:
        rate = _PROTAGONIST_VIEWS_A_MONTH
    else:
        rate = _VIEWS_A_MONTH_GONE if person.is_gone else rng.choice(_VIEWS_A_MONTH)
    devices = {kind: f"d{rng.randrange(16**12):012x}" for kind in ("tv", "phone", "browser")}
    ip = _address(rng)
    for watched_at in _instants(rng, person, now, now - VIEWING_FOR, rate):
        kind = person.device_kind if rng.random() < _ON_THE_USUAL_DEVICE else rng.choice(tuple(devices))
        yield View(
            user_id=person.customer.id,
            device_id=devices[kind],
            title_id=f"T{rng.randrange(1, 400):05}",
            watched_at=watched_at,
            position_s=rng.randrange(30, 7800),
            ip=ip if kind != "phone" else _address(rng),
            prefecture=person.prefecture,
            device_kind=kind,
        )


def make_http(people: Sequence[Person], now: datetime, *, seed: int) -> tuple[HttpRequest, ...]:
    """Return the web server's log, oldest first."""
    rng = Random(f"{seed}:http")
    lines = [line for position, person in enumerate(people) for line in _requests_of(rng, position, person, now)]
    return tuple(sorted(lines, key=lambda line: (line.requested_at, line.user_id)))


def _requests_of(rng: Random, position: int, person: Person, now: datetime) -> Iterator[HttpRequest]:
    rate = _PROTAGONIST_REQUESTS_A_MONTH if position == 0 else rng.choice(_REQUESTS_A_MONTH)
    browser, system = rng.choice(_BROWSERS)
    ip = _address(rng)
    for requested_at in _instants(rng, person, now, now - HTTP_FOR, rate):
        url = rng.choice(_PAGES).format(title=f"T{rng.randrange(1, 400):05}")
        yield HttpRequest(person.customer.id, ip, browser, system, url, rng.choice(_REFERRERS), requested_at)


def _instants(rng: Random, person: Person, now: datetime, not_before: datetime, a_month: int) -> Iterator[datetime]:
    since, until = max(person.customer.created_at, not_before), person.last_seen(now)
    if since >= until:
        return
    for _ in range(round((until - since).days / _DAYS_A_MONTH * a_month)):
        # Whole seconds: the same instant in Parquet, JSON and PostgreSQL.
        yield (since + (until - since) * rng.random()).replace(microsecond=0)


def _address(rng: Random) -> str:
    """Return an address of the ranges set aside for documentation (RFC 5737)."""
    return f"{rng.choice(_NETWORKS)}.{rng.randrange(1, 255)}"
