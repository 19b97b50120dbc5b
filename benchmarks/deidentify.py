"""De-identification: what it loses and takes, each figure beside its target.

    python -m benchmarks.deidentify DATA [--rows 10000000] [--peers VENV]

DATA holds `adult/` (adult.csv and its hierarchies as ARX ships them) and `microaggregation/` (Census,
Tarragona, EIA). Nothing of it is in the repository. `--peers` names an environment that has anjana,
pyCANON and pyarrow: they are run in it, on the same data, in the same run (see peers.py). The large
tables are Adult's rows drawn again with 5 % of the cells drawn anew, written as Parquet first; what
is measured there begins and ends with a file. Each large step runs in a process of its own, so that
its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from retention.deidentify.applying import apply
from retention.deidentify.classes import code_all
from retention.deidentify.ff1 import encrypt, keep_format
from retention.deidentify.files import as_files
from retention.deidentify.globally import recode_globally
from retention.deidentify.hierarchy import Listed
from retention.deidentify.ladder import build
from retention.deidentify.lattice import combinations
from retention.deidentify.locally import recode_locally
from retention.deidentify.measures import measure
from retention.deidentify.microaggregation import improved, information_loss, mdav, standardized
from retention.deidentify.passing import Passing
from retention.deidentify.produced import leaks
from retention.deidentify.recipe import Aim, Column, Demands, Generalize, Recipe, Role
from retention.deidentify.tokens import Domain, derive, tokenize

SIX = ("age", "education", "marital-status", "occupation", "sex", "native-country")
EIGHT = ("sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation")
NINE = (*EIGHT, "salary-class")
K = 10
LITERATURE = {
    "Tarragona": {3: 16.93, 5: 22.46, 10: 33.19},
    "CASCrefmicrodata": {3: 5.69, 5: 9.09, 10: 14.16},
    "EIA": {3: 0.48, 5: 1.67, 10: 3.84},
}
"""MDAV's information loss, in percent (Domingo-Ferrer and Torra, 2005, and those who compare with it)."""
NOT_NUMBERS = frozenset({"UTILNAME", "STATE", "YEAR", "MONTH"})


def main() -> None:
    """Measure everything, largest last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        name, file = given.step
        print(json.dumps(STEPS[name](given.data, Path(file))))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, pyarrow {pa.__version__}, numpy {np.__version__}")
    small(given.data)
    microaggregation(given.data)
    keyed(given.rows)
    with tempfile.TemporaryDirectory() as folder:
        large(given, Path(folder))
        if given.peers:
            peers(given, Path(folder))


def line(what: str, figure: str, target: str = "", *, met: bool | None = None) -> None:
    """Print a figure with its target."""
    print(f"{what:<58} {figure:>26}   {target:<14} {'' if met is None else 'met' if met else 'NOT MET'}", flush=True)


def least(function: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """Return the least time of a few runs, and the last answer."""
    taken, answer = [], None
    for _ in range(times):
        start = time.perf_counter()
        answer = function()
        taken.append(time.perf_counter() - start)
    return min(taken), answer


def adult(data: Path) -> pa.Table:
    """Read Adult."""
    return pa.csv.read_csv(data / "adult" / "adult.csv", parse_options=pa.csv.ParseOptions(delimiter=";"))


def hierarchy(data: Path, column: str) -> Listed:
    """Read a hierarchy of Adult."""
    with (data / "adult" / f"adult_hierarchy_{column}.csv").open(encoding="utf-8") as lines:
        return Listed(tuple(tuple(row) for row in csv.reader(lines, delimiter=";") if row))


def small(data: Path) -> None:
    """Recode Adult: 30,162 rows, k = 10; time from the table's columns to the chosen levels."""
    table = adult(data)
    for quasi, loss, seconds in ((SIX, 0.0532, 0.1), (EIGHT, 0.0792, 0.5)):
        hierarchies = [hierarchy(data, name) for name in quasi]

        def local(quasi: Sequence[str] = quasi, hierarchies: Sequence[Listed] = hierarchies) -> Any:  # noqa: ANN401
            return recode_locally(*prepared(table, quasi, hierarchies), Passing(K))

        taken, found = least(local)
        what = f"local recoding, Adult, k={K}, {len(quasi)} quasi-identifiers"
        line(f"{what}: loss", f"{found.loss:.4f}", f"<= {loss}", met=round(found.loss, 4) <= loss)
        line(f"{what}: seconds", f"{taken:.3f}", f"<= {seconds}", met=taken <= seconds)
    hierarchies = [hierarchy(data, name) for name in NINE]
    for share in (0.0, 0.01, 0.05, 0.1):

        def best(share: float = share) -> Any:  # noqa: ANN401 -- what it returns is printed
            return recode_globally(*prepared(table, NINE, hierarchies), Passing(K), share)

        taken, found = least(best)
        figure = f"{taken:.3f} (loss {found.loss:.4f})"
        line(f"optimal global recoding, 9, {share:.0%} left out: seconds", figure, "<= 0.3", met=taken <= 0.3)  # noqa: PLR2004 -- the target


