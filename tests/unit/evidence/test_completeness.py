"""A statement that was left out shows, even if the holder of the log's key left it out."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from retention.errors import InputError, UnknownNameError
from retention.evidence import (
    EvidenceLog,
    OfCase,
    OfDataset,
    OfPeriod,
    OfRule,
    Scope,
    Signer,
    bundle_of,
    canonical,
    gather,
    statement_id,
    verify,
)
from retention.evidence.dsse import pae
from retention.evidence.note import sign_checkpoint
from retention.evidence.verifier import SEAL_TYPE, summary, verify_after
from retention.model.facts import Corrected, Denied, Disposed, Fact, Indexed, Looked, Recorded, Remains
from retention.model.ids import CaseId, DatasetId, RuleId

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
CASE, OTHER = CaseId("C-20261123-7f3k2q"), CaseId("C-20261123-aaaaaa")
DAY = timedelta(days=1)


def sealed(bundle: bytes, signer: Signer, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Change the body and seal it again, as only the log can."""
    body = json.loads(bundle)["body"]
    change(body)
    seal = base64.b64encode(signer.sign(pae(SEAL_TYPE, canonical(body)))).decode()
    return canonical({"body": body, "seal": seal})


@pytest.fixture
def told(log: EvidenceLog, story: Any) -> EvidenceLog:
    """A log with a whole case, a hold of nobody's case, and a denial of another case."""
    story.record(log)
    log.record(Recorded(OTHER, AT + 2 * DAY, Denied("identity-not-proven")))
    return log


def export(log: EvidenceLog, scope: Scope, story: Any) -> bytes:
    """Return the bundle with the case's files."""
    return bundle_of(log, gather(log, scope), story.attachments)


SCOPES = {
    "case": OfCase(CASE),
    "rule": OfRule(RuleId("viewing-history")),
    "hold": OfRule(RuleId("tax-books")),
    "dataset": OfDataset(DatasetId("lake.viewing")),
    "period": OfPeriod(AT - DAY, AT + DAY),
}


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_any_statement_left_out_is_noticed(told: EvidenceLog, story: Any, scope: Scope) -> None:
    """Leave out any one entry and seal again with the log's own key: the bundle is broken, and says why."""
    bundle = export(told, scope, story)
    report = verify(bundle, told.vkey)
    assert (report.broken, report.complete) == ("", True)
    for number in range(len(json.loads(bundle)["body"]["entries"])):
        spoiled = verify(sealed(bundle, told.signer, lambda body, n=number: body["entries"].pop(n)), told.vkey)
        assert spoiled.broken.startswith(("index", "entries", "before"))


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_a_bundle_holds_whole_cases_and_no_others(told: EvidenceLog, story: Any, scope: Scope) -> None:
    """What was done under a rule or to a dataset comes with all that its cases state; the denial is elsewhere."""
    report = verify(export(told, scope, story))
    assert next(fact.kind for fact in report.facts if fact.case_id == CASE) == "planned"
    assert sum(fact.case_id == CASE for fact in report.facts) == len(story.facts)
    assert not [fact for fact in report.facts if fact.case_id == OTHER]


def test_an_index_is_stated_once(told: EvidenceLog, story: Any) -> None:
    """A second export finds the index there: the same bytes, and nothing new in the log."""
    first = export(told, OfCase(CASE), story)
    size = told.sequence.size()
    assert export(told, OfCase(CASE), story) == first
    assert export(told, OfRule(RuleId("viewing-history")), story)
    assert told.sequence.size() == size


def test_what_others_append_meanwhile_is_shown(told: EvidenceLog, story: Any) -> None:
    """Entries between the index and the checkpoint are all in the bundle; only the case's count as its facts."""
    gather(told, OfCase(CASE))
    longer = dataclasses.replace(next(f for f in story.facts if isinstance(f, Remains)), until=AT + 99 * DAY)
    publish = told.publish

    class Busy(EvidenceLog):
        """Others append between the statement of the index and the checkpoint."""

        def publish(self) -> Any:
            """Append two entries, then publish."""
            told.record(Recorded(CASE, AT + 3 * DAY, longer))
            told.record(Recorded(OTHER, AT + 3 * DAY, Denied("abusive")))
            return publish()

    busy = Busy(told.sequence, told.tiles, told.signer, told.origin)
    bundle = export(busy, OfCase(CASE), story)
    report = verify(bundle, told.vkey)
    assert report.broken == ""
    assert sum(fact.kind == "copyRemains" for fact in report.facts) == 2
    assert not [fact for fact in report.facts if fact.case_id == OTHER]
    for number in (-1, -2):
        spoiled = verify(sealed(bundle, told.signer, lambda body, n=number: body["entries"].pop(n)), told.vkey)
        assert spoiled.broken.startswith("index: expected every entry")


