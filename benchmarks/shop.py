"""The shop that benchmarks and tests govern: customers, and the orders that are theirs."""

from __future__ import annotations

DATAMAP = """\
datasets:
  shop.customers:
    system: shop
    table: customers
    primary_key: [id]
    subject: {user_id: id, email: email}
    fields:
      name: {category: account, identifies: directly}
      email: {category: account, identifies: directly}
  shop.orders:
    system: shop
    table: orders
    primary_key: [id]
    parent: {shop.customers: {customer_id: id}}
    dates: {accounted: paid_at}
    fields:
      amount: {category: billing, identifies: "no"}
      paid_at: {category: billing, identifies: "no"}
"""
"""The beginning of a data map: system `shop`, categories `account` and `billing`; more datasets may follow."""
TABLES = """\
CREATE TABLE customers (id TEXT PRIMARY KEY, name TEXT, email TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id TEXT REFERENCES customers(id), amount INTEGER, paid_at TIMESTAMP);
"""
"""What SQLite is asked to make them."""
