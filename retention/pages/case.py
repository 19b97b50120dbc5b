"""The page of one case: what to do next, how far it is, and everything behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from retention.app.case_view import CaseView, Standing, Stop
from retention.app.case_work import Left, Work
from retention.model.case import CaseState
from retention.pages import case_facts, case_plan, parts
from retention.pages.parts import Place
from retention.pages.words import Words


@dataclass(frozen=True, slots=True)
class RunLink:
    """A run in which somebody else's program carries the case out: where to look at it."""

    name: str
    href: str
    state: str
    began_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the page, as far as it matters to what is shown."""

    reference: str
    """By which approvals know him."""
    certificates: bool
    """Whether he may have what the person is told."""
    runs: Sequence[RunLink]


def render(place: Place, view: CaseView, reader: Reader) -> str:
    """Return the page."""
    words, number = place.words, view.case.case_id
    main = (
        case_plan.plan(words, view),
        case_plan.remarks(words, view),
        case_plan.kept(words, view),
        case_plan.copies(words, view),
        case_plan.orders(words, view),
        case_plan.letters(words, view),
        case_plan.looks(words, view),
        _evidence(place, view, reader),
    )
    aside = (
        _left(words, view),
        case_facts.approvals(words, view, reader.reference),
        _runs(words, reader.runs),
        case_facts.facts(place, view),
    )
    body = (
        f"{_title(words, view)}{_next(words, view, reader)}"
        f'<section class="card"><ol class="road">{"".join(_stop(words, stop) for stop in view.road)}</ol></section>'
        f'<div class="split"><div>{"".join(main)}</div><aside>{"".join(aside)}</aside></div>'
    )
    return parts.page(place, number, body)


def _title(words: Words, view: CaseView) -> str:
    case = view.case
    right = view.request.right if view.request else case.right
    told = [words.of("kind", case.kind.value), *([words.of("right", right.value)] if right else [])]
    told.append(f"{words('opened')} {words.moment(case.opened_at)}")
    due = ""
    if view.due_at is not None and view.timeliness is not None:
        day, off = words.day(view.due_at), words.days_to(view.due_at, view.now)
        due = f" · {words('due')} <b>{day}</b> ({off})" + parts.time_badge(words, view.timeliness)
    return (
        f'<div class="title"><h1 class="mono-title">{case.case_id}</h1>{parts.state_badge(words, case.state)}</div>'
        f'<p class="sub">{escape(" · ".join(told))}{due}</p>'
    )


_BAD = frozenset({CaseState.PARTIAL, CaseState.RETURNED})


def _next(words: Words, view: CaseView, reader: Reader) -> str:
    """Say what to do next, in words and as a command."""
    if not view.left:
        done = words.of("state", view.case.state.value)
        return f'<section class="card next is-good"><div><h2>{done}</h2><p>{words("nothing-left")}</p></div></section>'
    first = view.left[0]
    command = _command(view, first.work)
    shown = f"<pre>{escape(command)}</pre>" if command else ""
    running = next((run for run in reader.runs if run.state not in ("success", "failed")), None)
    button = (
        f'<div class="actions"><a class="button" href="{escape(running.href)}" data-outside>Airflow: '
        f"{escape(running.name)}</a></div>"
        if running
        else ""
    )
    look = " is-bad" if view.case.state in _BAD else ""
    return (
        f'<section class="card next{look}"><div><p class="small">{words("next")}</p>'
        f"<h2>{words.of('work', first.work.value)}</h2><p>{words.of('advice', first.work.value)}</p>{shown}{button}"
        f"</div>{_glance(words, view)}</section>"
    )


def _glance(words: Words, view: CaseView) -> str:
    """Show how much it is about."""
    if view.planned is None:
        return ""
    steps = sum(deed.steps for deed in view.planned.deeds)
    done = sum(deed.done for deed in view.planned.deeds)
    items = [
        (words("people"), f"{view.planned.plan.subjects:,}"),
        (words("progress"), words("done-of", done, steps)),
        (words("digest"), f'<code title="{view.planned.digest}">{view.planned.digest[:16]}…</code>'),
        (words("made"), words.moment(view.planned.plan.made_at)),
    ]
    return f"<div>{parts.pairs(items)}</div>"


def _command(view: CaseView, work: Work) -> str:
    case, plan = view.case.case_id, view.plans[0] if view.plans else ""
    digest = view.planned.digest if view.planned else ""
    approve = f"retention approve {plan} \\\n  --digest {digest} \\\n  --by NAME"
    commands = {
        Work.IDENTIFY: f"retention request identify {case} --document KIND",
        Work.DECIDE: f"retention request rules {case}",
        Work.PLAN: f"retention plan request {case}",
        Work.PLAN_AGAIN: f"retention plan show {plan}",
        Work.APPROVE: approve,
        Work.APPROVE_SECOND: approve,
        Work.APPLY: f"retention apply {plan}",
        Work.MEND: f"retention apply {plan}",
        Work.VERIFY: f"retention verify {plan}",
        Work.ORDERS: "retention processors follow-up",
        Work.SEAL: f"retention verify {plan}",
        Work.LETTERS: f"retention processors letters {case}",
        Work.ERASE_AGAIN: "retention rescan",
        Work.ANSWER: "retention letters list",
        Work.COPIES: f"retention backups --case {case}",
    }
    is_request = view.request is not None or view.case.decided_at is not None
    return "" if work is Work.PLAN and not is_request else commands.get(work, "")


_TICK = '<svg class="tick" viewBox="0 0 20 20" aria-hidden="true"><path d="M5.5 10.5l3 3 6-7"/></svg>'
_CROSS = '<svg class="tick" viewBox="0 0 20 20" aria-hidden="true"><path d="M6.5 6.5l7 7M13.5 6.5l-7 7"/></svg>'


def _stop(words: Words, stop: Stop) -> str:
    mark = {Standing.DONE: _TICK, Standing.STUCK: _CROSS}.get(stop.standing, "")
    current = ' aria-current="step"' if stop.standing in (Standing.NOW, Standing.STUCK) else ""
    at = f"<span>{words.moment(stop.at)}</span>" if stop.at else ""
    return f'<li class="{stop.standing.value}"{current}>{mark}<b>{words.of("road", stop.name)}</b>{at}</li>'


def _left(words: Words, view: CaseView) -> str:
    items = "".join(f"<li>{_left_line(words, left)}</li>" for left in view.left)
    body = f'<ul class="todo">{items}</ul>' if items else f'<p class="soft">{words("nothing-left")}</p>'
    return parts.card(words("left"), body)


def _left_line(words: Words, left: Left) -> str:
    number = f" ({left.count})" if left.count else ""
    ends = left.work is Work.COPIES or left.until is not None
    until = f'<br><span class="soft small">{words("until")} {words.day(left.until)}</span>' if ends else ""
    return f"{words.of('work', left.work.value)}{number}{until}"


def _runs(words: Words, runs: Sequence[RunLink]) -> str:
    if not runs:
        return ""
    looks = {"success": "good", "failed": "bad"}
    lines = "".join(
        f'<li><a href="{escape(run.href)}" data-outside>{escape(run.name)}</a> '
        f"{parts.badge(words.of('code', run.state), looks.get(run.state, ''))}"
        f'<br><span class="soft small">{words.moment(run.began_at)}</span></li>'
        for run in runs
    )
    return parts.card(words("runs"), f'<ul class="plain">{lines}</ul>')


def _evidence(place: Place, view: CaseView, reader: Reader) -> str:
    words = place.words
    if not view.stated:
        return parts.card(words("evidence"), f'<p class="soft">{words("no-evidence")}</p>')
    rows = [
        (
            f'<span class="mono">{escape(one.kind)}</span>',
            f"{one.number:,}",
            words.moment(one.first_at) + (f" – {words.moment(one.last_at)}" if one.last_at != one.first_at else ""),
        )
        for one in view.stated
    ]
    listed = parts.table(words("evidence"), (words("statement"), words("number"), words("at")), rows, numeric=(1,))
    links = "".join(_downloads(place, view, reader))
    note = f'<p class="soft small">{escape(words("evidence-note"))}</p>'
    return parts.card(words("evidence"), f'{note}{listed}<div class="actions">{links}</div>', "evidence")


def _downloads(place: Place, view: CaseView, reader: Reader) -> Iterator[str]:
    words, base = place.words, f"/cases/{view.case.case_id}"
    yield f'<a class="button" href="{escape(place.prefix + base)}/evidence" download>{words("download")}</a>'
    if view.certified and reader.certificates:
        for language, name in (("ja", "日本語"), ("en", "English")):
            address = escape(f"{place.prefix}{base}/certificate/{language}.html")
            yield f'<a class="button quiet" href="{address}" download>{words("certificate", name)}</a>'
