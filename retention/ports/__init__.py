"""Protocols: what the outside must provide.

    finder      reads personal data; all that planning, explain and dry runs ever receive
    eraser      changes personal data; only execution receives it
    inspector   looks again for verification, by code of its own
    surveyor    reads whole schemas, for drafts and drift
    connector   what a connector package offers, with its capabilities
    keeper      backup copies and their expiry
    processor   orders to those who process data for us
    ledger      what is remembered between processes
    keys        keys by name: create, read, shred
    subject_keys  keys of people: who wraps them, where they lie, what the road may ask
    tiles       where the evidence log's files lie

Reading and writing are different types: `finder.erase_rows` does not type-check.
"""
