from __future__ import annotations

import hashlib
import hmac
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.evidence import merkle, subjects
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey

CASE, OTHER = CaseId("C-20261123-7f3k2q"), CaseId("C-20261123-aaaaaa")
SECRET, PLAN = bytes(range(32)), "ab" * 32
keys = st.lists(
    st.builds(SubjectKey, st.sampled_from(["email", "phone", "user_id"]), st.text(min_size=1, max_size=12)),
    min_size=1,
    max_size=40,
    unique_by=lambda key: (key.name, key.compared),
)


@given(keys, st.text(min_size=1, max_size=12))
@settings(max_examples=60)
def test_every_opening_shows_its_own_key_and_no_other(people: list[SubjectKey], stranger: str) -> None:
    """Each key is shown by its opening, in this case and under this root only; a stranger is shown by none."""
    made = subjects.commit(SECRET, CASE, PLAN, people)
    openings = dict(made.openings())
    assert made.count == len(openings) == len(people)
    absent = SubjectKey("email", stranger)
    known = {(key.name, key.compared) for key in people}
    for key, opening in openings.items():
        assert opening.shows(CASE, key, made.root)
        assert not opening.shows(OTHER, key, made.root)
        assert not opening.shows(CASE, key, merkle.EMPTY_ROOT)
        assert not opening.shows(CASE, SubjectKey("other", key.value), made.root)
        assert (absent.name, absent.compared) in known or not opening.shows(CASE, absent, made.root)


@given(keys, st.randoms(use_true_random=False))
def test_a_repeat_makes_the_same_root(people: list[SubjectKey], random) -> None:
    """Whoever repeats it after a crash, in whatever order, gets the same root; another plan or secret another one."""
    made = subjects.commit(SECRET, CASE, PLAN, people)
    mixed = list(people)
    random.shuffle(mixed)
    assert subjects.commit(SECRET, CASE, PLAN, mixed).root == made.root
    assert subjects.commit(SECRET, CASE, "cd" * 32, people).root != made.root
    assert subjects.commit(bytes(32), CASE, PLAN, people).root != made.root


def test_the_commitment_is_the_published_formula() -> None:
    """C is what docs/evidence/receipt.md says, computed here by hand."""
    salt, value = b"s" * 32, "  \uff34\uff41\uff52\uff4f@Example.JP "
    text = unicodedata.normalize("NFKC", value).strip().casefold()
    message = b"erasure-subject/v1\0" + CASE.encode() + b"\0email\0" + text.encode()
    assert text == "taro@example.jp"
    found = subjects.commitment(salt, CASE, SubjectKey("email", value))
    assert found == hmac.new(salt, message, hashlib.sha256).digest()


def test_the_order_says_nothing_of_how_people_came() -> None:
    """Places in the tree follow the commitments, not the people: sorted names do not come out sorted."""
    people = [SubjectKey("user_id", f"u{number:03d}") for number in range(100)]
    places = [opening.index for _, opening in sorted(subjects.commit(SECRET, CASE, PLAN, people).openings(), key=str)]
    assert sorted(places) == list(range(100))
    order = {key.value: opening.index for key, opening in subjects.commit(SECRET, CASE, PLAN, people).openings()}
    assert [order[key.value] for key in people] != list(range(100))


def test_nothing_personal_shows_in_a_repr() -> None:
    """Neither commitments nor openings print salts, paths or values."""
    made = subjects.commit(SECRET, CASE, PLAN, [SubjectKey("email", "taro@example.jp")])
    ((_, opening),) = made.openings()
    assert "taro" not in repr(made)
    assert "salt" not in repr(opening)
