"""What every store does, whatever is behind it; run over each class that `subjects_*.py` lists."""

from __future__ import annotations

import logging
import traceback
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import memory
from retention.disclosure import plain as plain_value
from retention.errors import KeyTypeError, TerminalFailure, TransientFailure
from retention.model.because import Because
from retention.model.datamap import ColumnType, Dataset
from retention.model.disclosure import DiscloseRows
from retention.model.ids import KeySetId, StepId, SystemId
from retention.model.outcome import Effect
from retention.model.predicate import (
    AllOf,
    Among,
    AmongTuples,
    AnyOf,
    Before,
    Everything,
    Not,
    Populated,
    Predicate,
    Selection,
    tuple_key,
)
from retention.model.subject import Key, KeySet
from retention.model.transform import Band, Drop, Prefix, Tokenize, ToMonth, ToYear, Value, token
from retention.ports.connector import Store, SystemKind, SystemSettings
from retention.ports.surveyor import SurveyingStore
from retention.verification.disclosed import Source, shown, text_of
from retention.verification.selector import Selector

Row = dict[str, Value]

SCHEMA: Mapping[str, ColumnType] = MappingProxyType(
    {
        "id": ColumnType.INTEGER,
        "user_id": ColumnType.TEXT,
        "account_no": ColumnType.INTEGER,
        "city": ColumnType.TEXT,
        "balance": ColumnType.NUMBER,
        "active": ColumnType.BOOLEAN,
        "born": ColumnType.DATE,
        "seen_at": ColumnType.INSTANT,
    }
)
JST = timezone(timedelta(hours=9))
UNICODE_KEY = "ユーザー😀-é'\"%;--"
PRIVATE_TEXT = "secret.person@example.org"
PRIVATE_NUMBER = 918273645


def row(number: int, user: str | None, account: int | None = None, **more: Value) -> Row:
    """Return a row of the standard shape; what is not named is null."""
    blank: Row = dict.fromkeys(SCHEMA)
    return blank | {"id": number, "user_id": user, "account_no": account} | more


def instant(day: int, hour: int = 0) -> datetime:
    """Return an instant of January 2026."""
    return datetime(2026, 1, day, hour, tzinfo=UTC)


ROWS: tuple[Row, ...] = (
    row(1, "u1", 1, city="Tokyo", balance=1.5, active=True, born=date(1980, 5, 17), seen_at=instant(1)),
    row(2, "u1", 1, city="Tokyo", balance=-20.25, active=False, born=date(1980, 5, 17), seen_at=instant(2, 14)),
    row(3, "u2", 2, city="Osaka", balance=0.0, active=True, born=date(1991, 12, 31), seen_at=instant(2, 16)),
    row(4, UNICODE_KEY, 3, city="大阪", born=date(1991, 1, 1), seen_at=instant(3)),
    row(5, None, None, city="Nagoya", active=False),
    row(6, "u3", 42, city=None, balance=7.0, born=date(2001, 2, 3), seen_at=instant(4)),
    row(7, "U3", -42, city="", balance=8.5, active=True, born=date(2001, 2, 28), seen_at=instant(5)),
)


def canonical(rows: Iterable[Mapping[str, Value]]) -> list[tuple[Any, ...]]:
    """Return rows in an order and a notation that every store shares."""
    plain = [tuple(_plain(SCHEMA[name], each.get(name)) for name in SCHEMA) for each in rows]
    return sorted(plain, key=repr)


def _plain(kind: ColumnType, value: Value) -> Any:
    if value is None:
        return None
    if kind is ColumnType.INSTANT:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        assert isinstance(moment, datetime)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if kind is ColumnType.DATE:
        return value if isinstance(value, str) else value.isoformat()  # type: ignore[union-attr] # a date
    return float(value) if isinstance(value, Decimal) else value


def selecting(where: Predicate, **keys: Iterable[Key]) -> Selection:
    """Return the predicate with its keys, by key set name."""
    return Selection(where, {KeySetId(name): frozenset(values) for name, values in keys.items()})


def keyset(name: str) -> KeySet:
    """Return a key set's reference."""
    return KeySet(KeySetId(name), 0, "")


