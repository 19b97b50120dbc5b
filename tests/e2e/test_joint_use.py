"""Joint use as APPI 27(5)(iii) and 41 have it; each test names its article."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from retention.app import auditing
from retention.errors import InputError, SharingError
from retention.evidence import verify
from retention.model.case import CaseState
from retention.model.plan import DestroyTokenKey, ForgetInSet, WithdrawSet
from retention.model.sharing import KeyUse, SetState

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

SHARING = """\
recipes:
  notes-for-the-group:
    aim: pseudonymous
    columns:
      id: {role: other, do: drop}
      customer_id: {role: link, do: token}
      body: {role: identifier, do: drop}
      written_at: {role: quasi_identifier, do: {generalize: {by: dates, level: 2}}}
joint_use:
  group:
    kind: pseudonymised
    items: [use_of_notes]
    members:
      - {id: holdings, name: {ja: 持株会社, en: Holdings}, from: 2022-04-01, until: 2027-01-01, country: JP}
      - {id: cinema, name: {ja: 映画館, en: Cinema}, from: 2022-04-01, country: JP}
    purposes:
      J1: {title: {ja: 案内, en: Offers}, contacts: true}
      J2: {title: {ja: 研究開発, en: Research and development}}
    responsible: {entity: {ja: 例の店, en: Example Shop}, address: 東京都, representative: 代表取締役}
    sets:
      notes:
        dataset: shop.notes
        recipe: notes-for-the-group
        purpose: J2
        columns: {customer_id: use_of_notes, written_at: use_of_notes}
        keep: P90D
        never_joined_with: [shop.customers]
"""


@pytest.fixture
def sharing(shop):
    """The shop, which shares the use of notes with two companies of its group; the notice is public."""
    policy = shop.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8").replace("regimes: [jp.appi]", "regimes: [jp.appi, eu.gdpr]")
    policy.write_text(text + SHARING, encoding="utf-8")
    with shop.app() as app:
        app.publish_notice("group", "https://shop.example/joint-use", NOW)
    return shop


def carry_out(app, plan, now=NOW):
    """Take a plan down the whole road; return the bundle's verdict."""
    app.approve(plan.plan_id, plan.digest, "office", now)
    if plan.crossings:
        app.approve(plan.plan_id, plan.digest, "second", now)
    report = app.apply(plan.plan_id, now)
    assert not report.failed, report.failed
    app.verify(plan.plan_id, now)
    app.seal(plan.plan_id, now)
    return verify(app.bundle(plan.case_id))


def exported(app, member="holdings", now=NOW):
    """Hand the notes to a member; return the set."""
    before = {each.export_id for each in app.context.ledger.sharing.sets()}
    carry_out(app, app.plan_export("group", "notes", member, now), now)
    (made,) = (each for each in app.context.ledger.sharing.sets() if each.export_id not in before)
    return made


def rows_of(app, shared):
    """Read the set's rows as the member does."""
    content = app.context.exports.read(f"{shared.folder}/part-00000.parquet")
    return pq.read_table(io.BytesIO(content))


def test_article_41_6_a_set_goes_to_a_joint_user_with_manifest_label_and_evidence(sharing):
    """What goes out is what was published: the columns, labelled in file, manifest and evidence; no name (UNX-30)."""
    with sharing.app() as app:
        report = carry_out(app, app.plan_export("group", "notes", "holdings", NOW))
        shared = app.context.ledger.sharing.sets()[0]
        table, manifest = rows_of(app, shared), json.loads(app.context.exports.read(f"{shared.folder}/manifest.json"))
    assert report.complete, report.still_open
    assert {"pseudonymize", "verification", "keyDestroyed"} <= {fact.kind for fact in report.facts}
    assert table.column_names == ["customer_id", "written_at"]
    assert table.num_rows == 10
    assert table.schema.metadata[b"retention.label"] == b"pseudonymous"
    assert (manifest["label"], manifest["recipient"], manifest["rows"]) == ("pseudonymous", "holdings", 10)
    assert manifest["notice"]["address"] == "https://shop.example/joint-use"
    assert not {f"c{n}" for n in range(10)} & set(table.column("customer_id").to_pylist())


