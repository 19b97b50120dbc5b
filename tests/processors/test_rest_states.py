"""Everything a REST processor can do wrong, carried through whole cases: each ends in the right state.

The processor is a process of its own. Never two deletions by accident, never a false "done".
"""

from __future__ import annotations

import pytest

from connectors.memory import forget, make
from retention.app.answers import certificate
from retention.errors import TerminalFailure, TransientFailure
from retention.evidence import export_bundle, render, verify
from retention.model.answer import AtWork, BestEffort, ByHand, Completed, PartlyDone, Proof, Refused, code_of
from retention.model.case import CaseState
from retention.model.datamap import ColumnType
from retention.wiring import open_app
from tests.processors.desk import DAY, MINUTE, NOW, Desk, approved
from tests.processors.running import Running

PERSON = "c1"
THREE = (PERSON, "c2", "c3")
SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {{provider: file, path: keys}}
evidence: {{store: evidence, origin: shop.example/log}}
systems:
  app: {{connector: memory, url: "memory:rest"}}
  crm: {{connector: processor, protocol: rest, descriptor: crm.yaml, url: "{url}", token: t0k, timeout: "5"}}
"""
POLICY = """\
policy: p
controller: {name: {en: Shop}, address: Tokyo, responsible: Office}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {title: {en: Account, ja: 会員情報}, purposes: [P]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
processors:
  crm: {categories: [account], key: user_id, answer_within: P14D, kind: outsourcer, contracted: 2024-04-01,
    nda: 2024-03-01, supervised: 2026-04-01, country: JP, subprocessors: [callcentre, cdn]}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""
DATAMAP = """\
datasets:
  app.customers: {system: app, table: customers, primary_key: [id], subject: {user_id: id},
    fields: {name: {category: account, identifies: directly}}}
"""
LINKED = POLICY.replace("answer_within: P14D, kind", "answer_within: P14D, before: [app.links], kind")
LINKS = """\
  app.links: {system: app, table: links, primary_key: [id], parent: {app.customers: {customer_id: id}},
    fields: {token: {category: account, identifies: directly}}}
"""
HEAD = """\
processor: crm
title: A customer system
source: [https://crm.example/docs]
read: 2026-11-26
auth: {kind: bearer}
probe: {method: GET, path: "/people/{key}", present: [{status: 200}], absent: [{status: 404}]}
"""
DIRECT = """\
delete:
  - method: DELETE
    path: /people/{key}
    answers:
      - {status: 200, when: {deleted: true}, outcome: completed}
      - {status: 200, when: {deleted: partly}, outcome: partial, reason: kept-by-law}
      - {status: 404, outcome: completed}
      - {status: 403, outcome: refused, reason: kept-by-law}
repeat: probe
"""
JOBS = """\
delete:
  - method: POST
    path: /jobs
    headers: {Idempotency-Key: "{order}"}
    body: {person: "{key}"}
    answers:
      - {status: 202, when: {job.state: running}, outcome: pending, reference: job.id}
      - {status: 202, when: {job.state: done}, outcome: completed, reference: job.id}
repeat: key
poll:
  method: GET
  path: /jobs/{reference}
  answers:
    - {status: 200, when: {job.state: running}, outcome: pending}
    - {status: 200, when: {job.state: done}, outcome: completed}
    - {status: 200, when: {job.state: partial}, outcome: partial, reason: some-systems-failed}
"""
NO_PROBE = "\n".join(line for line in HEAD.splitlines() if not line.startswith("probe:")) + "\n"


@pytest.fixture(scope="module")
def server():
    """The processor's process, started once."""
    running = Running("rest_processor")
    yield running
    running.close()


class RestDesk(Desk):
    """One request about one person at the processor of a descriptor, as far as its approved plan."""

    def __init__(self, folder, server, descriptor, *, linked=False, more=""):
        server.reset()
        server.load(PERSON, "c2")
        made = make("rest")
        made.put("customers", {"id": ColumnType.TEXT, "name": ColumnType.TEXT}, [{"id": PERSON, "name": "n"}])
        text = ColumnType.TEXT
        if linked:
            rows = [{"id": "l1", "customer_id": PERSON, "token": "t"}]
            made.put("links", {"id": text, "customer_id": text, "token": text}, rows)
        promised, mapped = (LINKED, DATAMAP + LINKS) if linked else (POLICY, DATAMAP)
        texts = {"retention": SETTINGS.format(url=server.address), "policy": promised + more, "datamap": mapped}
        self.made = made
        for name, content in {**texts, "crm": descriptor}.items():
            (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
        self.server = server
        app = open_app(folder)
        super().__init__(app, server, *approved(app, f"user_id={PERSON}"))

    def rows(self):
        """How many rows each table has."""
        return {name: len(table.rows) for name, table in sorted(self.made.tables().items())}

    def deletions(self):
        """How often the processor deleted."""
        return self.server.told()["deletions"]


@pytest.fixture
def desk(tmp_path, server):
    """Make a desk for a descriptor."""
    made = []

    def opened(descriptor, **more):
        made.append(RestDesk(tmp_path, server, descriptor, **more))
        return made[-1]

    yield opened
    for each in made:
        each.app.close()
    forget("rest")


def test_a_deletion_is_told_once_looked_for_and_sealed(desk):
    """A processor that deletes: one deletion, the look-up agrees, the case is sealed."""
    it = desk(HEAD + DIRECT)
    assert it.apply() is CaseState.APPLIED
    assert (it.order.receipt.answer, it.order.receipt.proof) == (Completed(), Proof.CHANNEL)
    assert it.seal() is CaseState.CLOSED
    assert (it.deletions(), it.server.told()["people"]) == ([PERSON], ["c2"])


def test_a_lost_answer_is_no_second_deletion(desk):
    """The work was done and the answer lost: the next run looks, finds nobody and deletes nothing."""
    it = desk(HEAD + DIRECT)
    it.server.fault(lost=1)
    assert it.apply() is CaseState.PARTIAL
    assert it.apply(MINUTE) is CaseState.APPLIED
    assert (it.order.receipt.answer, it.deletions()) == (Completed(), [PERSON])


def test_a_lost_answer_of_a_job_is_found_by_its_key(desk):
    """A job whose answer was lost is found again by its key: one job, one deletion."""
    it = desk(HEAD + JOBS)
    it.server.fault(lost=1)
    assert it.apply() is CaseState.PARTIAL
    assert it.apply(MINUTE) is CaseState.APPLIED
    assert it.order.receipt.answer == AtWork()
    it.server.settle()
    assert it.seal() is CaseState.CLOSED
    assert (it.server.told()["jobs"], it.deletions()) == (1, [PERSON])


def test_where_nobody_can_look_a_person_has_to(desk):
    """Without key and look-up a lost answer becomes a task, and the case is not sealed before it is answered."""
    it = desk(NO_PROBE + DIRECT.replace("repeat: probe", "repeat: ask"))
    it.server.fault(lost=1)
    it.apply()
    assert it.apply(MINUTE) is CaseState.APPLIED
    assert isinstance(it.order.receipt.answer, ByHand)
    assert "acknowledge" in it.app.tasks(it.now)[0].to_do
    with pytest.raises(TransientFailure):
        it.seal(DAY)
    assert it.deletions() == [PERSON]


@pytest.mark.parametrize("fault", [{"errors": 1}, {"silent": 1}, {"errors": 1, "status": 503}])
def test_an_outage_is_partial_and_the_next_run_goes_on(desk, fault):
    """500, 503 and no answer at all: PARTIAL; the same command again finishes it (UMU-25)."""
    it = desk(HEAD + DIRECT)
    it.server.fault(**fault)
    assert it.apply() is CaseState.PARTIAL
    assert it.apply(MINUTE) is CaseState.APPLIED
    assert it.deletions() == [PERSON]


def test_retry_after_is_kept(desk):
    """429 with Retry-After: nobody calls before that moment, and right after it the order is placed."""
    it = desk(HEAD + DIRECT)
    it.server.fault(errors=1, status=429, retry_after="600")
    it.apply()
    calls = it.server.told()["calls"]
    assert it.apply(9 * MINUTE) is CaseState.PARTIAL
    assert it.server.told()["calls"] == calls
    assert it.apply(MINUTE) is CaseState.APPLIED


def test_the_breaker_spares_a_processor_that_is_down(desk):
    """After three failures in a row nobody calls for a minute, after the next failure for two."""
    it = desk(HEAD + DIRECT)
    it.server.fault(errors=4)
    for _ in range(3):
        it.apply()
    calls = it.server.told()["calls"]
    assert it.app.tasks(it.now) == ()
    it.apply(MINUTE / 2)
    assert it.server.told()["calls"] == calls
    it.apply(MINUTE / 2)
    assert it.server.told()["calls"] == calls + 1
    it.apply(MINUTE)
    assert it.server.told()["calls"] == calls + 1
    assert it.apply(MINUTE) is CaseState.APPLIED


@pytest.mark.parametrize(
    ("fault", "answer"),
    [({"refuse": True}, Refused("kept-by-law")), ({"partial": True}, PartlyDone("kept-by-law"))],
)
def test_refusal_and_half_work_keep_the_case_partial_until_a_person_decides(desk, fault, answer):
    """PARTIAL with the reason, however often it is run; a named person may go on, and evidence says so."""
    it = desk(HEAD + DIRECT)
    it.server.fault(**fault, keep=True)
    assert it.apply() is CaseState.PARTIAL
    assert it.order.receipt.answer == answer
    assert it.apply(DAY) is CaseState.PARTIAL
    it.app.accept_answer(it.order.order_id, "Sato", it.now)
    assert it.apply(DAY) is CaseState.APPLIED
    assert it.seal() is CaseState.CLOSED
    line = certificate(it.app.context, it.case_id).processors[0]
    assert (line.said, line.reason, line.completed_at) == (code_of(answer), "kept-by-law", None)
    assert [(b["note"], b["deciderRef"][:2]) for b in it.facts("orderNote")] == [("accepted", "h:")]


def test_half_work_is_not_taken_for_the_whole(desk):
    """Asked again, a processor would find nothing more and say so: half work stays half until a person decides."""
    it = desk(HEAD + DIRECT)
    it.server.fault(partial=True)
    for _ in range(2):
        assert it.apply(DAY) is CaseState.PARTIAL
    assert (it.order.receipt.answer, it.deletions()) == (PartlyDone("kept-by-law"), [PERSON])


def test_a_refusal_that_is_taken_back_goes_on(desk):
    """Nothing was done when it refused: the next run asks again, and it deletes once."""
    it = desk(HEAD + DIRECT)
    it.server.fault(refuse=True)
    assert it.apply() is CaseState.PARTIAL
    it.server.fault()
    assert it.apply(DAY) is CaseState.APPLIED
    assert it.deletions() == [PERSON]


def test_saying_done_and_keeping_the_data_is_caught(desk):
    """An acknowledgement is no deletion: while the look-up finds the person the case is PARTIAL (COO-14)."""
    it = desk(HEAD + DIRECT)
    it.server.fault(keep=True)
    assert it.apply() is CaseState.PARTIAL
    assert it.apply(DAY) is CaseState.PARTIAL
    assert [probe["found"] for probe in it.facts("processorProbe")] == [True, True]
    it.server.reset()  # now they have
    assert it.apply(DAY) is CaseState.APPLIED


def test_a_job_that_lies_is_caught_at_the_seal(desk):
    """A job that says done and kept the data stops the seal: the verified case is PARTIAL again."""
    it = desk(HEAD + JOBS)
    it.apply()
    it.server.fault(keep=True)
    it.server.settle()
    with pytest.raises(TerminalFailure, match="still knows"):
        it.seal(DAY)
    assert it.state is CaseState.PARTIAL


def test_best_effort_is_never_called_erased(desk):
    """What is only asked is told as asked: no day of confirmation, and the certificate says so (COO-15)."""
    asked = DIRECT.replace("{deleted: true}, outcome: completed", "{deleted: true}, outcome: best-effort")
    it = desk(NO_PROBE + asked.replace("repeat: probe", "repeat: safe"))
    assert it.apply() is CaseState.APPLIED
    assert it.order.receipt.answer == BestEffort()
    assert it.seal() is CaseState.CLOSED
    line = certificate(it.app.context, it.case_id).processors[0]
    assert (line.said, line.completed_at) == ("best-effort", None)
    page = render(certificate(it.app.context, it.case_id), "en")
    assert "does not confirm" in page


def test_the_contract_and_its_sub_processors_stand_in_evidence(desk):
    """Who else the processor may pass data on to is stated with the case, and nobody's value is."""
    it = desk(HEAD + DIRECT)
    it.apply()
    [contract] = it.facts("processorContract")
    assert (contract["subprocessors"], contract["ndaOn"]) == (["callcentre", "cdn"], "2024-03-01")
    [ack] = it.facts("processorAck")
    assert (ack["state"], ack["proof"], ack["keyId"]) == ("completed", "channel", None)
    assert [probe["found"] for probe in it.facts("processorProbe")] == [False]


def test_a_link_is_revoked_there_before_it_goes_here(desk):
    """While the service has not revoked it, PARTIAL and no row goes; then link and person do (COO-05)."""
    it = desk(HEAD + JOBS, linked=True)
    it.server.fault(errors=1)
    assert it.apply() is CaseState.PARTIAL
    assert it.rows() == {"customers": 1, "links": 1}
    assert it.apply(MINUTE) is CaseState.APPLYING
    assert it.rows() == {"customers": 1, "links": 1}
    it.server.settle()
    assert it.apply(DAY) is CaseState.APPLIED
    assert it.rows() == {"customers": 0, "links": 0}


OUTSIDE = """\
recipients:
  google-analytics:
    {title: {en: Google Analytics, ja: Google アナリティクス}, kind: analytics, categories: [account], country: US,
     purpose: {en: Measuring use, ja: 利用状況の測定}, opt_out: "https://tools.google.com/dlpage/gaoptout"}
  police: {title: {en: Police}, kind: authority, categories: [account]}
"""


def test_who_answers_for_his_own_copy_is_named_and_nothing_is_claimed(desk):
    """The certificate names who holds data outside our control, for what, where to object (COO-15, UMU-30, UMU-13)."""
    it = desk(HEAD + DIRECT, more=OUTSIDE)
    it.apply()
    it.seal()
    told = certificate(it.app.context, it.case_id)
    assert [line.title["en"] for line in told.outside] == ["Google Analytics"]
    assert "Google Analytics" not in [line.name for line in told.processors]
    page = render(told, "en")
    assert (
        page.index("Outside our control") < page.index("Measuring use") < page.index("tools.google.com/dlpage/gaoptout")
    )


def test_a_batch_tells_of_everybody_and_each_hears_of_his_own_order(desk):
    """One order a person; each certificate has one answer, each share one order, and every bundle is complete."""
    it = desk(HEAD + DIRECT)
    it.server.load(PERSON, "c2", "c3")
    it.made.put("customers", {"id": ColumnType.TEXT, "name": ColumnType.TEXT}, [{"id": c, "name": c} for c in THREE])
    cases = {it.app.open_request(f"user_id={who}", "post", NOW).case_id: who for who in ("c2", "c3")}
    for case in cases:
        it.app.identify(case, "passport", NOW)
        it.app.accept(case, NOW)
    batch = it.app.plan_batch(NOW)
    it.app.approve(batch.plan.plan_id, batch.plan.digest, "office", NOW)
    assert it.app.apply(batch.plan.plan_id, NOW).state is CaseState.APPLIED
    it.app.verify(batch.plan.plan_id, NOW)
    assert it.app.seal(batch.plan.plan_id, NOW).state is CaseState.CLOSED
    assert sorted(it.deletions()) == ["c2", "c3"]
    for case in cases:
        (line,) = certificate(it.app.context, case).processors
        assert (line.name, line.said) == ("crm", "completed")
    orders = [fact["orders"] for fact in it.facts("batchShare")]
    placed = {order.order_id for order in it.app.context.ledger.copies.orders(batch.batch)}
    assert {order for mine in orders for order in mine} == placed
    assert [len(mine) for mine in orders] == [1, 1]
    assert verify(it.app.bundle(batch.batch)).complete
    assert all(verify(export_bundle(it.app.context.log, case, {})).complete for case in cases)
