"""The forms of letters: whole, alike in both languages, and never filled with nothing."""

from __future__ import annotations

from itertools import chain
from string import Formatter

import pytest

from retention.errors import InputError, PolicyError
from retention.evidence import page, plain
from retention.evidence.letter import write
from retention.evidence.letter_forms import Said, Told, read_forms, shipped_forms
from retention.evidence.letter_samples import sample
from retention.model.letter import LetterKind, Word
from retention.model.request_moves import Lengthening, Measure
from retention.model.terms import Filer, Masked, Refusal, Right
from retention.packs import pack_names, read_pack
from retention.packs.letters import read_forms_file
from retention.policy import read_policy
from retention.policy.statutes import shipped_statutes
from retention.requests import REFUSALS
from retention.requests.filing import AuthorityPaper

LANGUAGES = ("ja", "en")
JA, EN = (shipped_forms(language) for language in LANGUAGES)


def places(forms, kind):
    """Return the places of a letter, and the conditions under which its parts stand."""
    form, texts = forms.letters[kind], []
    for conditions, part in forms.parts_of(kind):
        texts += [(only.when, only.under) for only in conditions]
        match part:
            case Said("items", place):
                texts.append(f"{{{place}}}")
            case Said(_, text):
                texts.append(text)
            case Told(facts):
                texts += [value for _, value in facts]
    strings = [form.subject, form.title, *(text for text in texts if isinstance(text, str))]
    named = {name for text in strings for _, name, _, _ in Formatter().parse(text) if name}
    return named, {text for text in texts if not isinstance(text, str)}


@pytest.mark.parametrize("kind", LetterKind)
def test_both_languages_say_the_same_things_of_a_case(kind):
    """A letter in Japanese and its twin in English have the same places and the same conditions."""
    assert places(JA, kind) == places(EN, kind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_word(language):
    """Rights, refusals, agents, masks, papers, measures, reasons; channels and documents of every pack."""
    words = shipped_forms(language).words
    policies = [read_policy(read_pack(name)["policy.yaml"], name, shipped_statutes()) for name in pack_names()]
    expected = {
        "right": {right.value for right in Right},
        "refusal": {*(refusal.value for refusal in Refusal), *REFUSALS},
        "agent": {filer.value for filer in Filer},
        "masked": {part.value for part in Masked},
        "authority": {paper.value for paper in AuthorityPaper},
        "measure": {measure.value for measure in Measure} - {"other"},
        "extension": {reason.value for reason in Lengthening},
        "channel": set(chain.from_iterable(policy.requests.channels for policy in policies)),
        "document": set(chain.from_iterable(policy.requests.identity_documents for policy in policies)),
    }
    assert {group: codes - words[group].keys() for group, codes in expected.items()} == {
        group: set() for group in expected
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", LetterKind)
def test_a_sample_of_each_letter_is_whole(kind, language):
    """No place stays open, it says whom it is to and from, and page and text say the same."""
    written = sample(kind, language)
    text, html = plain.render(written.document), page.render(written.document)
    assert "{" not in written.subject + text
    controller = {"ja": "株式会社見本ストア", "en": "Sample Store Co., Ltd."}[language]
    for said in (controller, "privacy@store.example", written.document.title):
        assert said in text
        assert said in html
    assert written.document.addressee


def test_a_letter_with_a_hole_is_not_written():
    """Everything that the case lacks is named at once: a value, an empty list, a code without a word, a yes or no."""
    given = {
        "name": "N", "date": "d", "case": "C-1", "controller": "c", "address": "a", "responsible": "r",
        "contact": "p", "regimes": ("jp.appi",), "right": Word("right", "to-fly"), "received": "d",
        "reasons": (), "explanation": " ",
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        write(LetterKind.REFUSAL, EN, given)
    found = {problem.where.rpartition("{")[2].rstrip("}"): problem.found for problem in caught.value.problems}
    assert found == {
        "right": "the code `to-fly`, for which `words.right` has no word",
        "reasons": "an empty list",
        "explanation": "nothing",
        "has_accredited": "neither yes nor no",
        "no_accredited": "neither yes nor no",
    }
    assert "N" not in {word for problem in caught.value.problems for word in problem.found.split()}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{due}", "{due", "a brace without its partner"),
        ("{due}", "{due.year}", "with more than a name"),
        ("  receipt:\n", "  reciept:\n", "the unknown key `reciept`"),
        ("section: case", "section: nowhere", "a section of this file"),
        ('items: "{papers}"', 'items: "{papers} and {by}"', "one place, like {items}"),
    ],
)
def test_forms_that_are_wrong_are_refused_with_the_place(old, new, expected):
    """What a company's editor gets wrong is found when the file is read, not when the first letter goes out."""
    text = read_forms_file("en").replace(old, new, 1)
    with pytest.raises(PolicyError) as caught:
        read_forms(text, "en.yaml", "en")
    assert expected in str(caught.value)
    assert "en.yaml:" in str(caught.value)


@pytest.mark.parametrize(
    ("laws", "told", "not_told"),
    [
        (("jp.appi",), ("個人情報保護委員会", "第39条"), ("GDPR", "カリフォルニア")),
        (("eu.gdpr",), ("監督機関", "第79条"), ("個人情報保護委員会", "カリフォルニア")),
        (("us.ccpa",), ("カリフォルニア州プライバシー保護庁",), ("個人情報保護委員会", "監督機関")),
    ],
)
def test_a_refusal_says_where_to_complain_under_the_law_it_rests_on(laws, told, not_told):
    """The authority, and the court where the law names one; nobody is sent to another country's."""
    values = {
        "name": "山田 花子", "date": "d", "case": "C-1", "controller": "c", "address": "a", "responsible": "r",
        "contact": "p", "regimes": laws, "right": Word("right", "erasure"), "received": "d",
        "reasons": (Word("refusal", "other-law"),), "explanation": "e",
        "has_accredited": False, "no_accredited": False,
    }  # fmt: skip
    text = plain.render(write(LetterKind.REFUSAL, JA, values).document)
    assert all(word in text for word in told)
    assert not any(word in text for word in not_told)
