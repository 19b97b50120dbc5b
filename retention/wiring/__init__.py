"""Settings → App. The only place that builds things.

settings   retention.yaml, read and checked
secrets    `env:NAME` and `file:PATH`
systems    connectors, found by entry point
quiet      what libraries may log
opening    a workspace folder → an App
"""

from retention.wiring.opening import open_app, read_workspace
from retention.wiring.settings import Settings, read_settings

__all__ = ["Settings", "open_app", "read_settings", "read_workspace"]
