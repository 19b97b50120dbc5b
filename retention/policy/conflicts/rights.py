"""Which rights a text offers, on which grounds, refused for which reasons, filed by whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from retention.law.grounds import LATER_GROUNDS
from retention.law.refusals import ABROAD, APPI, NEED_MEASURE, PROCEDURAL
from retention.law.rights import CEASING, OWED
from retention.model.terms import Filer, Ground, Refusal, Right, RightTerms
from retention.policy.conflicts.view import Conflict, View

_AGENTS = (Filer.STATUTORY_AGENT, Filer.MANDATED_AGENT)


def right_silent(view: View) -> Iterator[Conflict]:
    """X6: a right that the law gives and the text does not mention."""
    law = "people have the right whether or not the text offers it"
    if not view.terms.states_rights:
        articles = tuple(dict.fromkeys(article for owed in OWED.values() for article in owed))
        says, instead = "the file does not say which rights the text offers", "every right of these laws is honoured"
        yield Conflict("RIGHTS_UNSTATED", "requests", says, articles, law, instead)
        return
    for right, articles in OWED.items():
        if right not in view.terms.rights:
            yield Conflict(
                code="RIGHT_SILENT",
                where="requests.rights",
                says=f"the text is silent on {right.value}",
                articles=articles,
                law=law,
                instead=f"{right.value} is added on the statute's grounds, marked `source: statute`",
            )


def grounds_incomplete(view: View) -> Iterator[Conflict]:
    """X5: grounds of before 2022 only."""
    for terms in _offered(view, (Right.SUSPENSION, Right.ERASURE)):
        missing = [ground for ground in LATER_GROUNDS if not _covers(terms.grounds, ground)]
        if terms.grounds and missing and Ground.NONE_NEEDED not in terms.grounds:
            yield Conflict(
                code="GROUNDS_INCOMPLETE",
                where=f"requests.rights.{terms.right.value}.grounds",
                says=f"the text does not admit {_listed(missing)}",
                articles=("jp.appi.35-5",),
                law="also when no longer needed, after an event that must be reported, and on likely harm",
                instead="these grounds are admitted as well",
            )


def refusal_not_in_law(view: View) -> Iterator[Conflict]:
    """X3: a reason to refuse that the statute does not know for this right."""
    for terms in view.terms.rights.values():
        article, valid = APPI.get(terms.right, ("", frozenset(terms.refusals)))
        beside = NEED_MEASURE if terms.right in CEASING else frozenset()
        strange = [refusal for refusal in terms.refusals if refusal not in valid | PROCEDURAL | beside]
        if strange:
            offer = "`purpose-evident` is offered in its place; " if Refusal.PURPOSE_UNCLEAR in strange else ""
            yield Conflict(
                code="REFUSAL_NOT_IN_LAW",
                where=f"requests.rights.{terms.right.value}.refusals",
                says=f"{terms.right.value} is refused for {_listed(strange)}",
                articles=(article,),
                law=f"it may be refused for {_listed(sorted(valid, key=lambda refusal: refusal.value))}",
                instead=f"{offer}no refusal may name {_listed(strange)}",
            )


def refusal_needs_substitute(view: View) -> Iterator[Conflict]:
    """X7: harm or hindrance as a reason to refuse what art. 35 gives."""
    for terms in _offered(view, CEASING):
        named = [refusal for refusal in terms.refusals if refusal in NEED_MEASURE]
        if named:
            yield Conflict(
                code="REFUSAL_NEEDS_SUBSTITUTE",
                where=f"requests.rights.{terms.right.value}.refusals",
                says=f"{terms.right.value} is refused for {_listed(named)}",
                articles=("jp.appi.35-6", "jp.appi.35-2"),
                law="only if there is no ground, or if it is difficult and another measure protects the person",
                instead="such a refusal must name the other measure (`difficult-with-substitute`)",
            )


def refusals_not_transferable(view: View) -> Iterator[Conflict]:
    """X16: reasons to refuse disclosure do not reach erasure."""
    disclosure = view.terms.rights.get(Right.DISCLOSURE)
    stated = [] if disclosure is None else [code for code in disclosure.refusals if code not in PROCEDURAL]
    for terms in _offered(view, (Right.ERASURE,)):
        own = [code for code in terms.refusals if code not in PROCEDURAL]
        strange = [code for code in own if code not in ABROAD]
        if stated and not own:
            says = "refusals are stated for disclosure and none for erasure"
        elif strange:
            says = f"erasure is refused for {_listed(strange)}"
        else:
            continue
        yield Conflict(
            code="REFUSALS_NOT_TRANSFERABLE",
            where=f"requests.rights.{terms.right.value}",
            says=says,
            articles=("eu.gdpr.17-3", "us.ccpa.1798-105-d", *(() if own else ("jp.appi.35-6",))),
            law="erasure has its own, closed list of exceptions",
            instead="a refusal of erasure is checked against the list of the person's regime",
        )


def agents_excluded(view: View) -> Iterator[Conflict]:
    """X8: only the person may file."""
    stated = [terms for terms in view.terms.rights.values() if terms.may_file]
    excluded = {agent for terms in stated for agent in _AGENTS if agent not in terms.may_file}
    rights = [terms.right.value for terms in stated if excluded - set(terms.may_file)]
    if excluded:
        agents = ", ".join(agent.value for agent in _AGENTS if agent in excluded)
        yield Conflict(
            code="AGENTS_EXCLUDED",
            where="requests.rights",
            says=f"no {agents} may ask for {', '.join(rights)}",
            articles=("jp.appi.37-3", "jp.appi.enf-order-13"),
            law="statutory agents and agents mandated by the person may file",
            instead="a request by an agent is taken for consultation and admitted once the authority is shown",
        )


def absolute_erasure(view: View) -> Iterator[Conflict]:
    """X17: erasure without reserving what a law requires to be kept."""
    reserving = {Refusal.OTHER_LAW, Refusal.LEGAL_OBLIGATION, Refusal.NOT_REQUIRED, Refusal.CCPA_EXCEPTION}
    for terms in _offered(view, (Right.ERASURE,)):
        if not terms.reserves_statute and not reserving & set(terms.refusals):
            yield Conflict(
                code="ABSOLUTE_ERASURE",
                where=f"requests.rights.{terms.right.value}",
                says="the text may be read as a promise to erase everything",
                articles=("jp.appi.35-6", "eu.gdpr.17-3", "us.ccpa.1798-105-d"),
                law="what another law requires stays for its period; erasure may be promised for its end",
                instead="the held fields are erased when the hold ends, and the person is told which and when",
            )


def leak_ground_wider(view: View) -> Iterator[Conflict]:
    """X18: any leak is a ground, also one that need not be reported."""
    for terms in _offered(view, CEASING):
        if Ground.ANY_LEAK in terms.grounds:
            yield Conflict(
                code="LEAK_GROUND_WIDER",
                where=f"requests.rights.{terms.right.value}.grounds",
                says="any leak is a ground",
                articles=("jp.appi.35-5", "jp.appi.26-1"),
                law="only events that must be reported are",
                instead="the policy is wider and is honoured; the answer is marked as voluntary",
            )


def ground_not_needed(view: View) -> Iterator[Conflict]:
    """X19: the text asks for no ground."""
    for terms in _offered(view, CEASING):
        if Ground.NONE_NEEDED in terms.grounds:
            yield Conflict(
                code="GROUND_NOT_NEEDED",
                where=f"requests.rights.{terms.right.value}.grounds",
                says=f"{terms.right.value} may be asked for without a ground",
                articles=("jp.appi.35-1", "jp.appi.35-3", "jp.appi.35-5"),
                law="a ground is needed",
                instead="the policy is wider and is honoured; the answer is marked as voluntary",
            )


RULES = (
    right_silent,
    grounds_incomplete,
    refusal_not_in_law,
    refusal_needs_substitute,
    refusals_not_transferable,
    agents_excluded,
    absolute_erasure,
    leak_ground_wider,
    ground_not_needed,
)


def _offered(view: View, rights: Collection[Right]) -> Iterator[RightTerms]:
    return (terms for terms in view.terms.rights.values() if terms.right in rights)


def _covers(grounds: Collection[Ground], ground: Ground) -> bool:
    return ground in grounds or (ground is Ground.BREACH and Ground.ANY_LEAK in grounds)


def _listed(words: Collection[Ground] | Collection[Refusal]) -> str:
    return ", ".join(f"`{word.value}`" for word in words)
