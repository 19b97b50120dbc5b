"""What lies in the company's own database besides the customers: payments, inquiries, replies, reviews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from demo.world.people import Person

_FEES = {"monthly": (2189, timedelta(days=30.4375)), "annual": (24090, timedelta(days=365.25))}
"""Plan → yen and how often."""
_BRANDS = ("VISA", "Mastercard", "JCB", "AMEX")
_REFUNDED = 0.01
"""Share of the payments."""
_ASKED_BEFORE_LEAVING = 0.4
"""Share of those who left."""
_OPERATORS = ("op-0142", "op-0177", "op-0231")
_SUBJECTS = {
    "再生が途中で止まります": "昨夜から再生が途中で止まります。端末を替えても同じです。確認をお願いします。",
    "請求について": "今月の請求額が先月と違うようです。内訳を教えてください。",
    "メールアドレスの変更": "登録のメールアドレスを変更したいのですが、確認メールが届きません。",
    "字幕の表示について": "テレビで視聴すると字幕が表示されません。設定方法を教えてください。",
    "解約の手続き": "解約の手続きの画面が見つかりません。案内をお願いします。",
}
_REPLIES = (
    "お問い合わせありがとうございます。担当部署にて確認し、改めてご連絡いたします。",
    "ご不便をおかけしております。アプリを最新版に更新のうえ、再度お試しください。",
    "ご案内が遅くなり申し訳ございません。設定画面の「アカウント」よりお手続きいただけます。",
)
_OPINIONS = (
    "映像がきれいで、最後まで夢中で観ました。",
    "前半は少し長く感じましたが、終盤の展開は見事です。",
    "家族みんなで楽しめました。続編を待っています。",
    "音楽が印象に残る作品でした。",
    "期待していた内容とは少し違いました。",
)


@dataclass(frozen=True, slots=True)
class Payment:
    """One row of `payments`; amounts in yen."""

    id: int
    customer_id: str
    amount: int
    paid_at: datetime
    invoice_no: str
    card_brand: str
    card_last4: str
    status: str


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One row of `inquiries`."""

    id: int
    customer_id: str
    subject: str
    body: str
    received_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class InquiryReply:
    """One row of `inquiry_replies`."""

    id: int
    inquiry_id: int
    body: str
    sent_at: datetime
    operator: str


@dataclass(frozen=True, slots=True)
class Review:
    """One row of `reviews`; one to five stars."""

    id: int
    customer_id: str
    title_id: str
    stars: int
    body: str
    posted_at: datetime


def make_payments(people: Sequence[Person], now: datetime, *, seed: int) -> tuple[Payment, ...]:
    """Return every fee ever paid, customer by customer."""
    rng = Random(f"{seed}:payments")
    number = count(1)
    return tuple(payment for person in people for payment in _payments_of(rng, number, person, now))


def _payments_of(rng: Random, number: Iterator[int], person: Person, now: datetime) -> Iterator[Payment]:
    fee, every = _FEES[person.customer.plan]
    brand, last4 = rng.choice(_BRANDS), f"{rng.randrange(10_000):04}"
    paid_at = person.customer.created_at
    while paid_at < person.last_seen(now):
        key = next(number)
        invoice = f"INV-{paid_at:%Y%m}-{key:07}"
        status = "refunded" if rng.random() < _REFUNDED else "paid"
        yield Payment(key, person.customer.id, fee, paid_at, invoice, brand, last4, status)
        paid_at += every


def make_inquiries(
    people: Sequence[Person], now: datetime, *, seed: int
) -> tuple[tuple[Inquiry, ...], tuple[InquiryReply, ...]]:
    """Return inquiries with their replies; those of people who left are old, the others from the last ten months."""
    rng = Random(f"{seed}:inquiries")
    inquiries: list[Inquiry] = []
    replies: list[InquiryReply] = []
    for position, person in enumerate(people):
        for _ in range(_how_many_inquiries(rng, position, person)):
            inquiries.append(_inquiry(rng, len(inquiries) + 1, person, now))
            replies.extend(_replies(rng, len(replies) + 1, inquiries[-1], now))
    return tuple(inquiries), tuple(replies)


def _how_many_inquiries(rng: Random, position: int, person: Person) -> int:
    if position == 0:
        return 3
    if person.is_gone:
        return int(rng.random() < _ASKED_BEFORE_LEAVING)
    return rng.choice((0, 0, 1, 1, 2))


def _inquiry(rng: Random, key: int, person: Person, now: datetime) -> Inquiry:
    until = person.last_seen(now)
    since = max(person.customer.created_at, until - timedelta(days=300))
    received_at = since + (until - since) * rng.random()
    subject = rng.choice(tuple(_SUBJECTS))
    closed_at = received_at + timedelta(days=rng.uniform(1, 9))
    return Inquiry(
        key, person.customer.id, subject, _SUBJECTS[subject], received_at, closed_at if closed_at < until else None
    )


def _replies(rng: Random, key: int, inquiry: Inquiry, now: datetime) -> Iterator[InquiryReply]:
    sent_at = inquiry.received_at
    for offset in range(rng.choice((1, 1, 2))):
        sent_at += timedelta(hours=rng.uniform(1, 10))
        if sent_at < now:
            yield InquiryReply(key + offset, inquiry.id, rng.choice(_REPLIES), sent_at, rng.choice(_OPERATORS))


def make_reviews(people: Sequence[Person], now: datetime, *, seed: int) -> tuple[Review, ...]:
    """Return reviews, customer by customer."""
    rng = Random(f"{seed}:reviews")
    reviews: list[Review] = []
    for position, person in enumerate(people):
        how_many = 4 if position == 0 else rng.choice((0, 0, 0, 1) if person.is_gone else (0, 1, 1, 2))
        since, until = person.customer.created_at, person.last_seen(now)
        for _ in range(how_many):
            posted_at = since + (until - since) * rng.random()
            title = f"T{rng.randrange(1, 400):05}"
            stars, opinion = rng.choice((3, 4, 4, 5, 5)), rng.choice(_OPINIONS)
            reviews.append(Review(len(reviews) + 1, person.customer.id, title, stars, opinion, posted_at))
    return tuple(reviews)