def test_article_41_6_two_joint_users_share_no_token(sharing):
    """Each recipient's tokens are of a domain of their own: their files cannot be joined."""
    with sharing.app() as app:
        one, other = (rows_of(app, exported(app, member)) for member in ("holdings", "cinema"))
    tokens = [set(table.column("customer_id").to_pylist()) for table in (one, other)]
    assert [len(each) for each in tokens] == [10, 10]
    assert not tokens[0] & tokens[1]


def test_article_41_6_a_column_that_is_not_published_never_goes_out(sharing):
    """A column under no published item is a mistake of the policy file, with its line; nothing opens (UNX-34)."""
    policy = sharing.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("written_at: use_of_notes}", "written_at: location}"), encoding="utf-8")
    with pytest.raises(InputError, match=r"sets\.notes\.columns\.written_at.*an item that is published"):
        sharing.app()
    policy.write_text(text.replace(", written_at: use_of_notes}", "}"), encoding="utf-8")
    with pytest.raises(InputError, match="every column that its recipe lets go out"):
        sharing.app()


def test_article_41_6_nobody_but_a_joint_user_gets_it_not_even_with_consent(sharing):
    """A recipient that is no joint user, or no longer one, is refused; no plan, no file (UNX-15)."""
    with sharing.app() as app:
        with pytest.raises(SharingError, match=r"not-a-joint-user.*consent does not help"):
            app.plan_export("group", "notes", "advertiser", NOW)
        with pytest.raises(SharingError, match="holdings is no joint user on 2027-02-01"):
            app.plan_export("group", "notes", "holdings", datetime(2027, 2, 1, tzinfo=UTC))
        assert app.context.exports.paths("advertiser") == ()
        assert app.context.ledger.sharing.sets() == ()


def test_article_41_6_nothing_goes_out_before_the_notice_is_public(sharing):
    """When an item, a user, a purpose or who answers changes, the notice must be published anew first."""
    policy = sharing.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("Research and development", "Development"), encoding="utf-8")
    with sharing.app() as app, pytest.raises(SharingError, match="notice-unpublished"):
        app.plan_export("group", "notes", "holdings", NOW)


def test_article_27_5_an_office_cannot_answer_for_joint_use(sharing):
    """Who answers is an entity with address and representative; an office alone stands against every export."""
    policy = sharing.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    entity = "{entity: {ja: 例の店, en: Example Shop}, address: 東京都, representative: 代表取締役}"
    policy.write_text(text.replace(entity, "{office: Desk}"), encoding="utf-8")
    with sharing.app() as app, pytest.raises(SharingError, match="responsible-unnamed"):
        app.plan_export("group", "notes", "holdings", NOW)


def test_article_41_8_a_purpose_that_contacts_people_is_no_purpose_of_a_set(sharing):
    """Contact guard: neither the purpose nor anything in the set may serve to reach a person."""
    policy = sharing.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8").replace("purpose: J2", "purpose: J1")
    policy.write_text(text, encoding="utf-8")
    with sharing.app() as app, pytest.raises(SharingError, match="the purpose J1 contacts people"):
        app.plan_export("group", "notes", "holdings", NOW)


def test_article_41_7_a_key_in_clear_would_let_the_set_be_matched(sharing):
    """Join guard: a customer's number that goes out as it is stands against the export."""
    policy = sharing.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(
        text.replace("customer_id: {role: link, do: token}", "customer_id: {role: link}"), encoding="utf-8"
    )
    with sharing.app() as app, pytest.raises(SharingError, match="joinable: keys go out in clear: customer_id"):
        app.plan_export("group", "notes", "holdings", NOW)


