"""The use cases, one short function each. `App` names them all; start there.

context      what a use case may use
records      new cases; plans in and out of the ledger
sweeps       what is due becomes a plan
requests     a person asks: open, identify, decide, plan
clients      a client asks us as its processor, over a wire
agents       an authorized agent asks for a person, over the Data Rights Protocol
access       who may ask over the wire; who did what, so that nobody allows his own plan
once         a call that comes again is done once
repeats      what a call that died has done already
leases       one process at a time does a thing
identities   a person decides who is meant, where keys do not tell
restores     what a restored store must forget again
approvals    people allow or refuse a plan by its digest
questions    the question to approvers where they work, and their answers into the ledger
applying     carry an approved plan out
verifying    look again
sealing      shred the case key, publish, close when the last copy is gone
unfinished   what stopped on the way goes on
lineage      which columns a sealed plan changed, for a catalogue of data
subjects     commit to the people of a sealed case; confirm who was meant
epochs       evidence's own retention: openings, receipts and remainders go
suppressed   who must not come back: what ingestion asks
alerting     warnings about dates reach the desk, each once a way
holds        pause disposal for a person, and end the pause
inbox        events in, one by one or by file
receiving    parcels in: from queues and calls into the inbox, committed, then deleted where they came from
folding      parcels become events, each once, in whatever order they come
urgent       what cannot wait: cases that events open
late_files   new objects: is somebody in them who was erased?
dead_letters parcels that nobody can read
keys         keys of people: how many there are; a new key-encryption key
drift        does the data map still fit the systems? a case waits until it does
drafting     propose a data map from a live schema, or of another tool's file
expecting    do the systems hold what the map says? Great Expectations' look before
answers      the bundle and the certificate
auditing     the audit report of a period
"""

from retention.app.app import App
from retention.app.applying import ApplyReport
from retention.app.context import Context
from retention.app.records import PlanSummary
from retention.app.requesting import Arrival
from retention.app.sealing import SealReport
from retention.app.verifying import VerifyReport

__all__ = ["App", "ApplyReport", "Arrival", "Context", "PlanSummary", "SealReport", "VerifyReport"]