def among(column: str, *keys: Key) -> Selection:
    """Return the selection of the rows whose column holds one of the keys."""
    return selecting(Among(column, keyset("k")), k=keys)


REASON = Because((), (), request=True)
USERS = Among("user_id", keyset("u"))


def fill(subject: Any, dataset: Dataset, rows: Sequence[Row] = ROWS) -> None:
    """Make the dataset hold the rows."""
    subject.load(dataset, rows, SCHEMA)


def without(*numbers: int) -> list[tuple[Any, ...]]:
    """Return the standard rows but these, as `canonical` writes them."""
    return canonical(r for r in ROWS if r["id"] not in numbers)


def live(subject: Any, dataset: Dataset) -> list[tuple[Any, ...]]:
    """Return what the system holds, read around the connector."""
    return canonical(subject.rows(dataset))


# ---- what it is


def test_it_says_it_is_a_store(store: Store) -> None:
    """The capabilities record names a store with at least one action."""
    assert store.capabilities.kind is SystemKind.STORE
    assert store.capabilities.actions


def test_the_subject_reads_back_what_it_loads(subject: Any, people: Dataset) -> None:
    """The suite's own instrument is sound: what is loaded is read back equal."""
    fill(subject, people)
    assert live(subject, people) == canonical(ROWS)


def test_describe_names_every_live_column(subject: Any, store: Store, people: Dataset) -> None:
    """Every column is there with its type; dates may be text where the format has none."""
    fill(subject, people)
    found = store.finder().describe(people)
    assert set(found) == set(SCHEMA)
    dated = {ColumnType.DATE, ColumnType.INSTANT}
    for name, kind in SCHEMA.items():
        assert found[name] in ({kind, ColumnType.TEXT} if kind in dated else {kind}), name


def test_describe_of_nothing_is_empty(store: Store, absent: Dataset) -> None:
    """A table or files that do not exist have no columns."""
    assert store.finder().describe(absent) == {}


def test_tables_lists_what_is_there(subject: Any, store: Store, people: Dataset) -> None:
    """The live table shows up for the comparison with the data map; the absent one does not."""
    fill(subject, people)
    assert any("people" in name for name in store.tables())
    assert not any("nowhere" in name for name in store.tables())


def test_a_survey_shows_everything(subject: Any, store: Store, people: Dataset) -> None:
    """A store that surveys shows the dataset with all columns and values, and what the map does not know."""
    if not store.capabilities.surveys:
        pytest.skip(f"{subject.name} does not survey")
    fill(subject, people)
    surveyor = cast("SurveyingStore", store).surveyor()
    (live,) = (each for each in surveyor.survey(100) if "people" in each.location)
    assert set(live.columns) == set(SCHEMA)
    assert UNICODE_KEY in live.values["user_id"]
    assert people.location not in surveyor.beside({people.location})
    assert any("people" in place for place in surveyor.beside(set()))


# ---- which rows

