"""A company that processes data for us, told to erase over OpenDSR 2.0 (HTTP and JSON).

    connect       entry point: settings → connector; start reading here
    settings      the options of retention.yaml, checked; the certificate is pinned here
    capabilities  what a processor can do
    processor     the client: submit, status, callback
    opendsr       the wire format
    signature     whether an answer is the processor's

The specification: github.com/opengdpr/OpenDSR, `specification.md`, version 2.0.
"""

from __future__ import annotations

from connectors.processor.capabilities import CAPABILITIES
from connectors.processor.connect import connect
from connectors.processor.settings import ProcessorSettings, read_settings

__all__ = ["CAPABILITIES", "ProcessorSettings", "connect", "read_settings"]
