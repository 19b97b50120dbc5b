"""The deletion concept: every rule in one class, in two languages and two forms."""

from __future__ import annotations

from datetime import date
from html import escape

import pytest

from retention.datamap import read_datamap
from retention.grammar import EVENT_KINDS
from retention.model.period import Period
from retention.packs import pack_names, read_pack
from retention.policy import paper, read_policy, shipped_statutes, wording
from retention.policy.classes import class_of, deletion_classes
from retention.policy.concept import Around, Backups, concept

DAY = date(2026, 11, 23)


def written(pack, language="en"):
    """Return a pack's policy and its concept."""
    files = read_pack(pack)
    policy = read_policy(files["policy.yaml"], "policy.yaml", shipped_statutes())
    datamap = read_datamap(files["datamap.yaml"], "datamap.yaml")
    around = Around(shipped_statutes(), (Backups("nightly", ("app",), Period(days=35)),), (policy.version,))
    return policy, concept(policy, datamap, around, language, DAY)


@pytest.mark.parametrize("pack", pack_names())
@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_pack_has_a_concept(pack, language):
    """Each rule and category stands in it, in Markdown and in HTML."""
    policy, blocks = written(pack, language)
    text, page = paper.markdown(blocks), paper.html("t", language, blocks)
    for rule in policy.rules:
        assert f"| {rule.rule_id} |" in text
        assert f"<td>{rule.rule_id}</td>" in page
    for category in policy.categories.values():
        assert escape(wording.title(category.title, language, category.category_id)) in page
    assert text.count("\n## ") >= 9


def test_a_class_is_a_start_and_a_period():
    """Rules with the same start and period share a class; every rule has exactly one."""
    policy, _ = written("u-next")
    classes = deletion_classes(policy.rules)
    names = class_of(classes)
    assert set(names) == {rule.rule_id for rule in policy.rules}
    assert sum(len(one.rules) for one in classes) == len(policy.rules)
    assert names["account"] == names["reviews"] != names["viewing-history"]
    assert names["account"][0] == names["viewing-history"][0]


def test_no_code_is_left_in_the_japanese_document():
    """Periods, starts and disposals are words; only names of rules, systems, fields and statutes stay."""
    _, blocks = written("u-next", "ja")
    text = paper.markdown(blocks)
    for code in ("P30D", "P7Y", "account.closed", "fiscal_year.closed", "anonymize", "default", "erase"):
        assert code not in text, code
    for words in ("退会から30日間", "匿名化", "提案（法務の確認が必要）", "35日間"):
        assert words in text, words


def test_text_cannot_become_markup():
    """A title with a bar or a tag stays a title."""
    blocks = (paper.Table(("a|b",), (("<script>x</script>\n# c",),)),)
    assert paper.markdown(blocks) == "| a\\|b |\n| --- |\n| &lt;script>x&lt;/script> # c |\n"
    assert "<script>" not in paper.html("<b>", "en", blocks)


def test_every_kind_of_event_has_words():
    """No code reaches a reader, in either language."""
    for kind in EVENT_KINDS:
        for language in wording.LANGUAGES:
            assert wording.event(kind, language) != kind or kind == "objection"