SELECTIONS: dict[str, tuple[Selection, set[int]]] = {
    "everything": (Selection(Everything()), {1, 2, 3, 4, 5, 6, 7}),
    "nothing": (Selection(Not(Everything())), set()),
    "text keys": (among("user_id", "u1", "u2", "nobody"), {1, 2, 3}),
    "keys are compared exactly": (among("user_id", "u3"), {6}),
    "a unicode key": (among("user_id", UNICODE_KEY), {4}),
    "integer keys": (among("account_no", 1, -42, 99), {1, 2, 7}),
    "integers written as text": (among("account_no", "42", "-42"), {6, 7}),
    "no keys": (among("user_id"), set()),
    "not among leaves nulls in": (selecting(Not(USERS), u=["u1"]), {3, 4, 5, 6, 7}),
    "not among no keys": (selecting(Not(USERS), u=[]), {1, 2, 3, 4, 5, 6, 7}),
    "before an instant": (Selection(Before("seen_at", instant(2, 16))), {1, 2}),
    "not before leaves nulls in": (Selection(Not(Before("seen_at", instant(2, 16)))), {3, 4, 5, 6, 7}),
    "before in another zone": (
        Selection(Before("seen_at", datetime(2026, 1, 3, 0, 30, tzinfo=JST))),
        {1, 2},
    ),
    "a date before a local date": (
        Selection(Before("born", datetime(1991, 12, 31, 0, 30, tzinfo=JST))),
        {1, 2, 4},
    ),
    "a date before a local date that is later than in UTC": (
        Selection(Before("born", datetime(2001, 2, 28, 0, 30, tzinfo=JST))),
        {1, 2, 3, 4, 6},
    ),
    "populated": (Selection(Populated(("active",))), {1, 2, 3, 5, 7}),
    "empty text is populated": (Selection(Populated(("city",))), {1, 2, 3, 4, 5, 7}),
    "populated in one of two": (Selection(Populated(("active", "born"))), {1, 2, 3, 4, 5, 6, 7}),
    "not populated": (Selection(Not(Populated(("balance",)))), {4, 5}),
    "all of": (selecting(AllOf((USERS, Before("seen_at", instant(2)))), u=["u1", "u2"]), {1}),
    "any of": (selecting(AnyOf((USERS, Before("seen_at", instant(2)))), u=["u2"]), {1, 3}),
    "not any of": (selecting(Not(AnyOf((USERS, Before("seen_at", instant(2))))), u=["u2"]), {2, 4, 5, 6, 7}),
    "not all of": (selecting(Not(AllOf((USERS, Populated(("active",))))), u=["u1", "u3"]), {3, 4, 5, 6, 7}),
}


@pytest.mark.parametrize("case", SELECTIONS)
def test_count_and_values_see_exactly_the_selected(subject: Any, store: Store, people: Dataset, case: str) -> None:
    """Count, values and tally agree on which rows the predicate selects."""
    selection, expected = SELECTIONS[case]
    fill(subject, people)
    finder = store.finder()
    assert finder.count(people, selection) == len(expected)
    assert {number for (number,) in finder.values(people, ["id"], selection)} == expected
    assert _tallied(store, people, ["id"], selection) == dict.fromkeys(((n,) for n in expected), 1)


@pytest.mark.parametrize("case", SELECTIONS)
def test_erase_removes_exactly_the_selected(subject: Any, store: Store, people: Dataset, case: str) -> None:
    """The selected rows go, the others are equal to what they were, and a repeat does nothing."""
    selection, expected = SELECTIONS[case]
    fill(subject, people)
    assert store.eraser().erase_rows(people, selection).rows == len(expected)
    assert live(subject, people) == without(*expected)
    _assert_nothing_done(store.eraser().erase_rows(people, selection))
    assert live(subject, people) == without(*expected)


def test_values_come_in_the_columns_order(subject: Any, store: Store, people: Dataset) -> None:
    """Combinations hold the asked columns in the asked order, nulls included, each at least once."""
    fill(subject, people)
    found = set(store.finder().values(people, ["account_no", "user_id"], among("account_no", 1, 2)))
    assert found == {(1, "u1"), (2, "u2")}
    assert (None,) in set(store.finder().values(people, ["user_id"], Selection(Everything())))


def test_tally_counts_combinations(subject: Any, store: Store, people: Dataset) -> None:
    """Counts add up to the rows, per combination, nulls being a value of their own."""
    fill(subject, people)
    assert _tallied(store, people, ["user_id", "city"], Selection(Everything())) == {
        ("u1", "Tokyo"): 2,
        ("u2", "Osaka"): 1,
        (UNICODE_KEY, "大阪"): 1,
        (None, "Nagoya"): 1,
        ("u3", None): 1,
        ("U3", ""): 1,
    }


def test_ten_thousand_keys_are_one_call(subject: Any, store: Store, people: Dataset) -> None:
    """A large key set selects what a small one would."""
    many = getattr(subject, "many", 2_000)  # fewer rows where a simulator is slow; as many keys in any case
    half = many // 2
    rows = [row(number, f"u{number}", number) for number in range(many)]
    fill(subject, people, rows)
    texts = among("user_id", *(f"u{number}" for number in range(half, half + 10_000)))
    numbers = among("account_no", *range(half, half + 10_000))
    assert store.finder().count(people, texts) == half
    assert store.finder().count(people, numbers) == half
    assert store.eraser().erase_rows(people, texts).rows == half
    assert live(subject, people) == canonical(rows[:half])


