"""What the plan does and does not do, and what became of it: the parts of a case's page that are tables."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from retention.app.case_view import CaseView, Orders
from retention.app.deeds import Deed
from retention.model.plan import Plan
from retention.pages import parts
from retention.pages.words import Words


def plan(words: Words, view: CaseView) -> str:
    """Return what is done where, to how much, why, and how far it is."""
    if view.planned is None:
        return parts.card(words("plan"), f'<p class="soft">{words("no-plan")}</p>')
    head = [words(key) for key in ("action", "where", "rows", "because", "progress")]
    rows = [_deed(words, deed) for deed in view.planned.deeds]
    crossings = "".join(
        f"<p>{parts.badge(words('crossing', each.limit, each.allowed, each.found), 'wait')}</p>"
        for each in view.planned.plan.crossings
    )
    return parts.card(words("plan"), crossings + parts.table(words("plan"), head, rows, numeric=(2,)), "plan")


def _deed(words: Words, deed: Deed) -> tuple[str, ...]:
    detail = f'<br><span class="soft small">{escape(", ".join(deed.detail))}</span>' if deed.detail else ""
    counted = "" if deed.rows is None else f"{deed.rows:,}"
    if deed.of_rows is not None:
        counted += f'<br><span class="soft small">{words("of", deed.of_rows)}</span>'
    reasons = (words("asked") if why == "request" else why for why in deed.because)
    because = ", ".join(f'<span class="nowrap">{escape(reason)}</span>' for reason in reasons)
    return (
        f'<span class="bold">{words.of("action", deed.action.value)}</span>{detail}',
        parts.name(deed.where),
        counted,
        f'<span class="small">{because}</span>',
        _progress(words, deed),
    )


def _progress(words: Words, deed: Deed) -> str:
    told = []
    if deed.done:
        told.append(parts.badge(words("done-of", deed.done, deed.steps), "good" if deed.done == deed.steps else ""))
    if deed.begun:
        told.append(parts.badge(words("begun", deed.begun)))
    told += [parts.badge(words("failed", each.steps, each.code), "bad") for each in deed.failures]
    return " ".join(told) or parts.badge(words("waiting"), "calm")


def remarks(words: Words, view: CaseView) -> str:
    """Return what the plan does not reach, and why; nothing if it reaches all."""
    lines = list(_remarks(words, view.planned.plan)) if view.planned else []
    if not lines:
        return ""
    return parts.card(
        words("remarks"), '<ul class="plain">' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
    )


def _remarks(words: Words, plan: Plan) -> Iterator[str]:
    for apart in plan.unlinked:
        yield words.of("remark", apart.why, apart.dataset, apart.rows)
    for left in plan.untold:
        yield words.of("remark", "untold", left.system, left.people, left.why)
    for given in plan.exempt:
        yield words.of("remark", "exempt", given.dataset, given.statute)
    for dataset, rows in plan.undated.items():
        yield words.of("remark", "undated", dataset, rows)
    for stays in plan.kept_keys:
        yield words.of("remark", "kept-keys", f"{stays.system}.{stays.category}", stays.keys, stays.statute)
    for hidden in plan.undisclosed:
        yield words.of("remark", "undisclosed", hidden.dataset, ", ".join(hidden.fields), hidden.why)


def kept(words: Words, view: CaseView) -> str:
    """Return what stays, under which law, until when; nothing if nothing does."""
    if view.planned is None or not view.planned.plan.withheld:
        return ""
    head = [words(key) for key in ("dataset", "fields", "rows", "because", "until")]
    rows = [
        (
            parts.name(each.dataset),
            escape(", ".join(each.fields)),
            f"{each.rows:,}",
            f'{escape(each.hold_id)}<br><span class="soft small">{escape(each.statute)}</span>',
            f'<span class="nowrap">{words.day(each.until)}</span>',
        )
        for each in view.planned.plan.withheld
    ]
    return parts.card(words("kept"), parts.table(words("kept"), head, rows, numeric=(2,)))


def copies(words: Words, view: CaseView) -> str:
    """Return where copies remain, and until when; nothing if there are none."""
    if not view.copies:
        return ""
    looks = {"gone": "good", "late": "bad", "there": "calm", "withheld": "wait"}
    head = [words(key) for key in ("system", "number", "why", "until", "state")]
    rows = [
        (
            parts.name(each.system),
            f"{each.number:,}",
            escape(words.of("code", each.why.value)),
            f'<span class="nowrap">{words.day(each.until)}</span>',
            parts.badge(words("late") if each.state == "late" else words.of("code", each.state), looks[each.state])
            + (f' <span class="small">{escape(each.held_by)}</span>' if each.held_by else ""),
        )
        for each in view.copies
    ]
    return parts.card(words("copies"), parts.table(words("copies"), head, rows, numeric=(1,)))


def orders(words: Words, view: CaseView) -> str:
    """Return what processors answered; nothing if none was told."""
    if not view.orders:
        return ""
    head = [words(key) for key in ("processor", "number", "said", "due", "to-do")]
    rows = [
        (
            parts.name(each.processor),
            f"{each.number:,}",
            _said(words, each),
            f'<span class="nowrap">{words.day(each.due_at)}</span>',
            escape(words.of("to-do", each.to_do)),
        )
        for each in view.orders
    ]
    return parts.card(words("processors"), parts.table(words("processors"), head, rows, numeric=(1,)))


def _said(words: Words, order: Orders) -> str:
    looks = {"completed": "good", "refused": "bad", "partial": "bad", "unreachable": "bad"}
    reason = f' <span class="small soft">{escape(order.reason)}</span>' if order.reason else ""
    return parts.badge(words.of("code", order.said), looks.get(order.said, "calm")) + reason


def letters(words: Words, view: CaseView) -> str:
    """Return who has to be written to by a person; nothing if nobody has."""
    if not view.posts:
        return ""
    lines = "".join(
        f"<li><b>{escape(', '.join(post.named) or post.recipient)}</b> · {words(post.duty)}"
        + ("" if post.duty == "none" else f" · {_written(words, words.moment(post.told_at))}")
        + "</li>"
        for post in view.posts
    )
    return parts.card(words("letters"), f'<ul class="plain">{lines}</ul>')


def _written(words: Words, at: str) -> str:
    return words("written", at) if at else parts.badge(words("not-written"), "wait")


def looks(words: Words, view: CaseView) -> str:
    """Return what verification saw; nothing before it has looked."""
    if not view.looks:
        return ""
    head = [words(key) for key in ("dataset", "before", "after", "residual", "result", "at")]
    rows = [
        (
            parts.name(each.dataset),
            f"{each.before:,}",
            f"{each.after:,}",
            f"{each.residual:,}",
            parts.badge(words("passed"), "good") if each.passed else parts.badge(words("found"), "bad"),
            f'<span class="nowrap">{words.moment(each.at)}</span>',
        )
        for each in view.looks
    ]
    return parts.card(words("verification"), parts.table(words("verification"), head, rows, numeric=(1, 2, 3)))
