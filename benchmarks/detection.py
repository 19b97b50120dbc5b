"""Precision and recall of the detection of personal columns: `python -m benchmarks.detection [VARIANTS]`.

A column counts as found only if its kind is right. Target: F1 ≥ 0.97 over the corpus. Headers of
others' schemas are printed apart: those whose mistakes were read and mended, and the hold-out.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.detection_corpus import Labelled, corpus
from benchmarks.detection_holdout import holdout, learnt
from connectors.japan import connect
from retention.datamap.detection import Kind, judge

TARGET = 0.97
VARIANTS = 12


@dataclass
class Score:
    """Right, wrongly found, and missed columns, by kind."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    columns: int = 0
    unseen: int = 0
    """Personal columns that were taken for none of the kinds."""
    mistakes: list[str] = field(default_factory=list)

    def add(self, where: str, label: Kind | None, found: Kind | None) -> None:
        """Count one column."""
        self.columns += 1
        if label is not None and label is found:
            self.right[label.value] += 1
            return
        if found is not None and found.is_personal:
            self.wrong[found.value] += 1
        if label is not None and label.is_personal:
            self.unseen += found is None or not found.is_personal
            self.missed[label.value] += 1
        if found is not label:
            self.mistakes.append(f"{where}: {label and label.value}, found {found and found.value}")

    def caught(self) -> float:
        """Return which part of the personal columns was taken for personal, of whatever kind."""
        return 1 - self.unseen / (self.right.total() + self.missed.total())

    def rates(self, kind: str | None = None) -> tuple[float, float, float]:
        """Return precision, recall and F1 of one kind, or over all."""
        right, wrong, missed = (
            counter[kind] if kind else counter.total() for counter in (self.right, self.wrong, self.missed)
        )
        precision = right / (right + wrong) if right + wrong else 1.0
        recall = right / (right + missed) if right + missed else 1.0
        return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def score(tables: Iterable[Labelled]) -> Score:
    """Judge every table and compare with its labels."""
    found, gazetteer = Score(), connect()
    for table in tables:
        judged = judge(table.live, gazetteer)
        for column, label in table.labels.items():
            kind = judged[column].kind if column in judged else None
            found.add(f"{table.live.location}.{column}", label, kind)
    return found


def show(title: str, result: Score, target: float | None) -> None:
    """Print one table."""
    print(f"{title}: {result.columns} columns")
    print(f"{'kind':18}{'columns':>8}{'precision':>11}{'recall':>9}{'F1':>8}")
    for kind in sorted(result.right.keys() | result.wrong.keys() | result.missed.keys()):
        precision, recall, f1 = result.rates(kind)
        print(f"{kind:18}{result.right[kind] + result.missed[kind]:8}{precision:11.3f}{recall:9.3f}{f1:8.3f}")
    precision, recall, f1 = result.rates()
    wanted = f"  (target {target}: {'met' if f1 >= target else 'MISSED'})" if target else ""
    print(f"{'all':18}{result.right.total() + result.missed.total():8}{precision:11.3f}{recall:9.3f}{f1:8.3f}{wanted}")
    print(f"caught as personal, of whatever kind: {result.caught():.3f}\n")


def main() -> None:
    """Print both."""
    variants = int(sys.argv[1]) if len(sys.argv) > 1 else VARIANTS
    begun = time.perf_counter()
    result = score(corpus(variants))
    show(f"corpus, {variants} variants", result, TARGET)
    others = score(learnt())
    show("headers of others' schemas, learnt from", others, None)
    show("hold-out, headers of more schemas", score(holdout()), None)
    if "--mistakes" in sys.argv:
        print("\n".join([*sorted(set(result.mistakes)), "", *others.mistakes]))
    print(f"{time.perf_counter() - begun:.1f} s, making the values included")


if __name__ == "__main__":
    main()