def test_one_selection_may_name_two_key_sets(subject: Any, store: Store, people: Dataset) -> None:
    """Each part is compared with its own keys."""
    fill(subject, people)
    where = AnyOf((Among("user_id", keyset("u")), Among("account_no", keyset("a"))))
    assert store.finder().count(people, selecting(where, u=["u2"], a=[42])) == 2


# ---- keys and columns that do not fit


@pytest.mark.parametrize("key", ["u1", "4 2", "42.0", "٤٢", "", "1e3", "0x2a"])
def test_text_that_is_no_integer_is_refused(subject: Any, store: Store, people: Dataset, key: str) -> None:
    """An integer column asked with other text raises, rather than quietly matching no row."""
    fill(subject, people)
    with pytest.raises(KeyTypeError) as caught:
        store.finder().count(people, among("account_no", key))
    assert "account_no" in str(caught.value)
    with pytest.raises(KeyTypeError):
        store.eraser().erase_rows(people, among("account_no", key))
    assert live(subject, people) == canonical(ROWS)


def test_an_integer_key_for_a_text_column_never_matches_nothing(subject: Any, store: Store, people: Dataset) -> None:
    """Either it is compared as its digits or it is refused; zero rows would be a lie."""
    fill(subject, people, [row(1, "42"), row(2, "43")])
    try:
        assert store.finder().count(people, among("user_id", 42)) == 1
    except KeyTypeError as refusal:
        assert "user_id" in str(refusal)  # noqa: PT017 -- either way is right


@pytest.mark.parametrize(
    "where", [Populated(("shoe_size",)), Before("shoe_size", instant(1))], ids=["populated", "before"]
)
def test_an_unknown_column_is_refused(subject: Any, store: Store, people: Dataset, where: Predicate) -> None:
    """A column that does not exist raises and nothing is touched."""
    fill(subject, people)
    with pytest.raises(TerminalFailure, match="shoe_size"):
        store.finder().count(people, Selection(where))
    with pytest.raises(TerminalFailure, match="shoe_size"):
        store.eraser().erase_rows(people, Selection(where))
    assert live(subject, people) == canonical(ROWS)


def test_an_unreachable_system_is_transient(subject: Any, people: Dataset) -> None:
    """Connecting costs nothing; the first call says that it may be repeated."""
    store = subject.unreachable()
    with pytest.raises(TransientFailure):
        store.finder().count(people, Selection(Everything()))
    with pytest.raises(TransientFailure):
        store.eraser().erase_rows(people, Selection(Everything()))
    with pytest.raises(TransientFailure):
        list(store.inspector().scan(people))
    store.close()


