"""Fides' dataset files: what they say is carried over, and what is not is named."""

from __future__ import annotations

import pytest

from retention.datamap import order, read_datamap
from retention.datamap.drafting import written
from retention.datamap.drafting.fides import import_fides
from retention.errors import DataMapError
from retention.model.datamap import Identifies
from retention.model.ids import DatasetId

FILE = """\
dataset:
  - fides_key: web_shop
    name: Web shop
    description: null
    retention: 30 days after closing
    fides_meta: {after: [other]}
    collections:
      - name: customer
        fides_meta: {erase_after: [web_shop.orders], skip_processing: false}
        fields:
          - name: id
            data_categories: [user.unique_id]
            fides_meta: {primary_key: true}
          - name: email
            data_categories: [user.contact.email]
            fides_meta: {identity: email, data_type: string, length: 40}
          - name: city
            data_categories: [user.contact.address.city]
          - name: address_id
            data_categories: [system.operations]
            fidesops_meta:
              references: [{dataset: web_shop, field: address.id, direction: to}]
          - name: created
            data_categories: [system.operations]
      - name: address
        fields:
          - {name: id, data_categories: [system.operations], fides_meta: {primary_key: true}}
          - {name: street, data_categories: [user.contact.address.street]}
      - name: orders
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: customer_id
            data_categories: [user.unique_id]
            fides_meta:
              references: [{dataset: web_shop, field: customer.id, direction: from}]
          - name: extra
            fields:
              - {name: phone, data_categories: [user.contact.phone_number]}
          - name: note
            data_categories: [user.content]
            fides_meta: {masking_strategy_override: {strategy: hash}}
          - name: partner_id
            data_categories: [system.operations]
            fides_meta:
              references: [{dataset: elsewhere, field: partner.id, direction: from}]
      - name: product
        fields: [{name: price, data_categories: [system.operations]}, {name: title}]
"""


@pytest.fixture(scope="module")
def imported():
    """The file, imported."""
    return import_fides(FILE, "shop.yml")


@pytest.fixture(scope="module")
def datamap(imported):
    """What the map's reader makes of it."""
    return read_datamap(written(imported.proposals, "Imported."), "imported.yaml")


def test_identities_keys_and_categories_are_carried_over(datamap):
    """Identities become keys of people, primary keys stay, categories become ours."""
    customer = datamap.datasets[DatasetId("web_shop.customer")]
    assert dict(customer.subject) == {"email": "email"}
    assert customer.primary_key == ("id",)
    assert customer.fields["email"].identifies is Identifies.DIRECTLY
    assert customer.fields["city"].identifies is Identifies.INDIRECTLY
    assert customer.not_personal == {"created": "Fides: system.operations; review"} | (
        {"address_id": "Fides: system.operations; review"}
    )


def test_edges_point_from_child_to_parent_whichever_way_they_are_drawn(datamap):
    """`from` makes this table the child, `to` the other one; and the order of erasure follows."""
    orders, address = (datamap.datasets[DatasetId(f"web_shop.{name}")] for name in ("orders", "address"))
    assert [(ref.parent, ref.columns) for ref in orders.parents] == [("web_shop.customer", (("customer_id", "id"),))]
    assert [(ref.parent, ref.columns) for ref in address.parents] == [("web_shop.customer", (("id", "address_id"),))]
    assert order(datamap).index("web_shop.customer") == 3


def test_a_nested_column_is_mapped_whole(datamap):
    """A column with a personal member is personal."""
    assert datamap.datasets[DatasetId("web_shop.orders")].fields["extra"].category == "contact"


def test_a_table_without_people_is_not_personal(datamap):
    """Everything in it stands under `not_personal` with what Fides said."""
    product = datamap.datasets[DatasetId("web_shop.product")]
    assert not product.fields
    assert product.not_personal["title"] == "Fides: no category; review"


def test_what_is_left_behind_is_named(imported):
    """Retention, processing order, masking, nested members and foreign data sets: each with its place."""
    left = {finding.where for finding in imported.left_behind}
    assert left == {
        "web_shop retention",
        "web_shop fides_meta",
        "web_shop.customer fides_meta",
        "web_shop.orders.note masking_strategy_override",
        "web_shop.orders.extra",
        "web_shop.orders.partner_id",
    }


def test_a_circle_is_cut_and_named():
    """Two tables that refer to each other: the second edge is left behind, the map can be read."""
    text = """\
dataset:
- fides_key: ring
  collections:
  - name: a
    fields:
    - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}
    - {name: b_id, fides_meta: {references: [{dataset: ring, field: b.id, direction: from}]}}
  - name: b
    fields:
    - {name: id, data_categories: [user.unique_id]}
    - {name: a_id, fides_meta: {references: [{dataset: ring, field: a.email, direction: from}]}}
"""
    found = import_fides(text, "ring.yml")
    assert read_datamap(written(found.proposals, "x"), "x.yaml")
    assert [finding.where for finding in found.left_behind] == ["ring.b.a_id"]


@pytest.mark.parametrize("text", ["dataset: []\n", "datasets: {}\n", "- 1\n", "dataset:\n  - {name: x}\n", "a: [\n"])
def test_a_file_that_is_none_is_refused_with_its_places(text):
    """No traceback: what was expected and where."""
    with pytest.raises(DataMapError) as refused:
        import_fides(text, "wrong.yml")
    assert refused.value.problems
    assert "wrong.yml" in str(refused.value)
