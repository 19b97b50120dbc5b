"""The list of cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from retention.app.case_list import CaseList, Row, View
from retention.model.case import CaseKind, CaseState
from retention.pages import parts
from retention.pages.parts import Place
from retention.pages.words import Words


def render(place: Place, found: CaseList) -> str:
    """Return the page."""
    words = place.words
    rows = [_row(place, row, found) for row in found.rows]
    head = ("case", "kind", "state", "opened", "due", "next")
    titles = "".join(f'<th scope="col">{words(key)}</th>' for key in head)
    listed = (
        f'<div class="scroll cases"><table><thead><tr>{titles}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
        if rows
        else f'<p class="empty">{words("no-cases")}</p>'
    )
    body = (
        f'<div class="title"><h1>{words("cases")}</h1></div>'
        f"{_chips(place, found)}{_filter(place, found)}"
        f'<section class="card">{listed}{_paging(place, found)}</section>'
    )
    return parts.page(place, words("cases"), body)


def _chips(place: Place, found: CaseList) -> str:
    words = place.words

    def chip(view: View) -> str:
        name = words("all") if view is View.ALL else words(f"view-{view.value}")
        number = "" if view is View.ALL else f" ({found.counts.get(view, 0)})"
        current = ' aria-current="page"' if view is found.choice.view else ""
        address = escape(place.link("/", view="" if view is View.ALL else view.value))
        return f'<li><a href="{address}"{current}>{name}{number}</a></li>'

    return f'<ul class="chips" aria-label="{words("view")}">{"".join(map(chip, View))}</ul>'


def _filter(place: Place, found: CaseList) -> str:
    words, choice = place.words, found.choice
    states = _select(words, "state", (state.value for state in CaseState), choice.state.value if choice.state else "")
    kinds = _select(words, "kind", (kind.value for kind in CaseKind), choice.kind.value if choice.kind else "")
    kept = [("view", choice.view.value)] + ([("lang", place.language)] if place.language else [])
    hidden = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in kept)
    return (
        f'<form class="filter" method="get" action="{escape(place.prefix)}/">{hidden}{states}{kinds}'
        f'<button class="button quiet" type="submit">{words("show")}</button></form>'
    )


def _select(words: Words, name: str, values: Iterable[str], chosen: str) -> str:
    def option(value: str, text: str) -> str:
        return f'<option value="{value}"{" selected" if value == chosen else ""}>{escape(text)}</option>'

    options = option("", words("any")) + "".join(option(value, words.of(name, value)) for value in values)
    return f'<label>{words(name)}<select name="{name}">{options}</select></label>'


def _row(place: Place, row: Row, found: CaseList) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in _cells(place, row, found)) + "</tr>"


def _cells(place: Place, row: Row, found: CaseList) -> Iterator[str]:
    words, case = place.words, row.case
    yield f'<a class="mono bold nowrap" href="{escape(place.link(f"/cases/{case.case_id}"))}">{case.case_id}</a>'
    right = row.request.right if row.request else case.right
    asked = f' <span class="soft">· {words.of("right", right.value)}</span>' if right else ""
    yield words.of("kind", case.kind.value) + asked
    yield parts.state_badge(words, case.state)
    yield f'<span class="nowrap">{words.moment(case.opened_at)}</span>'
    if row.timeliness is None or row.due_at is None:
        yield '<span class="soft">–</span>'
    else:
        off = words.days_to(row.due_at, found.now)
        day = f'<span class="nowrap">{words.day(row.due_at)}</span> <span class="soft small nowrap">{off}</span>'
        yield day + parts.time_badge(words, row.timeliness)
    yield words.of("work", row.next.value) if row.next else '<span class="soft">–</span>'


def _paging(place: Place, found: CaseList) -> str:
    choice = found.choice
    query = {
        "view": choice.view.value if choice.view is not View.ALL else "",
        "state": choice.state.value if choice.state else "",
        "kind": choice.kind.value if choice.kind else "",
    }
    newest = f'<a href="{escape(place.link("/", **query))}">{place.words("newest")}</a>' if choice.before else "<span>"
    older = (
        f'<a href="{escape(place.link("/", before=found.next_before, **query))}">{place.words("older")}</a>'
        if found.next_before
        else ""
    )
    return f'<div class="more">{newest}{"" if choice.before else "</span>"}{older}</div>' if newest or older else ""
