"""Who is meant: random ties between keys, compared with a reckoning of another kind."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.identity import Graph, Relation, Source, Tie, disputed, merged
from retention.model.ids import DatasetId
from retention.model.subject import SubjectKey

AT = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = ("user_id", "email", "phone", "device_id")
KEYS = [SubjectKey(name, str(number)) for name, number in product(NAMES, range(4))]
UNIQUE = {"user_id": DatasetId("app.customers")}
# a row has one value in each column, and a column identifies or it does not
ROWS = st.dictionaries(st.sampled_from(NAMES), st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=3)
TIES = st.lists(
    st.tuples(ROWS, st.sampled_from(["app.customers", "app.logins"])).map(
        lambda drawn: Tie(
            frozenset(SubjectKey(name, str(number)) for name, (number, follows) in drawn[0].items() if follows),
            frozenset(SubjectKey(name, str(number)) for name, (number, follows) in drawn[0].items() if not follows),
            Source(DatasetId(drawn[1]), AT),
        )
    ),
    max_size=12,
)


def components(ties: list[Tie]) -> dict[SubjectKey, frozenset[SubjectKey]]:
    """Return each key's component over identifying keys, by painting until no colour changes."""
    colour = {key: number for number, key in enumerate(KEYS)}
    changed = True
    while changed:
        changed = False
        for tie in ties:
            low = min((colour[key] for key in tie.identifying), default=0)
            for key in tie.identifying:
                changed |= colour[key] != low
                colour[key] = low
    return {key: frozenset(k for k in KEYS if colour[k] == colour[key]) for key in KEYS}


@settings(max_examples=40, deadline=None)
@given(ties=TIES, start=st.sampled_from(KEYS), data=st.data())
def test_a_person_is_a_component_over_what_identifies(ties, start, data):
    """Exactly the keys that identifying ties lead to, in whatever order the ties are read, and how often."""
    person = Graph(ties).person([start])
    assert person == components(ties)[start]
    shuffled = data.draw(st.permutations([*ties, *ties[:3]]))
    again = Graph(shuffled)
    assert again.person([start]) == person
    assert again.links([start]) == Graph(ties).links([start])
    assert again.associated(person) == Graph(ties).associated(person)


@settings(max_examples=40, deadline=None)
@given(ties=TIES, start=st.sampled_from(KEYS))
def test_what_only_goes_with_a_person_joins_nobody(ties, start):
    """Taking every association away changes no person; what is beside him is tied to him by an association only."""
    graph, person = Graph(ties), components(ties)[start]
    bare = [Tie(tie.identifying, frozenset(), tie.source) for tie in ties]
    assert Graph(bare).person([start]) == graph.person([start])
    for key in graph.associated(person):
        sides = [(key in tie.associated, bool(tie.identifying & person)) for tie in ties] + [
            (key in tie.identifying, bool(tie.associated & person)) for tie in ties
        ]
        assert (True, True) in sides


@settings(max_examples=40, deadline=None)
@given(ties=TIES, start=st.sampled_from(KEYS))
def test_every_key_found_has_its_provenance(ties, start):
    """The counts of the links add up to the keys found, and each names a dataset whose row ties the two names."""
    graph = Graph(ties)
    person = graph.person([start])
    links = graph.links([start])
    found = [link for link in links if link.relation is Relation.IDENTIFIES]
    assert sum(link.keys for link in found) == len(person) - 1
    assert sum(link.keys for link in links) == len(person) - 1 + len(graph.associated(person))
    for link in found:
        named = [{key.name for key in tie.identifying} for tie in ties if tie.source.dataset == link.dataset]
        assert any({link.found, link.by} <= names for names in named) or link.found == link.by


@settings(max_examples=60, deadline=None)
@given(ties=TIES, start=st.sampled_from(KEYS))
def test_set_apart_nobody_is_two_people(ties, start):
    """Without the disputed keys, whoever starts at another one has one value of the key of which each has one."""
    graph = Graph(ties)
    person = graph.person([start])
    shared = disputed(graph, person, set(UNIQUE))
    if not merged(graph, person, UNIQUE):
        assert shared == frozenset()
    if start not in shared:
        alone = graph.person([start], apart=shared)
        assert alone <= person
        assert not merged(graph, alone, UNIQUE)
