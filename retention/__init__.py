"""Retention and deletion: policy → plan → approve → apply → verify → prove.

Where to start reading:

* `retention.model`: the words everything else is written in;
* `retention.planning`: what would be touched, and why;
* `retention.execution`: carrying one approved plan out, resumable after a crash;
* `retention.app`: the use cases, one short function each.
"""
