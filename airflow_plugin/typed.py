"""What may be sent to Airflow about our DAGs: rules over a call's path, query and body; see `dags.forms`.

    conf, dag_run_conf     what the DAG's form asks for, and nothing else
    params_input           a plan's digest, a reason's code
    note                   numbers of tickets and cases, such as INC-4711
    every other text       a word of ASCII that begins with a letter, or a date: names of runs, tasks, states
    every number           below a million: nobody's telephone

A misfit is said without what was sent, for whoever is answered may have a log of his own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from dags.forms import ANSWER, FORMS

_WORD = re.compile(r"~?|[A-Za-z_][A-Za-z0-9_.:~+-]{0,249}|-?[0-9]{1,6}")
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
_DATE = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ]{_TIME})?")
_NUMBER = r"[A-Z][A-Z0-9]{0,9}-[0-9][0-9a-z-]{0,20}"
_NUMBERED = re.compile(rf"({_NUMBER}([ ,]+{_NUMBER})*)?")
_MOST = 1_000_000
_KNOWN = {"dag_run_id", "logical_date", "run_after", "data_interval_start", "data_interval_end", "partition_key"}
"""Fields that a misfit may name."""
_NAMED_IN_BODY = "~"
"""Airflow's name for any DAG: which ones a call is about, its body says."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something that was sent and may not be kept."""

    where: str
    """The field, as the form names it; never a name that was sent."""
    expected: str


def may_be_ours(path: str) -> bool:
    """Whether a call to the REST interface can be about one of our DAGs; the path is what follows `/api/v2/`."""
    return _dag_of(path) in {*FORMS, _NAMED_IN_BODY}


def ours(path: str, body: object) -> frozenset[str]:
    """Return which of our DAGs a call is about."""
    dag = _dag_of(path)
    return _named(body) if dag == _NAMED_IN_BODY else frozenset(FORMS.keys() & {dag})


def misfit(dags: frozenset[str], path: str, query: str, body: object) -> Misfit | None:
    """Return the first thing in a call about these DAGs of ours that may not be kept; None if all of it may."""
    return next(_misfits(path, query, body, [FORMS[dag] for dag in dags]), None)


def _dag_of(path: str) -> str:
    match path.split("/"):
        case ["dags", dag, *_]:
            return dag
        case ["backfills", *_]:
            return _NAMED_IN_BODY
        case _:
            return ""


def _misfits(path: str, query: str, body: object, forms: list[Mapping[str, str]]) -> Iterator[Misfit]:
    for part in path.split("/"):
        if not _is_word(part):
            yield Misfit("the address", "names of a DAG, a run, a task")
    for name, value in parse_qsl(query, keep_blank_values=True):
        if not (_is_word(name) and _is_word(value)):
            yield Misfit("the address's query", "names, numbers and dates")
    yield from _in_value("the body", body, forms)


def _in_value(where: str, value: object, forms: list[Mapping[str, str]]) -> Iterator[Misfit]:
    match value:
        case dict():
            for name, held in value.items():
                yield from _in_field(str(name), held, forms)
        case list():
            for held in value:
                yield from _in_value(where, held, forms)
        case str() if not _is_word(value):
            yield Misfit(where, "names, numbers and dates")
        case int() | float() if not -_MOST < value < _MOST:
            yield Misfit(where, f"numbers below {_MOST:,}")


def _in_field(name: str, value: object, forms: list[Mapping[str, str]]) -> Iterator[Misfit]:
    match name:
        case "conf" | "dag_run_conf":
            for form in forms:
                yield from _in_form(name, value, form)
        case "params_input":
            yield from _in_form(name, value, ANSWER)
        case "note":
            if not (value is None or (isinstance(value, str) and _NUMBERED.fullmatch(value))):
                yield Misfit("note", "numbers of tickets and cases, such as INC-4711")
        case _ if _is_word(name):
            yield from _in_value(name if name in _KNOWN else "the body", value, forms)
        case _:
            yield Misfit("the body", "fields that Airflow knows")


def _in_form(name: str, value: object, form: Mapping[str, str]) -> Iterator[Misfit]:
    if value is None:
        return
    if not isinstance(value, dict) or value.keys() - form.keys():
        asked = ", ".join(form) or "nothing"
        yield Misfit(name, f"what the form asks for ({asked}) and nothing else")
        return
    for field, given in value.items():
        if not (isinstance(given, str) and re.fullmatch(form[field], given)):
            yield Misfit(f"{name}.{field}", f"a text of the form {form[field]}")


def _is_word(text: str) -> bool:
    return bool(_WORD.fullmatch(text) or _DATE.fullmatch(text))


def _named(body: object) -> frozenset[str]:
    """Return which of our DAGs a body names, anywhere in it."""
    match body:
        case dict():
            return frozenset(FORMS.keys() & {str(body.get("dag_id"))}).union(*map(_named, body.values()))
        case list():
            return frozenset[str]().union(*map(_named, body))
        case _:
            return frozenset()
