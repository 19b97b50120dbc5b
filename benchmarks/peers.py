"""What anjana and pyCANON take and answer; run by the Python of an environment that has them.

    VENV/bin/python benchmarks/peers.py measure FILE QUASI SENSITIVE
    VENV/bin/python benchmarks/peers.py anonymize FILE QUASI HIERARCHIES K PERCENT

FILE is CSV separated by semicolons or Parquet; QUASI and SENSITIVE are columns separated by commas;
HIERARCHIES is the folder of the Adult data. One line of JSON comes back, seconds without reading.
anjana and pyCANON pin packages that the product needs in other versions: hence the other environment
(`python -m venv VENV && VENV/bin/pip install anjana pycanon pyarrow`).
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from anjana.anonymity import k_anonymity
from pycanon import anonymity


def main() -> None:
    """Do what the arguments say."""
    mode, file, quasi, *rest = sys.argv[1:]
    # anjana takes no categorical columns.
    read = pd.read_parquet(file).astype(str) if file.endswith(".parquet") else pd.read_csv(file, sep=";", dtype=str)
    columns = quasi.split(",")
    answer = measure(read, columns, rest[0]) if mode == "measure" else anonymize(read, columns, *rest)
    answer["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(answer))


def measure(table: pd.DataFrame, quasi: list[str], sensitive: str) -> dict[str, float]:
    """Return pyCANON's measures and what they took; numbers are taken as numbers."""
    table[sensitive] = pd.to_numeric(table[sensitive], errors="ignore")
    start = time.perf_counter()
    k = anonymity.k_anonymity(table, quasi)
    distinct_l = anonymity.l_diversity(table, quasi, [sensitive])
    t = anonymity.t_closeness(table, quasi, [sensitive])
    seconds = time.perf_counter() - start
    alpha, _ = anonymity.alpha_k_anonymity(table, quasi, [sensitive])
    entropy_l = anonymity.entropy_l_diversity(table, quasi, [sensitive])
    found = {"k": k, "distinct_l": distinct_l, "t": t, "alpha": alpha, "entropy_l": entropy_l, "seconds_k_l_t": seconds}
    return {name: float(value) for name, value in found.items()}


def anonymize(table: pd.DataFrame, quasi: list[str], hierarchies: str, k: str, percent: str) -> dict[str, float]:
    """Return what anjana's k-anonymity took, the rows left and the loss of the table it made."""
    rows = {name: _hierarchy(Path(hierarchies), name, set(table[name])) for name in quasi}
    ladders = {
        name: dict(enumerate(np.array(column) for column in zip(*held, strict=True))) for name, held in rows.items()
    }
    start = time.perf_counter()
    made = k_anonymity(table[quasi].copy(), [], quasi, int(k), float(percent), ladders)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "rows": len(made), "loss": _loss(made, rows, len(table))}


def _hierarchy(folder: Path, name: str, present: set[str]) -> list[list[str]]:
    with (folder / f"adult_hierarchy_{name}.csv").open(encoding="utf-8") as lines:
        return [row for row in csv.reader(lines, delimiter=";") if row and row[0] in present]


def _loss(made: pd.DataFrame, rows: dict[str, list[list[str]]], total: int) -> float:
    """Return the mean normalized certainty penalty, as the product counts it."""
    cost = np.zeros(len(made))
    for name, held in rows.items():
        penalty: dict[str, float] = {}
        for level in reversed(range(len(held[0]))):
            labels = [row[level] for row in held]
            penalty |= {label: (labels.count(label) - 1) / max(1, len(held) - 1) for label in set(labels)}
        cost += made[name].astype(str).map(penalty).to_numpy()
    return float((cost.sum() / len(rows) + total - len(made)) / total)


if __name__ == "__main__":
    main()
