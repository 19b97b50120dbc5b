"""Which columns are personal: measured on the corpus, and rule by rule where it is easy to be wrong."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from benchmarks.detection import score
from benchmarks.detection_corpus import corpus
from benchmarks.detection_holdout import holdout, learnt
from benchmarks.detection_values import VALUES, Source
from connectors.japan import connect
from retention.datamap.detection import ADVICE, Kind, judge
from retention.datamap.detection.digits import is_card, is_corporate_number, is_iban, is_luhn, is_my_number
from retention.datamap.detection.headers import hints, is_of_things, words
from retention.datamap.detection.names import is_name
from retention.model.datamap import ColumnType
from retention.ports.surveyor import LiveDataset, Sampled

GAZETTEER = connect()
SOURCE = Source(3)


def judged(header: str, values: Iterable[Sampled], table: str = "t", kind: ColumnType = ColumnType.TEXT):
    """Judge one column by itself."""
    live = LiveDataset(table, is_path=False, columns={header: kind}, values={header: frozenset(values)})
    return judge(live, GAZETTEER).get(header)


def some(way: str, count: int = 40) -> list[Sampled]:
    """Make values."""
    return [VALUES[way](SOURCE) for _ in range(count)]


def test_the_corpus_is_told_apart():
    """On columns in Japanese and English with realistic negatives, F1 over kinds is at least 0.97."""
    precision, recall, f1 = score(corpus(variants=1)).rates()
    assert f1 >= 0.97, (precision, recall)


def test_others_headers_are_mostly_known():
    """On headers of others' schemas: those that the lexicon learnt from, and those that it never saw."""
    learning, unseen = score(learnt()), score(holdout())
    assert learning.rates()[2] >= 0.93
    assert unseen.rates()[2] >= 0.8
    assert unseen.rates()[0] >= 0.9


@pytest.mark.parametrize(
    ("test", "right", "wrong"),
    [
        (is_my_number, "123456789018", "123456789012"),
        (is_corporate_number, "7000012050002", "8000012050002"),  # the National Tax Agency's own
        (is_luhn, "79927398713", "79927398710"),
        (is_card, "4111111111111111", "4111111111111112"),
        (is_card, "3530111333300000", "9930111333300000"),
        (is_iban, "DE89370400440532013000", "DE89370400440532013001"),
    ],
)
def test_check_digits(test, right, wrong):
    """Published examples pass, and one wrong digit does not."""
    assert test(right)
    assert not test(wrong)


def test_one_in_ten_random_numbers_passes_and_is_not_believed():
    """Order numbers of twelve digits pass My Number's check by chance; a column of them is none."""
    orders = some("order 12", 300)
    passed = sum(is_my_number(str(order)) for order in orders)
    assert 10 < passed < 60
    assert judged("order_no", orders) is None
    assert judged("x", orders) is None
    assert judged("x", [n for n in orders if is_my_number(str(n))]).kind is Kind.MY_NUMBER


@pytest.mark.parametrize(
    ("header", "way", "kind"),
    [
        ("x", "email wide", Kind.EMAIL),
        ("x", "phone jp wide", Kind.PHONE),
        ("x", "postal mark", Kind.POSTAL_CODE),
        ("x", "card spaced", Kind.CARD),
        ("x", "birth wareki", Kind.BIRTH_DATE),
        ("x", "name jp", Kind.NAME),
        ("x", "iban", Kind.BANK_ACCOUNT),
        ("x", "corporate", Kind.CORPORATE_NUMBER),
        ("お客様電話番号", "phone compact", Kind.PHONE),
        ("BillingPostalCode", "zip", Kind.POSTAL_CODE),
        ("旅券番号", "passport", Kind.PASSPORT),
    ],
)
def test_kinds_that_are_easy_to_miss(header, way, kind):
    """Full width, eras, separators and Japanese headers do not hide what it is."""
    assert judged(header, some(way)).kind is kind


@pytest.mark.parametrize(
    ("header", "way"),
    [
        ("商品名", "product jp"),
        ("JANコード", "jan"),
        ("passport_like_code", "code"),
        ("発行日", "era now"),
        ("会社名", "company"),
        ("app_version", "version"),
        ("email_verified", "flag"),
        ("content_hash", "hash"),
        ("created_at", "stamp"),
        ("lot_no", "seven"),
        ("store_name", "product"),
    ],
)
def test_what_only_looks_personal(header, way):
    """Products, companies, codes, versions, digests and moments are not a person's."""
    assert judged(header, some(way)) is None


def test_values_contradict_a_name():
    """A column called `phone` that holds models of phones is not a telephone number."""
    assert judged("phone", ["iPhone 15", "Pixel 8", "Galaxy S24"], table="devices_catalog") is None
    assert judged("phone", some("phone jp")).kind is Kind.PHONE


def test_people_around_decide():
    """`name` and `city` are a person's beside an e-mail address, and a thing's beside a price."""
    people = {"name": some("name west"), "city": some("city"), "contact": some("email")}
    things = {"name": some("product"), "city": some("city"), "price": some("price")}
    for columns, expected in ((people, {"name", "city", "contact"}), (things, set())):
        live = LiveDataset(
            "t",
            is_path=False,
            columns=dict.fromkeys(columns, ColumnType.TEXT),
            values={name: frozenset(values) for name, values in columns.items()},
        )
        assert set(judge(live, GAZETTEER)) == expected


def test_a_reason_holds_no_value():
    """The reason says rule and share; nothing of what was looked at is in it."""
    for way in VALUES:
        values = some(way, 15)
        suggestion = judged("memo", values)
        if suggestion is not None:
            assert not [value for value in values if len(str(value)) > 3 and str(value) in suggestion.why]


def test_headers_are_cut_into_words():
    """Camels, snakes, full width and digits make the same words."""
    assert words("BillingPostalCode") == words("billing_postal-code") == "billing_postal_code"
    assert words("\uff34\uff25\uff2c\uff11") == "tel_1"
    assert words("userID") == "user_id"


def test_a_name_about_something_else_says_nothing():
    """`email_verified`, `phone_type` and `住所変更回数` are not the thing itself."""
    assert not hints("email_verified")
    assert not hints("phone_type")
    assert not hints("住所変更回数")
    assert is_of_things("product_name")
    assert not is_of_things("bank_account")


def test_names_of_people_and_not_of_firms():
    """Known names in any order of signs; a company with a family name is none."""
    assert all(map(is_name, ["山田 太郎", "佐藤花子", "タナカ ケンジ", "Michael Brown", "Anna-Lena Müller"]))
    assert not any(map(is_name, ["山田商店", "株式会社佐藤", "Brown Inc", "Blue Moon Chocolate", "2024年度"]))


def test_each_kind_has_its_advice():
    """No kind is without a category."""
    assert set(ADVICE) == set(Kind)