def prepared(table: pa.Table, quasi: Sequence[str], hierarchies: Sequence[Listed]) -> tuple[Any, Any]:
    """Number the columns, and put the hierarchies to them."""
    columns = code_all([table.column(name) for name in quasi])
    ladders = [build(name, each, column.values) for name, each, column in zip(quasi, hierarchies, columns, strict=True)]
    return combinations(columns, table.num_rows), ladders


def microaggregation(data: Path) -> None:
    """Reproduce the nine values of the literature, and say what the improvement makes of them."""
    for name, published in LITERATURE.items():
        numbers = reference(data, name)
        for k, expected in published.items():
            group = mdav(numbers, k)
            lost, less = information_loss(numbers, group), information_loss(numbers, improved(numbers, group, k))
            figure = f"{lost:.2f} (improved {less:.2f})"
            line(f"MDAV, {name}, k={k}: information loss", figure, f"{expected}", met=round(lost, 2) == expected)


def reference(data: Path, name: str) -> npt.NDArray[np.float64]:
    """Read a reference set of microaggregation, standardized."""
    with (data / "microaggregation" / f"{name}.csv").open(encoding="utf-8") as lines:
        head, *rows = csv.reader(lines)
    kept = [place for place, column in enumerate(head) if column not in NOT_NUMBERS]
    return standardized(np.array([[float(row[place]) for place in kept] for row in rows]))


def keyed(rows: int) -> None:
    """Encrypt and tokenize."""
    rng = np.random.default_rng(0)
    key = derive(secrets.token_bytes(32), Domain("benchmark", "nobody", "none", "1", "none"))
    count = min(rows, 2_000_000)
    numerals = rng.integers(0, 10, (count, 12), np.uint8)
    taken, _ = least(lambda: encrypt(key, numerals, 10))
    line("FF1, 12 digits: million a second, one core", f"{count / taken / 1e6:.2f}", ">= 2", met=count / taken >= 2e6)  # noqa: PLR2004 -- the target
    texts = pa.array(np.char.zfill(rng.integers(0, 10**11, count).astype(str), 11))
    taken, _ = least(lambda: keep_format(texts, key, "phone"))
    line("FF1, a column of telephone numbers: million a second", f"{count / taken / 1e6:.2f}")
    people = pa.array([f"user{number:06d}@example.jp" for number in range(100_000)])
    column = people.take(pa.array(rng.integers(0, len(people), rows)))
    taken, _ = least(lambda: tokenize(column, key))
    line(f"tokens, {rows:,} rows, 100,000 distinct: seconds", f"{taken:.2f}", "<= 1.2", met=taken <= 1.2)  # noqa: PLR2004 -- the target


def large(given: argparse.Namespace, folder: Path) -> None:
    """Write the large table, anonymize it from file to file, and measure what came out."""
    source = resampled(given.data, given.rows, folder / "large.parquet")
    found = step(given, "end-to-end", source)
    what = f"k={K}, {given.rows:,} rows, 6 quasi-identifiers, file to file"
    line(f"{what}: seconds", f"{found['seconds']:.2f}", "<= 5", met=found["seconds"] <= 5)  # noqa: PLR2004 -- the target
    line(f"{what}: peak GB", f"{found['peak']:.2f}", "<= 1.5", met=found["peak"] <= 1.5)  # noqa: PLR2004 -- the target
    line(f"{what}: verdict", str(found["verdict"]), "anonymous", met=found["verdict"] == "anonymous")
    found = step(given, "measure", made_of(source))
    figure = f"{found['seconds']:.2f}"
    line(f"k, l, t, alpha, uniques of {given.rows:,} rows: seconds", figure, "<= 1.5", met=found["seconds"] <= 1.5)  # noqa: PLR2004 -- the target