def test_a_lying_index_shows_where_the_log_is_replayed(told: EvidenceLog, story: Any) -> None:
    """The log signs an index that forgets a statement: whoever has the log from its start sees it."""
    told.record(Recorded(None, AT, Indexed(told.sequence.size(), 3, "ab" * 32)))
    report = verify(export(told, OfPeriod(AT - DAY, AT + 9 * DAY), story))
    assert "the index counts other entries than the log has" in report.broken


def test_a_period_continues_the_log_before_it(told: EvidenceLog, story: Any) -> None:
    """A later period brings the checkpoint before it, and the proof that nothing was rewritten since."""
    bundle = export(told, OfPeriod(AT + DAY, AT + 3 * DAY), story)
    report = verify(bundle.replace(b"", b""), told.vkey)
    assert "attachment plan.json" in report.broken  # nothing in this period names that plan
    bundle = bundle_of(told, gather(told, OfPeriod(AT + DAY, AT + 3 * DAY)), {})
    report = verify(bundle, told.vkey)
    assert (report.broken, [fact.kind for fact in report.facts]) == ("", ["denial"])
    assert report.before == told.sequence.size() - 2
    assert f"continues the log of {report.before} entries" in summary(report)
    root = bytes(32)
    forged = sign_checkpoint(told.signer, told.origin, report.before, root).note.decode()
    spoiled = sealed(bundle, told.signer, lambda body: body["before"].update(checkpoint=forged))
    assert "the log was rewritten" in verify(spoiled, told.vkey).broken


def days(log: EvidenceLog, start: int, end: int) -> bytes:
    """Return the bundle of some days."""
    return bundle_of(log, gather(log, OfPeriod(AT + start * DAY, AT + end * DAY)), {})


def daily(make_log: Callable[[], EvidenceLog], *, rewritten: bool = False) -> EvidenceLog:
    """Return a log with three denials a day, for ten days; rewritten, one of the third day has another reason."""
    log = make_log()
    for number in range(30):
        reason = "abusive" if rewritten and number == 7 else "identity-not-proven"
        log.record(Recorded(CaseId(f"C-20261123-{number:06d}"), AT + number * DAY / 3, Denied(reason)))
    return log


def test_a_period_must_continue_the_one_that_is_kept(told: EvidenceLog) -> None:
    """Bundles of adjacent periods fit together; a gap, another key and a rewritten log are noticed."""

    def make_log() -> EvidenceLog:
        return EvidenceLog(type(told.sequence)(), type(told.tiles)(), told.signer, told.origin)

    log, rewritten = daily(make_log), daily(make_log, rewritten=True)
    kept = [days(log, start, start + 2) for start in range(0, 10, 2)]
    for older, newer in pairwise(kept):
        assert verify_after(older, newer, verify(newer, told.vkey), told.vkey).authentic
    assert verify_after(kept[0], days(log, 0, 10), verify(kept[0])).authentic
    gap = verify_after(kept[0], kept[3], verify(kept[3]))
    assert "something between them may be missing" in gap.broken
    for later in (4, 6, 8):
        newer = days(rewritten, later, later + 2)
        assert verify(newer, told.vkey).authentic
        if later == 4:
            assert "rewritten since" in verify_after(kept[1], newer, verify(newer)).broken
    assert "was another one" in verify_after(kept[1], days(rewritten, 2, 4), verify(kept[1])).broken
    spoiled = kept[0].replace(b'"index":1,', b'"index":2,')
    assert verify_after(spoiled, kept[1], verify(kept[1])).broken.startswith("after: entry 2")


def test_a_case_from_before_the_period_is_said_to_be_so(told: EvidenceLog) -> None:
    """A period that begins in the middle of a case does not judge the case."""
    report = verify(bundle_of(told, gather(told, OfPeriod(AT + timedelta(minutes=4), AT + DAY)), {}), told.vkey)
    assert report.broken == ""
    assert report.still_open == ("began before this period: see the bundle of the case",)


@pytest.mark.parametrize("scope", [OfCase(CaseId("C-1")), OfRule(RuleId("x")), OfDataset(DatasetId("x.y"))])
def test_nothing_is_exported_about_the_unknown(told: EvidenceLog, scope: Scope) -> None:
    """What the log does not know has no bundle."""
    with pytest.raises(UnknownNameError):
        gather(told, scope)


