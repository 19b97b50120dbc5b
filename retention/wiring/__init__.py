"""Settings → App. The only place that builds things.

settings   retention.yaml, read and checked
secrets    `env:NAME` and `file:PATH`
systems    connectors, found by entry point
key_settings  `subject_keys` of retention.yaml
subject_keys  keys of people, for the road and for the company's applications
quiet      what libraries may log
opening    a workspace folder → an App
event_settings  `events` of retention.yaml
intake     queues of events, and who may call
alerts     `alerts` of retention.yaml: how the desk is told of dates
deadlines  dates of requests for Airflow, and telling the desk where the ledger cannot be asked
doorbell   is anything waiting? asked without opening the workspace
clients    opendsr.yaml: whose processor we are
agents     drp.yaml: which authorized agents may send requests
surveying  an address → a surveyor, for drafts
picturing  what the picture of the map shows beside datasets
surroundings  what the deletion concept says beside policy and data map
"""

from retention.wiring.agents import Business, read_agents
from retention.wiring.approval import approval_mark
from retention.wiring.clients import Desk, read_clients
from retention.wiring.deadlines import date_of, tell_directly
from retention.wiring.doctor import examine
from retention.wiring.doorbell import count_waiting
from retention.wiring.intake import read_senders
from retention.wiring.opening import Workspace, open_app, read_policy_file, read_workspace
from retention.wiring.picturing import draw_datamap
from retention.wiring.settings import Settings, read_settings
from retention.wiring.subject_keys import open_subject_keys
from retention.wiring.surroundings import around
from retention.wiring.surveying import open_gazetteer, open_surveyor

__all__ = [
    "Business",
    "Desk",
    "Settings",
    "Workspace",
    "approval_mark",
    "around",
    "count_waiting",
    "date_of",
    "draw_datamap",
    "examine",
    "open_app",
    "open_gazetteer",
    "open_subject_keys",
    "open_surveyor",
    "read_agents",
    "read_clients",
    "read_policy_file",
    "read_senders",
    "read_settings",
    "read_workspace",
    "tell_directly",
]