def test_article_41_2_a_leaked_key_brings_its_sets_back_and_is_replaced(sharing):
    """After a leak the key makes nothing more: sets return, it goes, the next set has other tokens (UNX-33)."""
    with sharing.app() as app:
        first = exported(app)
        before = set(rows_of(app, first).column("customer_id").to_pylist())
        app.note_leak(first.key_name, NOW)
        plan = app.plan_withdrawals(NOW)
        steps = app.plan(plan.plan_id)[0].steps
        report = carry_out(app, plan)
        second = exported(app, now=NOW + timedelta(days=1))
        after = set(rows_of(app, second).column("customer_id").to_pylist())
        assert app.context.keys.read(first.key_name) is None
        assert app.context.exports.paths(first.folder) == ()
        assert app.context.ledger.sharing.get_set(first.export_id).state is SetState.WITHDRAWN
    assert [type(step) for step in steps] == [WithdrawSet, DestroyTokenKey]
    assert steps[0].reason == "key-leaked"
    assert report.complete, report.still_open
    assert (first.epoch, second.epoch) == (1, 2)
    assert not before & after


def test_article_41_5_who_leaves_the_group_must_delete(sharing):
    """When a joint user leaves, his set comes back, he is told to delete his copy, and the key goes last (UNX-27)."""
    left = datetime(2027, 1, 2, tzinfo=UTC)
    with sharing.app() as app:
        shared = exported(app)
        assert app.plan_withdrawals(NOW) is None
        plan = app.plan_withdrawals(left)
        assert [type(step) for step in app.plan(plan.plan_id)[0].steps] == [WithdrawSet, DestroyTokenKey]
        report = carry_out(app, plan, left)
        (order,) = app.context.exports.paths("holdings")
        told = json.loads(app.context.exports.read(order))
        case = app.context.ledger.cases.get(plan.case_id)
    assert (told["export"], told["erase"]) == (shared.export_id, "everything")
    assert report.complete, report.still_open
    assert case.state is CaseState.SEALED  # until the day by which he must have deleted


def test_article_41_9_a_request_under_the_appi_does_not_reach_a_pseudonymised_set(sharing):
    """Who asks under the APPI alone is told which sets the request does not reach; the set stays as it is."""
    with sharing.app() as app:
        shared = exported(app)
        before = rows_of(app, shared)
        plan = requested(app, "user_id=c3", "jp.appi")
        frozen = app.plan(plan.plan_id)[0]
        report = carry_out(app, plan)
        assert rows_of(app, shared).equals(before)
    assert [(each.dataset, each.statute) for each in frozen.exempt] == [(shared.place, "jp.appi.41-9")]
    assert not [step for step in frozen.steps if isinstance(step, ForgetInSet)]
    assert report.complete, report.still_open


def test_gdpr_article_17_a_request_follows_into_what_was_handed_over(sharing):
    """Who asks under the GDPR is erased from the set as well, by token, and the joint user is told to do the same."""
    with sharing.app() as app:
        shared = exported(app)
        before = rows_of(app, shared).column("customer_id").to_pylist()
        plan = requested(app, "user_id=c3", "eu.gdpr")
        steps = app.plan(plan.plan_id)[0].steps
        report = carry_out(app, plan)
        after = rows_of(app, shared).column("customer_id").to_pylist()
        (order,) = [path for path in app.context.exports.paths("holdings") if "/orders/" in path]
        told = json.loads(app.context.exports.read(order))
        uses = [access.use for access in app.context.ledger.sharing.accesses()]
        audited = auditing.collect(app.context, NOW.date(), NOW.date(), NOW).datasets
    assert isinstance(steps[0], ForgetInSet)
    assert [(d.due, d.erased) for d in audited if d.name == steps[0].dataset] == [(1, 1)]
    assert (steps[0].rows, steps[0].of_rows) == (1, 10)
    assert report.complete, report.still_open
    assert len(after) == 9
    assert told["erase"] == sorted(set(before) - set(after))
    assert uses[0] is KeyUse.EXPORT
    assert set(uses[1:]) == {KeyUse.ERASURE, KeyUse.VERIFICATION}


