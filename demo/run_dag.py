"""One run of one DAG in this process: `python -m demo.run_dag DAG --folder DAGS [--conf JSON]`.

The environment (see demo.airflow) names Airflow's home and the workspace. The last line of the
output says as JSON what became of each task; the exit code is 0 if the run succeeded.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import BundleDagBag


def main(arguments: Sequence[str]) -> int:
    """Run the DAG and return the exit code: 0 success, 1 anything else."""
    parser = argparse.ArgumentParser(prog="demo.run_dag", description="One run of one DAG, without a scheduler.")
    parser.add_argument("dag")
    parser.add_argument("--folder", type=Path, required=True, help="where the DAG files are")
    parser.add_argument("--conf", type=json.loads, default={}, help="the form's answers, as JSON")
    options = parser.parse_args(arguments)
    return 0 if run(options.dag, options.folder, options.conf) else 1


def run(dag_id: str, folder: Path, conf: Mapping[str, Any]) -> bool:
    """Run the DAG to its end, print what became of its tasks, and return whether it succeeded."""
    # A bundle's bag, because only a bundle's folder is on the path that its DAG files import from.
    bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
    if bag.import_errors or dag_id not in bag.dags:
        sys.stderr.write(f"{dag_id} cannot be run from {folder}: {bag.import_errors or 'there is no such DAG'}\n")
        return False
    result = bag.dags[dag_id].test(run_conf=dict(conf))
    tasks = [
        {"task": instance.task_id, "map_index": instance.map_index, "state": str(instance.state)}
        for instance in result.get_task_instances()
    ]
    sys.stdout.write(json.dumps({"state": str(result.state), "tasks": tasks}) + "\n")
    return str(result.state) == "success"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
