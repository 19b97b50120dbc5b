"""Settings → App. The only place that builds things.

settings   retention.yaml, read and checked
secrets    `env:NAME` and `file:PATH`
systems    connectors, found by entry point
quiet      what libraries may log
opening    a workspace folder → an App
surroundings  what the deletion concept says beside policy and data map
"""

from retention.wiring.opening import Workspace, open_app, read_policy_file, read_workspace
from retention.wiring.settings import Settings, read_settings
from retention.wiring.surroundings import around

__all__ = ["Settings", "Workspace", "around", "open_app", "read_policy_file", "read_settings", "read_workspace"]
