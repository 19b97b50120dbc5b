"""A processor that collects lists from a bucket and puts answers beside them (protocol `drop`).

settings   the options of retention.yaml, checked
sheet      the list, its manifest and the answer: what they say, and whether the answer is theirs
processor  puts, reads back, takes away

PREFIX/2026-11-26/ORDER.csv        whom it is about: plain, hashed or keyed values, as the contract says
PREFIX/2026-11-26/ORDER.json       manifest: rows, digest, day by which it goes; signed where a secret is agreed
PREFIX/answers/ORDER.json          theirs: outcome, reason, digest of the list; signed likewise
"""