def test_periods_without_statements_and_periods_turned_around(told: EvidenceLog) -> None:
    """A period in which nothing was stated, and one that ends before it begins, have no bundle."""
    with pytest.raises(UnknownNameError):
        gather(told, OfPeriod(AT - 9 * DAY, AT - 8 * DAY))
    with pytest.raises(InputError):
        gather(told, OfPeriod(AT, AT))


def test_lines_of_witnesses_are_passed_over(told: EvidenceLog, story: Any) -> None:
    """Cosignatures and unknown signature lines on the checkpoint do no harm; they are reported, not judged."""
    told.publish()
    gather(told, OfCase(CASE))
    note = told.tiles.read("checkpoint")
    assert note is not None
    line = "\N{EM DASH} witness.example " + base64.b64encode(bytes(76)).decode() + "\n"
    told.tiles.write("checkpoint", note + line.encode())
    report = verify(export(told, OfCase(CASE), story), told.vkey)
    assert (report.broken, report.others) == ("", (line.strip(),))
    assert "1 signatures of others, not judged here" in summary(report)


def correct(log: EvidenceLog, wrong: Fact, number: int) -> None:
    """Withdraw what was stated as the story's fact of that number."""
    stated = statement_id(Recorded(CASE, AT + timedelta(minutes=number), wrong))
    log.record(Recorded(CASE, AT + DAY, Corrected(stated, "not-done", None)))


@pytest.mark.parametrize(("kind", "why"), [(Disposed, "withdrawn"), (Looked, "the latest verification failed")])
def test_a_correction_takes_away(told: EvidenceLog, story: Any, kind: type[Fact], why: str) -> None:
    """A step or a passed look that was withdrawn counts no longer: the case is not complete."""
    number = next(number for number, fact in enumerate(story.facts) if isinstance(fact, kind))
    correct(told, story.facts[number], number)
    report = verify(export(told, OfCase(CASE), story))
    assert report.broken == ""
    assert any(why in reason for reason in report.still_open)
    assert "(withdrawn)" in summary(report)


def test_a_correction_cannot_make_a_failure_or_a_copy_vanish(told: EvidenceLog, story: Any) -> None:
    """A failed look stays a failed look, and a copy that remains stays listed, whatever is withdrawn."""
    look = dataclasses.replace(next(f for f in story.facts if isinstance(f, Looked)), passed=False, residual=1)
    told.record(Recorded(CASE, AT + DAY, look))
    told.record(Recorded(CASE, AT + DAY, Corrected(statement_id(Recorded(CASE, AT + DAY, look)), "wrong-count", None)))
    number = next(number for number, fact in enumerate(story.facts) if isinstance(fact, Remains))
    correct(told, story.facts[number], number)
    bundle = export(told, OfCase(CASE), story)
    assert "app.customers: the latest verification failed" in verify(bundle).still_open
    assert [copy["what"] for copy in json.loads(bundle)["body"]["summary"]["remains"]] == ["nightly/2026-11-22"]


def test_a_correction_names_a_statement_of_its_case(told: EvidenceLog, story: Any) -> None:
    """A correction of something that was not stated before, in this case, is broken evidence."""
    told.record(Recorded(CASE, AT + DAY, Corrected(statement_id(Recorded(OTHER, AT, Denied("x"))), "other", None)))
    assert "correction" in verify(export(told, OfCase(CASE), story)).broken


def test_without_its_plan_a_case_is_not_complete(told: EvidenceLog) -> None:
    """Leaving the plan out hides which steps were to be done: then nothing is called complete."""
    report = verify(bundle_of(told, gather(told, OfCase(CASE)), {}))
    assert report.broken == ""
    assert "its plan is not attached: whether all of it was done cannot be seen" in report.still_open


def test_the_words_are_chosen_by_what_is_stated(told: EvidenceLog, story: Any) -> None:
    """A denial claims nothing about data; an erased case says what it shows and what it cannot, in both languages."""
    denied = json.loads(bundle_of(told, gather(told, OfCase(OTHER)), {}))["body"]["summary"]
    assert [claim["code"] for claim in denied["claims"]] == ["C1", "C7"]
    assert [limit["code"] for limit in denied["limits"]] == ["L1", "L7", "L8", "L9"]
    erased = json.loads(export(told, OfCase(CASE), story))["body"]["summary"]
    assert [claim["code"] for claim in erased["claims"]] == [f"C{n}" for n in (1, 2, 3, 4, 5, 6, 7, 9, 10)]
    assert all(claim["en"] and claim["ja"] for claim in erased["claims"] + erased["limits"])
