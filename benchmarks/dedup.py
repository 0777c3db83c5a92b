"""How many copies are found in labelled sets, how many records wrongly merged, at which cost.

    python -m benchmarks.dedup [--sets NAME ...] [--no-peer] [--peer-minutes 3]

Sensitivity is the share of surplus copies removed: of a report with n records, n - 1 are surplus.
A wrong merge is a report too many in a group. Seconds are of the processor, as the machine may be
shared; memory is the peak of the process, each set in a process of its own. The peer, bib-dedupe,
is installed into a temporary environment; where that fails or takes too long, the reason stands in
its place. The sets are those of the reference data, or files named; the column `cluster` is true.
"""

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reviews.dedup.files import read_keys
from reviews.dedup.matching import find_matches
from tests.reference import REFERENCE

HERE = Path(__file__).resolve().parent
# Memory of the peer: 4.9 GB for 20,000 records, so for these about 24 GB.
TOO_LARGE_FOR_PEER = {"synth_100k"}
GROWTH = (5_000, 10_000, 20_000, 50_000, 100_000)
CROWDED = "synth_100k"
PEER = """
import collections, json, resource, sys, time
import pandas
from bib_dedupe.bib_dedupe import block, cluster, match, prep
given = pandas.read_parquet(sys.argv[1]).astype(object)
given = given.where(given.notna(), "").drop(columns=["cluster"])
for name in ("journal", "booktitle", "volume", "number", "pages", "doi", "abstract"):
    if name not in given:
        given[name] = ""
given["search_set"] = ""
given["ENTRYTYPE"] = given["ENTRYTYPE"].replace({"Journal Article": "article", "Generic": "misc"})
start = time.process_time()
found = cluster(match(block(prep(given, cpu=1), cpu=1), cpu=1))
seconds = time.process_time() - start
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"clusters": found, "seconds": seconds, "memory": memory}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="*", type=Path, default=sorted(reference_sets()))
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--no-growth", action="store_true")
    parser.add_argument("--peer-minutes", type=float, default=5)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        peer = None if given.no_peer else install_peer(Path(folder))
        print(f"{'set':<20}{'records':>8}  {'':<12}{'found':>7}{'wrong':>6}{'s':>8}{'MB':>7}")
        for path in given.sets:
            print_row(path, in_a_process(path))
            if peer is not None:
                print(f"{'':<30}{'bib-dedupe':<12}{beside(path, peer, given.peer_minutes)}")
    if not given.no_growth:
        print_growth()


def reference_sets() -> Iterator[Path]:
    return (REFERENCE / "dedup").glob("*.parquet")


def in_a_process(path: Path) -> dict[str, Any]:
    """Return the figures of a set, measured in a process that does nothing else."""
    command = [sys.executable, "-m", "benchmarks.dedup", "--measure", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def measure(path: Path) -> dict[str, Any]:
    """Return what is found in a labelled set, and what it costs from the file to the groups."""
    start = time.process_time()
    ids, keys = read_keys(path)
    matches = find_matches(keys)
    seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    groups = [[ids[i] for i in group.members] for group in matches.groups]
    figures = score(groups, labels(path))
    return {**figures, "records": len(ids), "possible": len(matches.possible)} | {
        "seconds": seconds,
        "memory": memory,
    }


def score(groups: Sequence[Sequence[str]], cluster: dict[str, str]) -> dict[str, float]:
    """Return the share of surplus copies removed, and the records wrongly removed."""
    surplus = len(cluster) - len(set(cluster.values()))
    found = wrong = 0
    for group in groups:
        reports = Counter(cluster[name] for name in group)
        found += sum(count - 1 for count in reports.values())
        wrong += len(reports) - 1
    return {"found": found / surplus if surplus else 1.0, "wrong": wrong}


def labels(path: Path) -> dict[str, str]:
    """Return the report each record of a labelled set is of."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return {row["ID"]: row["cluster"] for row in csv.DictReader(file)}
    from pyarrow.parquet import read_table  # only where the extras are installed

    table = read_table(path, columns=["ID", "cluster"])
    return dict(zip(*(map(str, column.to_pylist()) for column in table.columns), strict=True))


def print_row(path: Path, figures: dict[str, Any]) -> None:
    print(
        f"{path.stem:<20}{figures['records']:>8,}  {'Quadrant':<12}{shown(figures)}"
        f"   {figures['possible']} possible pairs",
        flush=True,
    )


def shown(figures: dict[str, Any]) -> str:
    return (
        f"{figures['found']:>7.4f}{figures['wrong']:>6}{figures['seconds']:>8.1f}"
        f"{figures['memory']:>7.0f}"
    )


def install_peer(folder: Path) -> Path | str:
    """Return the Python of an environment that has the peer, or why there is none."""
    environment = folder / "peer"
    python = environment / "bin" / "python"
    steps = [
        [sys.executable, "-m", "venv", str(environment)],
        [str(python), "-m", "pip", "install", "-q", "-r", str(HERE / "requirements.txt")],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"not installed: {done.stderr.strip().splitlines()[-1][:100]}"
    return python


def beside(path: Path, peer: Path | str, minutes: float) -> str:
    """Return the peer's figures for a set, or why there are none."""
    if isinstance(peer, str):
        return peer
    if path.stem in TOO_LARGE_FOR_PEER or path.suffix == ".csv":
        return "left out: it would need about 24 GB" if path.suffix != ".csv" else "reads Parquet"
    command = [str(peer), "-c", PEER, str(path)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60 * minutes, check=False
        )
    except subprocess.TimeoutExpired:
        return f"stopped after {minutes:g} minutes"
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1][:100]}"
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    return shown(figures | score(figures["clusters"], labels(path)))


def print_growth() -> None:
    """Print what ever larger parts of one set cost, and what a search costs that comes later."""
    path = REFERENCE / "dedup" / f"{CROWDED}.parquet"
    if not path.exists():
        print("Growth: the reference data is not here.")
        return
    _, keys = read_keys(path)
    random.Random(1).shuffle(keys)
    print(f"\n{'records':>10}{'s':>8}{'ms a record':>13}")
    for count in GROWTH:
        start = time.process_time()
        find_matches(keys[:count])
        seconds = time.process_time() - start
        print(f"{count:>10,}{seconds:>8.2f}{1000 * seconds / count:>13.3f}", flush=True)


if __name__ == "__main__":
    main()