def test_gdpr_article_17_a_person_is_found_before_the_key_goes(sharing):
    """While someone's request is open no key is destroyed: without it nobody could find him in what was handed over."""
    left = datetime(2027, 1, 2, tzinfo=UTC)
    with sharing.app() as app:
        exported(app)
        app.open_request("user_id=c3", "post", NOW)
        plan = app.plan_withdrawals(left)
        assert [type(step) for step in app.plan(plan.plan_id)[0].steps] == [WithdrawSet]


STATISTICS = """\
statistics:
  writers:
    dataset: shop.visits
    person: user
    dimensions: {area: keep, device: keep}
    at_least: 3
    recipients: [partner]
"""
VISITS = """\
  shop.visits:
    system: shop
    table: visits
    primary_key: [id]
    subject: {user_id: user}
    fields:
      area: {category: visits, identifies: indirectly}
      device: {category: visits, identifies: indirectly}
"""


def counted(shop, people):
    """Add a table of visits with so many people by area and device, and statistics over it."""
    names = [(area, device, n) for (area, device), count in people.items() for n in range(count)]
    shop.change(
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, user TEXT, area TEXT, device TEXT)",
        *(f"INSERT INTO visits (user, area, device) VALUES ('{a}{d}{n}', '{a}', '{d}')" for a, d, n in names * 2),
    )
    policy, datamap = shop.folder / "policy.yaml", shop.folder / "datamap.yaml"
    category = "  visits: {title: {ja: 訪問, en: Visits}, purposes: [P4]}\nrules:\n"
    text = policy.read_text(encoding="utf-8").replace("rules:\n", category, 1)
    policy.write_text(text + STATISTICS, encoding="utf-8")
    datamap.write_text(datamap.read_text(encoding="utf-8") + VISITS, encoding="utf-8")


def test_statistics_show_no_small_cell_and_none_that_could_be_computed(sharing):
    """Counts of people, not rows, go out as CSV and Parquet with evidence (UMU-29, COO-17, UNX-15).

    Beside the one small cell so many others are left out that it cannot be found from the totals.
    """
    counted(sharing, {("east", "tv"): 1, ("east", "phone"): 9, ("west", "tv"): 8, ("west", "phone"): 7})
    with sharing.app() as app:
        report = carry_out(app, app.plan_statistics("writers", NOW))
        (path,) = [path for path in app.context.exports.paths("statistics") if path.endswith(".csv")]
        lines = app.context.exports.read(path).decode().splitlines()
        parquet = app.context.exports.read(path.replace(".csv", ".parquet"))
    assert lines[0] == "area,device,people"
    assert lines[1:] == [
        *("east,phone,", "east,tv,", "east,*,10", "west,phone,", "west,tv,", "west,*,15"),
        *("*,phone,16", "*,tv,9", "*,*,25"),
    ]
    assert pq.read_table(io.BytesIO(parquet)).schema.metadata[b"retention.label"] == b"anonymous"
    assert report.complete, report.still_open
    assert "anonymize" in {fact.kind for fact in report.facts}


def test_statistics_that_cannot_be_protected_are_not_published(sharing):
    """A single person, with nobody to hide among, stops the run; nothing is written."""
    counted(sharing, {("east", "tv"): 1})
    with sharing.app() as app:
        plan = app.plan_statistics("writers", NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        report = app.apply(plan.plan_id, NOW)
        assert app.context.exports.paths("statistics") == ()
    assert [failed.transient for failed in report.failed.values()] == [False]


def requested(app, subject, regime):
    """Take a request as far as its plan."""
    case = app.open_request(subject, "post", NOW, regime)
    app.identify(case.case_id, "passport", NOW)
    app.accept(case.case_id, NOW)
    return app.plan_request(case.case_id, NOW)
