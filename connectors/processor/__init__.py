"""A company that processes data for us, told to erase: over OpenDSR, or over another protocol.

    connect       entry point: settings → connector; start reading here
    capabilities  what a processor can do
    sending       one HTTP call, and what an error says about trying again
    looking       a look-up beside a protocol that has none

OpenDSR, versions 2.0 and 3.0:

    settings      the options of retention.yaml, checked; whom we trust stands here
    processor     the client: submit, status, callback, withdraw
    opendsr       the wire format
    signature     whether an answer is the processor's

The others, a package each: `drp`, `rest`, `drop`, `mail`.

The specification: github.com/opengdpr/OpenDSR, `specification.md`, version 2.0; 3.0 as mParticle documents it
(docs.mparticle.com/developers/apis/dsr-api/v3, read 2026-11-26).
"""

from __future__ import annotations

from connectors.processor.capabilities import CAPABILITIES
from connectors.processor.connect import connect
from connectors.processor.settings import ProcessorSettings, read_settings

__all__ = ["CAPABILITIES", "ProcessorSettings", "connect", "read_settings"]