def test_no_error_and_no_repr_shows_a_key(
    subject: Any, store: Store, people: Dataset, absent: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the text, nor the traceback, nor a log line holds the person's key."""
    caplog.set_level(logging.DEBUG)
    fill(subject, people)
    selection = among("account_no", PRIVATE_TEXT, PRIVATE_NUMBER)
    texts = [repr(selection), repr(store), repr(store.finder()), repr(store.eraser()), repr(store.inspector())]
    for dataset, each in (
        (people, selection),
        (people, among("shoe_size", PRIVATE_TEXT)),
        (absent, among("user_id", PRIVATE_TEXT)),
    ):
        try:
            store.finder().count(dataset, each)
        except Exception as error:  # noqa: BLE001 -- any error must be clean
            texts += [str(error), repr(error), "".join(traceback.format_exception(error))]
    shown = "\n".join([*texts, caplog.text])
    assert PRIVATE_TEXT not in shown
    assert str(PRIVATE_NUMBER) not in shown


def test_a_key_of_two_columns_is_compared_as_a_pair_or_refused(subject: Any, store: Store, people: Dataset) -> None:
    """The two values of one row, or nothing: never any of the first with any of the second."""
    fill(subject, people)
    pairs = Selection(
        AmongTuples(("user_id", "account_no"), keyset("p")),
        {KeySetId("p"): frozenset({tuple_key(["u1", 1]), tuple_key(["u2", 1]), tuple_key(["U3", "-42"])})},
    )
    try:
        assert store.finder().count(people, pairs) == 3
        assert store.eraser().erase_rows(people, pairs).rows == 3
    except TerminalFailure as refusal:
        assert "account_no" in str(refusal)  # noqa: PT017 -- either way is right
    else:
        assert live(subject, people) == without(1, 2, 7)


# ---- redact


def test_redact_empties_the_fields_of_the_selected(subject: Any, store: Store, people: Dataset) -> None:
    """The named fields become null in the selected rows; all else stays; a repeat does nothing."""
    fill(subject, people)
    selection = among("user_id", "u1", "u2")
    expected = canonical(r | {"city": None, "balance": None} if r["id"] in {1, 2, 3} else r for r in ROWS)
    assert store.eraser().redact_fields(people, selection, ["city", "balance"]).rows == 3
    assert live(subject, people) == expected
    _assert_nothing_done(store.eraser().redact_fields(people, selection, ["city", "balance"]))
    assert live(subject, people) == expected


def test_redact_counts_only_rows_that_had_something(subject: Any, store: Store, people: Dataset) -> None:
    """A row whose fields were empty already is not counted."""
    fill(subject, people)
    assert store.eraser().redact_fields(people, Selection(Everything()), ["active"]).rows == 5


def test_redact_may_empty_the_key_itself(subject: Any, store: Store, people: Dataset) -> None:
    """The column that selects can be among those emptied."""
    fill(subject, people)
    assert store.eraser().redact_fields(people, among("user_id", "u1"), ["user_id"]).rows == 2
    assert live(subject, people) == canonical(r | {"user_id": None} if r["id"] in {1, 2} else r for r in ROWS)


@pytest.mark.parametrize("column", [name for name in SCHEMA if name != "id"])
def test_redact_works_on_every_type(subject: Any, store: Store, people: Dataset, column: str) -> None:
    """A field of any type can be emptied."""
    fill(subject, people)
    store.eraser().redact_fields(people, Selection(Everything()), [column])
    assert live(subject, people) == canonical(r | {column: None} for r in ROWS)


# ---- anonymize

TRANSFORMS = {
    "user_id": Drop(),
    "account_no": Drop(),
    "city": Prefix(1),
    "balance": Band(10),
    "born": ToYear(),
    "seen_at": ToMonth(),
}


def _anonymous(source: Row) -> Row:
    born, seen, balance = source["born"], source["seen_at"], source["balance"]
    return source | {
        "user_id": None,
        "account_no": None,
        "city": None if source["city"] is None else str(source["city"])[:1],
        "balance": None if balance is None else float(balance // 10 * 10),  # type: ignore[operator] # a number
        "born": born.replace(month=1, day=1) if isinstance(born, date) else None,
        "seen_at": instant(1) if seen else None,
    }


def test_anonymize_transforms_the_selected(subject: Any, store: Store, people: Dataset) -> None:
    """Each field gets its transform in the selected rows only; a repeat finds nothing more to do."""
    fill(subject, people)
    selection = among("user_id", "u1", "u2", UNICODE_KEY)
    expected = canonical(_anonymous(r) if r["id"] in {1, 2, 3, 4} else r for r in ROWS)
    effect = store.eraser().anonymize_rows(people, selection, TRANSFORMS, ["city", "born"], frozenset())
    assert (effect.rows, effect.rows_suppressed) == (4, 0)
    assert live(subject, people) == expected
    again = store.eraser().anonymize_rows(people, selection, TRANSFORMS, ["city", "born"], frozenset())
    _assert_nothing_done(again)
    assert live(subject, people) == expected


def test_anonymize_erases_rare_classes(subject: Any, store: Store, people: Dataset) -> None:
    """Rows of a rare class are erased and counted; the rest of the selected are transformed."""
    fill(subject, people)
    selection = among("user_id", "u1", "u2", UNICODE_KEY)
    effect = store.eraser().anonymize_rows(people, selection, TRANSFORMS, ["city"], frozenset({'["O"]', '["大"]'}))
    assert (effect.rows, effect.rows_suppressed) == (4, 2)
    assert live(subject, people) == canonical(
        _anonymous(r) if r["id"] in {1, 2} else r for r in ROWS if r["id"] not in {3, 4}
    )


def test_anonymize_names_classes_after_the_transform(subject: Any, store: Store, people: Dataset) -> None:
    """The class is made of transformed values, a null among them."""
    fill(subject, people)
    transforms = {"account_no": Drop(), "city": Prefix(2)}
    effect = store.eraser().anonymize_rows(
        people, among("account_no", 1, 42), transforms, ["city"], frozenset({"[null]", '["Tokyo"]'})
    )
    assert (effect.rows, effect.rows_suppressed) == (3, 1)
    assert 6 not in {r["id"] for r in subject.rows(people)}


def test_tokens_stand_for_values_and_are_known_again(subject: Any, store: Store, people: Dataset) -> None:
    """Equal values get equal tokens, null stays null; a repeat by a date that stays knows its own tokens."""
    fill(subject, people)
    selection, key = Selection(Before("seen_at", instant(3))), b"k" * 32
    store.eraser().anonymize_rows(people, selection, {"city": Tokenize(key)}, [], frozenset())
    after = live(subject, people)
    touched = {r["id"]: r["city"] for r in ROWS if r["seen_at"] is not None and r["seen_at"] < instant(3)}
    assert touched
    found = {r["id"]: r.get("city") for r in subject.rows(people)}
    assert {i: found[i] for i in touched} == {i: None if v is None else token(key, str(v)) for i, v in touched.items()}
    _assert_nothing_done(store.eraser().anonymize_rows(people, selection, {"city": Tokenize(key)}, [], frozenset()))
    assert live(subject, people) == after


def test_anonymize_by_date_is_a_no_op_the_second_time(subject: Any, store: Store, people: Dataset) -> None:
    """A selection that still holds after the transform changes nothing more."""
    fill(subject, people)
    selection = Selection(Before("seen_at", instant(3)))
    transforms = {"city": Prefix(1)}
    store.eraser().anonymize_rows(people, selection, transforms, ["city"], frozenset())
    after = live(subject, people)
    _assert_nothing_done(store.eraser().anonymize_rows(people, selection, transforms, ["city"], frozenset()))
    assert live(subject, people) == after


# ---- looking again


def test_the_inspector_sees_every_row_and_column(subject: Any, store: Store, people: Dataset) -> None:
    """Its batches hold what an independent read holds, before and after an erasure."""
    fill(subject, people)
    assert _inspected(store, people) == live(subject, people) == canonical(ROWS)
    store.eraser().erase_rows(people, among("user_id", "u1"))
    assert _inspected(store, people) == live(subject, people) == without(1, 2)


def test_the_inspector_gives_the_columns_of_an_emptied_dataset(subject: Any, store: Store, people: Dataset) -> None:
    """Whatever batches come, none has a row."""
    fill(subject, people)
    store.eraser().erase_rows(people, Selection(Everything()))
    assert _inspected(store, people) == []
    assert store.finder().count(people, Selection(Everything())) == 0


def test_past_versions_do_not_hold_the_erased(subject: Any, store: Store, people: Dataset) -> None:
    """When erase, redact and anonymize return, no noncurrent version has the person's key (UMU-16, TRI-20)."""
    fill(subject, people)
    store.eraser().erase_rows(people, among("user_id", "u1"))
    store.eraser().redact_fields(people, among("user_id", "u2"), ["user_id"])
    store.eraser().anonymize_rows(people, among("user_id", "u3"), TRANSFORMS, ["city"], frozenset())
    past = [each for batch in store.inspector().past(people) for each in batch.to_pylist()]
    assert not {"u1", "u2", "u3"} & {each["user_id"] for each in past}
    if not store.capabilities.versioned:
        assert past == []


def test_the_address_leads_to_the_table(subject: Any, store: Store, people: Dataset) -> None:
    """Where a store has SQL, its address names the table, and its repr is not needed to find it."""
    fill(subject, people)
    address = store.inspector().address(people)
    assert address is None or (address.table == people.location and "://" in address.url)


# ---- the reference agrees

_USERS = st.sampled_from([None, "u1", "u2", "u3", UNICODE_KEY, "42"])
_NUMBERS = st.sampled_from([None, -1, 0, 1, 2, 42])
_INSTANTS = st.none() | st.integers(1, 9).map(instant)
_DATES = st.none() | st.integers(1, 9).map(lambda day: date(2026, 1, day))
_ROWS = st.lists(
    st.tuples(_USERS, _NUMBERS, st.sampled_from([None, "", "東京"]), st.none() | st.booleans(), _DATES, _INSTANTS),
    max_size=12,
).map(
    lambda drawn: [
        row(number, user, account, city=city, active=active, born=born, seen_at=seen)
        for number, (user, account, city, active, born, seen) in enumerate(drawn)
    ]
)
_AT = st.builds(
    lambda day, hour, zone: datetime(2026, 1, day, hour, tzinfo=zone),
    st.integers(1, 9),
    st.integers(0, 23),
    st.sampled_from([UTC, JST, timezone(-timedelta(hours=10))]),
)
_LEAVES = st.one_of(
    st.just(Everything()),
    st.just(USERS),
    st.just(Among("account_no", keyset("a"))),
    st.builds(Before, st.sampled_from(["born", "seen_at"]), _AT),
    st.builds(Populated, st.lists(st.sampled_from(sorted(SCHEMA)), min_size=1, max_size=3).map(tuple)),
)


def _joined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.builds(Not, parts) | st.builds(AllOf, several) | st.builds(AnyOf, several)


_SELECTIONS = st.builds(
    lambda where, users, numbers: selecting(where, u=users, a=numbers),
    st.recursive(_LEAVES, _joined, max_leaves=6),
    st.sets(_USERS.filter(lambda user: user is not None)),
    st.sets(_NUMBERS.filter(lambda number: number is not None)),
)


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(rows=_ROWS, selection=_SELECTIONS)
def test_it_selects_and_erases_what_the_reference_does(
    subject: Any, store: Store, people: Dataset, rows: list[Row], selection: Selection
) -> None:
    """Whatever the rows and the predicate, count and erase agree with the in-memory reference."""
    fill(subject, people, rows)
    name = f"reference-{uuid.uuid4()}"
    memory.make(name).put(people.location, SCHEMA, rows)
    reference = memory.connect(
        SystemSettings(SystemId("reference"), "memory", {"url": f"memory:{name}"}, workspace=Path())
    )
    assert store.finder().count(people, selection) == reference.finder().count(people, selection)
    expected = reference.eraser().erase_rows(people, selection)
    assert store.eraser().erase_rows(people, selection).rows == expected.rows
    assert live(subject, people) == canonical(memory.database(name).rows(people.location))
    memory.forget(name)


def _tallied(store: Store, dataset: Dataset, columns: Sequence[str], selection: Selection) -> dict[Any, int]:
    total: Counter[tuple[Value, ...]] = Counter()
    for combination, count in store.finder().tally(dataset, columns, selection):
        total[combination] += count
    return dict(total)


def _inspected(store: Store, dataset: Dataset) -> list[tuple[Any, ...]]:
    rows: list[Row] = []
    for batch in store.inspector().scan(dataset):
        assert set(batch.schema.names) == set(SCHEMA)
        rows += batch.to_pylist()
    return canonical(rows)


def _assert_nothing_done(effect: Effect) -> None:
    assert (effect.rows, effect.rows_suppressed, effect.versions_removed, effect.markers_removed) == (0, 0, 0, 0)


# ---- what a person is shown of it


def test_finder_and_inspector_show_a_person_the_same(store: Store, subject: Any, people: Dataset) -> None:
    """Every type, null and odd text: what is read for an answer is what verification reads on the other side."""
    fill(subject, people)
    everything = DiscloseRows(StepId("001-disclose-x"), people.dataset_id, USERS, tuple(SCHEMA), (), {}, 0, 0, REASON)
    keys = {KeySetId("u"): frozenset({"u1", UNICODE_KEY, "u3"})}
    told = [
        tuple(map(plain_value, values))
        for values, times in store.finder().tally(people, tuple(SCHEMA), Selection(USERS, keys))
        for _ in range(times)
    ]
    source = Source(everything, store.inspector().scan(people), ())
    assert shown(source, Selector(keys)) == Counter(tuple(map(text_of, values)) for values in told)
    assert len(told) == 4