def resampled(data: Path, rows: int, file: Path) -> Path:
    """Write Adult's rows drawn again, 5 % of the cells drawn anew from their column."""
    rng = np.random.default_rng(1)
    table = adult(data).select([*SIX, "salary-class"])
    drawn = rng.integers(0, table.num_rows, rows)
    columns = {}
    for name in table.column_names:
        source = np.where(rng.random(rows) < 0.05, rng.integers(0, table.num_rows, rows), drawn)  # noqa: PLR2004 -- 5 %
        columns[name] = table.column(name).cast(pa.string()).dictionary_encode().combine_chunks().take(pa.array(source))
    pq.write_table(pa.table(columns), file)
    return file


def step(given: argparse.Namespace, name: str, file: Path) -> dict[str, Any]:
    """Run a step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.deidentify", str(given.data), "--step", name, str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- this program itself
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def end_to_end(data: Path, file: Path) -> dict[str, Any]:
    """Read, carry out a recipe, test the output and its bytes, write it: what an export does."""
    columns = {name: Column(Role.QUASI, (Generalize(hierarchy(data, name)),)) for name in SIX}
    recipe = Recipe(Aim.ANONYMOUS, {**columns, "salary-class": Column(Role.OTHER)}, Demands(k=K))
    folder = made_of(file)
    folder.mkdir()
    start = time.perf_counter()
    table = pq.ParquetFile(file, read_dictionary=[*recipe.columns]).read()
    produced, verdict = apply(table, recipe, None, secrets.randbits(128))
    made = as_files(produced, {"label": verdict.label})
    assert not any(leaks(content, table, recipe) for content in made.values())
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return {"seconds": time.perf_counter() - start, "peak": peak(), "verdict": verdict.label}


def made_of(source: Path) -> Path:
    """Return the folder of the files made of a file."""
    return source.with_name(f"{source.stem}-made.parquet")


def measured(data: Path, file: Path) -> dict[str, Any]:
    """Measure a table in memory."""
    del data
    table = pq.read_table(file, read_dictionary=[*SIX, "salary-class"])
    taken, found = least(lambda: measure(table, SIX, ["salary-class"]))
    return {"seconds": taken, "peak": peak(), "k": found.k}


def peak() -> float:
    """Return the most memory this process has held, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


STEPS = {"end-to-end": end_to_end, "measure": measured}


def peers(given: argparse.Namespace, folder: Path) -> None:
    """Run anjana and pyCANON on a tenth of the rows, and ours on the same."""
    rows = max(given.rows // 10, 1)
    source = resampled(given.data, rows, folder / "tenth.parquet")
    ours = step(given, "end-to-end", source)
    theirs = peer(given, "anonymize", source, ",".join(SIX), str(given.data / "adult"), str(K), "5")
    ratio = theirs["seconds"] / ours["seconds"]
    figure = f"{theirs['seconds']:.1f} / {ours['seconds']:.2f} = {ratio:.0f}x"
    line(f"anjana (in memory) / ours (file to file), {rows:,} rows", figure)
    made = made_of(source)
    ours = step(given, "measure", made)
    theirs = peer(given, "measure", made, ",".join(SIX), "salary-class")
    ratio = theirs["seconds_k_l_t"] / ours["seconds"]
    figure = f"{theirs['seconds_k_l_t']:.1f} / {ours['seconds']:.3f} = {ratio:.0f}x"
    line(f"pyCANON's k, l, t / all of ours, {rows:,} rows", figure)
    line("k of that table, by pyCANON and by ours", f"{theirs['k']:.0f}, {ours['k']}", met=theirs["k"] == ours["k"])
    original = given.data / "adult" / "adult.csv"
    theirs = peer(given, "anonymize", original, ",".join(SIX), str(given.data / "adult"), str(K), "5")
    line("anjana, Adult, 5 % left out: loss, seconds", f"{theirs['loss']:.4f}, {theirs['seconds']:.2f}")


def peer(given: argparse.Namespace, *arguments: str | Path) -> dict[str, float]:
    """Run peers.py by the other environment's Python."""
    program = Path(__file__).with_name("peers.py")
    command = [str(given.peers / "bin" / "python"), "-W", "ignore", str(program), *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- as the caller asked
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    main()
