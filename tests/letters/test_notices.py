"""One notice to many people: each once, with proof of delivery, and clocks that wait for it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from retention.errors import InputError
from tests.letters.conftest import NOW
from tests.letters.postbox import body

PEOPLE = [
    json.dumps({"subject": f"user_id=c{n}", "to": f"Name c{n} <c{n}@home.example>", "language": "en"}) for n in (1, 2)
]
CHANGE = ["--set", "policy=Privacy policy", "--set", "version=3", "--set", "announced=2022-12-01"]
CHANGE += [
    "--set",
    "effective=2022-12-01",
    "--set",
    "where=https://shop.example/privacy",
    "--set",
    "needs_consent=true",
]
CHANGE += ["--set", "changes=We keep orders for less long.", "--set", "changes=One more company works for us."]
BREACH = ["--set", "known=2026-11-22", "--set", "facts=A list was open.", "--set", "cause=A wrong setting."]
BREACH += ["--set", "data=E-mail address", "--set", "measures=Closed.", "--set", "reported=Made."]


@pytest.fixture
def notify(shop, cli, monkeypatch):
    """Write a notice by command to the people, and send."""
    monkeypatch.setattr("retention.cli.letters.now", lambda: NOW)
    (shop.folder / "people.jsonl").write_text("\n".join(PEOPLE), encoding="utf-8")

    def run(kind, name, *arguments):
        to = ("--name", name, "--to", shop.folder / "people.jsonl")
        written = cli("letters", "notice", kind, *to, *arguments, "--json", folder=shop.folder)
        sent = cli("letters", "send", "--json", folder=shop.folder)
        assert "home.example" not in written.all + sent.all
        return written, sent

    return run


def events(shop, kind):
    """Return the events of a kind: about what, and of whom by digest."""
    with shop.app() as app:
        return [(event.about, event.subject_digest) for event in app.context.ledger.events.of_kinds([kind])]


def test_everybody_is_told_of_a_new_version_once_and_it_is_known_who_was(shop, box, notify):
    """A letter each, the changes in it, an event of delivery each; the same notice again writes to nobody (WEB-25)."""
    written, sent = notify("policy-change", "2022-12", *CHANGE)
    assert (written.code, sent.code, len(json.loads(sent.out)["sent"])) == (0, 0, 2)
    assert all(
        "One more company works for us." in body(mail) and "only if you agree" in body(mail) for mail in box.mails
    )
    delivered = events(shop, "notice.delivered")
    assert [about for about, _ in delivered] == ["2022-12"] * 2
    assert len({who for _, who in delivered}) == 2
    again = notify("policy-change", "2022-12", *CHANGE)[1]
    assert json.loads(again.out)["sent"] == []
    assert len(box.mails) == 2


def test_a_breach_is_told_with_facts_cause_measures_and_what_to_do(shop, box, notify):
    """Without steps that protect nobody is written to; with them everybody is, and it is proven (UMU-38, UNX-39)."""
    written, _ = notify("breach", "B-1", *BREACH)
    assert written.code == 2
    assert "{steps}" in written.err
    assert box.mails == []
    _, sent = notify("breach", "B-1", *BREACH, "--set", "steps=Change your password.")
    assert len(json.loads(sent.out)["sent"]) == 2
    for mail in box.mails:
        for said in ("A list was open.", "A wrong setting.", "Closed.", "Made.", "Change your password."):
            assert said in body(mail)
    assert [about for about, _ in events(shop, "notice.delivered")] == ["B-1"] * 2


@pytest.mark.parametrize(("says", "days"), [(None, 0), ("450 never", 40)])
def test_the_end_of_a_service_is_told_or_everything_was_tried_before_contact_data_may_go(shop, box, notify, says, days):
    """The purpose of contact data is accomplished when the letter was sent or given up, and not before (COO-09)."""
    box.says = says
    more = ("--set", "service=Shop", "--set", "ends=2027-03-31", "--set", "erased=within 30 days")
    notify("service-ended", "shop", *more, "--purpose", "P1")
    if days:
        assert events(shop, "purpose.accomplished") == []
        with shop.app() as app:
            assert len(app.send_letters(NOW + timedelta(days=days)).given_up) == 2
    assert [about for about, _ in events(shop, "purpose.accomplished")] == ["P1"] * 2


def test_people_who_cannot_be_read_are_all_named_by_line(shop):
    """Bad JSON, no such key, no address: every line is said, and nobody is written to."""
    lines = ["nonsense", '{"subject": "shoe=42", "to": "a@b.example"}', '{"subject": "user_id=c1", "to": "nobody"}']
    with shop.app() as app:
        with pytest.raises(InputError) as caught:
            app.recipients([*lines, PEOPLE[0]])
        assert [problem.where for problem in caught.value.problems] == ["line 1", "line 2", "line 3"]
        assert "nobody" not in str(caught.value)
        assert app.letters() == ()


def test_what_could_not_be_recorded_later_is_refused_before_anybody_is_written_to(shop, notify):
    """A purpose that the policy does not have, a name that is no reference: exit 2, no letter."""
    more = ("--set", "service=Shop", "--set", "ends=2027-03-31", "--set", "erased=soon")
    assert notify("service-ended", "shop", *more, "--purpose", "fun")[0].code == 2
    assert notify("policy-change", "a name with spaces", *CHANGE)[0].code == 2
    assert notify("receipt", "1")[0].code == 2
    with shop.app() as app:
        assert app.letters() == ()
