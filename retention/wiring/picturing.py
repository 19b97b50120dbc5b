"""What the picture of the data map shows beside datasets: backups and processors, as the settings name them."""

from __future__ import annotations

from pathlib import Path

from retention.datamap.picture import Backups, Processor, drawn
from retention.wiring.opening import Workspace, read_workspace
from retention.wiring.settings import System

_PROCESSOR = "processor"


def draw_datamap(folder: Path, lang: str) -> str:
    """Return the SVG of the workspace's map; nothing is opened.

    Raises:
        InputError: a file of the workspace is wrong.

    """
    workspace = read_workspace(folder.resolve())
    systems = [workspace.settings.systems[name] for name in sorted(workspace.settings.systems)]
    backups = [Backups(s.system_id, s.copies, s.options.get("expire", "")) for s in systems if s.copies]
    told = [Processor(s.system_id, _told(workspace, s)) for s in systems if s.connector == _PROCESSOR]
    return drawn(workspace.datamap, (*backups, *told), lang)


def _told(workspace: Workspace, system: System) -> str:
    """Say by which key, and until when an answer is due."""
    rules = (rule for rule in workspace.policy.processors if rule.system == system.system_id)
    return next((f"{rule.key} · {rule.answer_within}" for rule in rules), "")
