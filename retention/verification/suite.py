"""Great Expectations looks too: at the store itself by SQL where there is one, else at a frame of columns.

Its results hold raw keys. Nothing of them leaves this module but types of expectations,
column names, verdicts and counts. Nothing is written to disk and nothing is logged.
"""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, assert_never

from retention.errors import MissingExtraError, TerminalFailure, TransientFailure
from retention.model.subject import Key
from retention.ports.inspector import SqlAddress
from retention.verification.unasked import left_out

_SET_LIMIT = 1_000
"""Keys in one statement; SQLite and PostgreSQL bound how many a statement may carry."""
Quote: TypeAlias = Callable[[str], str]
"""Quotes a name as the store's SQL wants it."""
_SOME = 1e-12
"""A share that one row of a million million reaches."""
_EXISTS, _DANGLING = "expect_column_to_exist", "unexpected_rows_expectation"
_LOOKS = itertools.count()
_QUIET = ("great_expectations", "sqlalchemy", "py.warnings")


@dataclass(frozen=True, slots=True)
class RowCount:
    """The table has exactly so many rows."""

    rows: int


@dataclass(frozen=True, slots=True)
class Absent:
    """The column holds none of the keys."""

    column: str
    keys: tuple[Key, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Emptied:
    """The field is null in the rows whose column holds one of the keys."""

    name: str
    column: str
    keys: tuple[Key, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NeverTrue:
    """The column, a verdict that our own scan wrote for every row, is nowhere true."""

    column: str


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The table has at least so many rows."""

    rows: int


@dataclass(frozen=True, slots=True)
class Exists:
    """There is such a column."""

    column: str


@dataclass(frozen=True, slots=True)
class NotNull:
    """The column is filled in every row."""

    column: str


@dataclass(frozen=True, slots=True)
class Filled:
    """The column is filled in some row, if there is any."""

    column: str


@dataclass(frozen=True, slots=True)
class Unique:
    """No two rows have the same values in these columns."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dated:
    """The column holds dates or instants: by its type, or as ISO 8601 text."""

    column: str


@dataclass(frozen=True, slots=True)
class Refers:
    """What the column holds, a row of the other table holds as well: nothing dangles."""

    column: str
    there: str
    """The other table's column."""
    table: str


Check: TypeAlias = (
    RowCount | Absent | Emptied | NeverTrue | AtLeast | Exists | NotNull | Filled | Unique | Dated | Refers
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one expectation, redacted."""

    expectation: str
    """Great Expectations' name of the type."""
    column: str | None
    success: bool
    elements: int
    unexpected: int
    looked_at: str
    """`store` or `frame`."""

    @property
    def code(self) -> str:
        """What a failure of it means."""
        return "count" if self.column is None else "residual"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An expectation that could not be evaluated."""

    expectation: str


def at_store(address: SqlAddress, checks: Sequence[Check]) -> list[Verdict | Unanswered]:
    """Let Great Expectations query the table itself.

    What the store's SQL cannot compare (a UUID column with text) comes back unanswered.

    Raises:
        MissingExtraError: Great Expectations is not installed.
        TransientFailure: it could not reach the table.
        TerminalFailure: it broke down.

    """
    with _silence(), _name() as name:
        try:
            # A dollar sign would be read as the start of a variable.
            url = address.url.replace("$", r"\$")
            source = _context().data_sources.add_sql(name, connection_string=url)
            schema, _, table = address.table.rpartition(".")
            asset = source.add_table_asset("table", table_name=table, schema_name=schema or None)
            batch = asset.add_batch_definition_whole_table("whole").get_batch()
        except Exception as error:  # noqa: BLE001 -- whatever a driver raises; its text may hold the URL's password
            raise _unreached(error) from None
        try:
            quote = source.get_execution_engine().engine.dialect.identifier_preparer.quote_identifier
            return _verdicts(batch, checks, "store", quote)
        finally:
            with contextlib.suppress(Exception):
                source.get_execution_engine().engine.dispose()


def at_frame(columns: Mapping[str, Any], rows: int, checks: Sequence[Check]) -> list[Verdict]:
    """Let Great Expectations look at columns read from a store without SQL.

    Raises:
        MissingExtraError: Great Expectations is not installed.
        TerminalFailure: it could not evaluate an expectation.

    """
    with _silence(), _name() as name:
        sources = _context().data_sources
        import pandas as pd  # noqa: PLC0415 -- heavy: only when a frame is looked at

        frame = pd.DataFrame({name: values.to_pandas() for name, values in columns.items()}, index=range(rows))
        asset = sources.add_pandas(name).add_dataframe_asset("rows")
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch(batch_parameters={"dataframe": frame})
        verdicts = _verdicts(batch, checks, "frame")
        answered = [one for one in verdicts if isinstance(one, Verdict)]
        if len(answered) < len(verdicts):
            raise _unevaluated("over a frame of our own")
        return answered


@contextlib.contextmanager
def _name() -> Iterator[str]:
    """Give what is looked at a name of its own; it is forgotten afterwards, address and rows with it."""
    name = f"look-{next(_LOOKS)}"
    context = _context()
    try:
        yield name
    finally:
        if name in context.data_sources.all():
            context.data_sources.delete(name)


@functools.cache
def _context() -> Any:  # noqa: ANN401 -- Great Expectations ships no types
    try:
        with left_out("scipy.stats", "altair"):
            import great_expectations as gx  # noqa: PLC0415 -- takes seconds: only when a run is verified
        from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415 -- same
    except ImportError as error:
        raise MissingExtraError(
            "verification needs Great Expectations, which is not installed", hint="pip install 'retention[verify]'"
        ) from error
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    # It would write itself down as YAML, addresses with it, whenever something is added: three fifths of a look.
    context.variables.save = lambda: None
    return context


def _verdicts(  # Great Expectations ships no types
    batch: Any,  # noqa: ANN401
    checks: Sequence[Check],
    looked_at: str,
    quote: Quote = str,
) -> list[Verdict | Unanswered]:
    import great_expectations as gx  # noqa: PLC0415 -- loaded already

    suite = gx.ExpectationSuite(name="look")
    for number, expectation in enumerate(one for check in checks for one in _expectations(check, quote, looked_at)):
        # Great Expectations merges expectations that look alike; a number each keeps them apart.
        expectation.meta = {"number": number}
        suite.add_expectation(expectation)
    try:
        results = batch.validate(suite).results
    except Exception as error:  # noqa: BLE001 -- whatever it raises; its text may hold keys
        raise _unevaluated(type(error).__name__) from None
    return [_redacted(result, looked_at) for result in results]


def _expectations(check: Check, quote: Quote, looked_at: str) -> Iterator[Any]:
    import great_expectations.expectations as gxe  # noqa: PLC0415 -- loaded already
    from great_expectations.expectations.row_conditions import Column  # noqa: PLC0415 -- same

    match check:
        case RowCount(rows):
            yield gxe.ExpectTableRowCountToEqual(value=rows)
        case Absent(column, keys):
            for part in _parts(keys):
                yield gxe.ExpectColumnValuesToNotBeInSet(column=column, value_set=part)
        case Emptied(name, column, keys):
            for part in _parts(keys):
                yield gxe.ExpectColumnValuesToBeNull(column=name, row_condition=Column(column).is_in(part))
        case NeverTrue(column):
            yield gxe.ExpectColumnValuesToNotBeInSet(column=column, value_set=[True])
        case AtLeast(rows):
            yield gxe.ExpectTableRowCountToBeBetween(min_value=rows)
        case Refers():
            yield gxe.UnexpectedRowsExpectation(unexpected_rows_query=_dangling(check, quote))
        case Dated(column) if looked_at == "store":
            # not every SQL knows regular expressions
            yield gxe.ExpectColumnValuesToMatchLikePattern(column=column, like_pattern="____-__-__%")
        case _:
            yield _of_column(check)


def _of_column(check: Exists | NotNull | Filled | Unique | Dated) -> Any:  # noqa: ANN401 -- untyped
    import great_expectations.expectations as gxe  # noqa: PLC0415 -- loaded already

    match check:
        case Exists(column):
            return gxe.ExpectColumnToExist(column=column)
        case NotNull(column):
            return gxe.ExpectColumnValuesToNotBeNull(column=column)
        case Filled(column):
            return gxe.ExpectColumnValuesToNotBeNull(column=column, mostly=_SOME)
        case Unique((column,)):
            return gxe.ExpectColumnValuesToBeUnique(column=column)
        case Unique(columns):
            return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(columns))
        case Dated(column):
            return gxe.ExpectColumnValuesToMatchRegex(column=column, regex=r"^\d{4}-\d\d-\d\d")
        case _:
            assert_never(check)


def _dangling(refers: Refers, quote: Quote) -> str:
    """Return the query for rows that refer to no row; names come from the map and are quoted."""
    place = ".".join(map(quote, refers.table.split(".")))
    return (
        f"SELECT 1 FROM (SELECT {quote(refers.column)} AS held FROM {{batch}}) here WHERE held IS NOT NULL"  # noqa: S608 -- quoted names
        f" AND NOT EXISTS (SELECT 1 FROM {place} there WHERE there.{quote(refers.there)} = held)"
    )


def _parts(keys: Sequence[Key]) -> Iterator[list[Key]]:
    for start in range(0, len(keys), _SET_LIMIT):
        yield list(keys[start : start + _SET_LIMIT])


def _redacted(result: Any, looked_at: str) -> Verdict | Unanswered:  # noqa: ANN401 -- untyped
    config, found = result.expectation_config, result.result
    if config.type == _EXISTS and _is_answered(result):
        return Verdict(
            config.type, config.kwargs.get("column"), bool(result.success), 1, int(not result.success), looked_at
        )
    if "observed_value" not in found and "element_count" not in found:
        return Unanswered(config.type)
    if config.type == _DANGLING:
        rows = int(found["observed_value"] or 0)
        return Verdict(config.type, None, bool(result.success), rows, rows, looked_at)
    return Verdict(
        expectation=config.type,
        column=config.kwargs.get("column"),
        success=bool(result.success),
        # Over no rows SQL sums to null, which is a count of nothing.
        elements=int(found.get("observed_value", found.get("element_count")) or 0),
        unexpected=int(found.get("unexpected_count") or 0),
        looked_at=looked_at,
    )


def _is_answered(result: Any) -> bool:  # noqa: ANN401 -- untyped
    return not (result.exception_info or {}).get("raised_exception", True)


def _unreached(error: Exception) -> TransientFailure:
    return TransientFailure(
        f"Great Expectations could not open the table: {type(error).__name__}",
        hint="see that the store is up and the address right; looking again is safe",
    )


def _unevaluated(what: str) -> TerminalFailure:
    return TerminalFailure(
        f"Great Expectations could not evaluate an expectation: {what}",
        hint="see that the mapped columns exist with types that can be compared",
    )


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep its logs, prints and warnings to itself: they may quote keys and addresses."""
    loggers = [logging.getLogger(name) for name in _QUIET]
    before = [(logger.propagate, logger.handlers) for logger in loggers]
    for logger in loggers:
        logger.propagate, logger.handlers = False, [logging.NullHandler()]
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, (propagate, handlers) in zip(loggers, before, strict=True):
            logger.propagate, logger.handlers = propagate, handlers
