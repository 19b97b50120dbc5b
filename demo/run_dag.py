"""Runs of DAGs in this process, one after another: `python -m demo.run_dag --folder DAGS --results FOLDER`.

The environment (see demo.airflow) names Airflow's home and the workspace. Airflow's database is made
first; then each line of the input, `{"name": …, "dag": …, "conf": {…}}`, is one run. What became of its
tasks is in FOLDER/NAME.json when it has ended. One process for all, since loading Airflow takes longer
than a run.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.utils.db import upgradedb

from demo.airflow import READY


def main(arguments: Sequence[str]) -> int:
    """Make the database, then run what is asked for until the input ends."""
    parser = argparse.ArgumentParser(prog="demo.run_dag", description="Runs of DAGs, without a scheduler.")
    parser.add_argument("--folder", type=Path, required=True, help="where the DAG files are")
    parser.add_argument("--results", type=Path, required=True, help="where to write what became of each run")
    options = parser.parse_args(arguments)
    gc.freeze()  # Airflow stays as it was loaded: the collector need not look at it again and again
    gc.set_threshold(50_000, 20, 20)
    upgradedb()
    _write(options.results / READY, {})
    for line in sys.stdin:
        asked = json.loads(line)
        _write(options.results / f"{asked['name']}.json", run(asked["dag"], options.folder, asked["conf"]))
    return 0


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write all of it or nothing: who waits for the file must not read half of it."""
    half = path.with_suffix(".half")
    half.write_text(json.dumps(content), encoding="utf-8")
    half.rename(path)


def run(dag_id: str, folder: Path | str, conf: Mapping[str, Any], logical_date: str = "") -> Mapping[str, Any]:
    """Run the DAG to its end; return its state (`broken` if there was no run) and its tasks'.

    `logical_date` is an instant (ISO 8601) that the run is for, as a backfilled one is for a day long past.
    """
    # A bundle's bag, because only a bundle's folder is on the path that its DAG files import from.
    bag = BundleDagBag(dag_folder=folder, bundle_path=Path(folder), bundle_name="dags-folder")
    if bag.import_errors or dag_id not in bag.dags:
        sys.stderr.write(f"{dag_id} cannot be run from {folder}: {bag.import_errors or 'there is no such DAG'}\n")
        return {"state": "broken", "tasks": []}
    try:
        day: dict[str, Any] = {"logical_date": datetime.fromisoformat(logical_date)} if logical_date else {}
        dag = bag.dags[dag_id]
        dag.deadline = (
            None  # only a scheduler sees to them; without one, Airflow 3.3 fails over them when the run succeeds
        )
        result = dag.test(run_conf=dict(conf), **day)
    except Exception:  # noqa: BLE001 -- a run of its own process would have ended with it; the next one goes on
        traceback.print_exc()
        return {"state": "broken", "tasks": []}
    tasks = [
        {"task": instance.task_id, "map_index": instance.map_index, "state": str(instance.state)}
        for instance in result.get_task_instances()
    ]
    return {"state": str(result.state), "tasks": tasks}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
