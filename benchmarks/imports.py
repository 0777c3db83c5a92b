"""How long an export takes from upload to the review, in how much memory, and how cost grows.

    python -m benchmarks.imports [RECORDS ...] [--rispy]

Starts a PostgreSQL and a Redis of its own in a temporary folder (fsync off) and a real worker; the
clock runs from the upload to the moment the records are in the review. Records are invented, about
3 kB each as databases export them (100,000 are 300 MB); one in ten is a copy of another. While a
file of 20,000 records or more comes in, pages of the review are asked for from this process.

``--rispy`` times rispy's parsing alone beside it, in a virtual environment of its own.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from django.core.management import call_command

from benchmarks.servers import own_servers

COUNTS = [5_000, 20_000, 100_000]
WATCHED_FROM = 20_000
STOP = "the of and in to a with for was were on by is that as from at this be are we or an"
SYLLABLES = "os te po ro sis ra di o gra phy bo ne den si ty fra ctu re spi hip net ma chi"
SYLLABLES += " lear ning sen ti vi ac cu cy va li da co hort pa tient im age mo del tra ta"
RECORD = """TY  - JOUR
TI  - {title}
{authors}
PY  - {year}
DA  - {year}/03/15/
JO  - Journal of Invented Radiology {journal}
T2  - Journal of Invented Radiology {journal}
VL  - {volume}
IS  - {issue}
SP  - {page}
EP  - {last}
SN  - 1234-5679
DO  - 10.1000/{number}
AN  - {number}
AB  - {abstract}
KW  - {keywords}
AD  - {address}
LA  - English
UR  - https://example.org/records/{number}
ER  -

"""
RISPY = """
import sys, time, rispy
start = time.perf_counter()
with open(sys.argv[1], encoding="utf-8") as file:
    found = len(rispy.load(file))
seconds = time.perf_counter() - start
with open("/proc/self/status") as status:
    print(found, seconds, status.read().split("VmHWM:")[1].split()[0])
"""


class Writer:
    """Invents records whose words are as uneven as those of a language."""

    def __init__(self, seed: int) -> None:
        draw = self.draw = random.Random(seed)
        syllables = SYLLABLES.split()
        made = ("".join(draw.choices(syllables, k=draw.randint(2, 5))) for _ in range(30_000))
        self.words = [*STOP.split(), *dict.fromkeys(made)]
        self.weights = list(accumulate(1 / rank for rank in range(2, len(self.words) + 2)))
        self.sentences = [f"{self.text(20).capitalize()}." for _ in range(20_000)]

    def text(self, words: int) -> str:
        return " ".join(self.draw.choices(self.words, cum_weights=self.weights, k=words))

    def records(self, count: int) -> Iterator[str]:
        """Yield this many; the last tenth are copies of the first with another abstract."""
        copied = count - count // 10
        titles: list[str] = []
        for n in range(count):
            if n < copied:
                titles.append(self.text(14))
            number = n % copied
            yield self._record(number, titles[number])

    def _record(self, number: int, title: str) -> str:
        draw = self.draw
        return RECORD.format(
            title=title,
            authors="\n".join(f"AU  - Surname{(number + k * 7) % 9973}, A. B." for k in range(7)),
            year=1990 + number % 36,
            journal=number % 83,
            volume=number % 60,
            issue=number % 12 + 1,
            page=number,
            last=number + 9,
            number=number,
            abstract=" ".join(draw.choices(self.sentences, k=14)),
            keywords="\nKW  - ".join(draw.choices(self.words[30:2000], k=8)),
            address=draw.choice(self.sentences),
        )


def write_export(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(Writer(count).records(count))


@dataclass(slots=True)
class Measured:
    """Seconds and megabytes of one file."""

    count: int
    megabytes: float
    stored: float
    imported: float
    worker_mb: float
    pages_ms: list[float]
    copies: float
    removed: int

    def row(self) -> str:
        end_to_end = self.stored + self.imported
        p95 = statistics.quantiles(self.pages_ms, n=20)[-1] if len(self.pages_ms) > 1 else 0
        return (
            f"{self.count:>9,} {self.megabytes:>6.0f} {self.stored:>8.1f} {self.imported:>9.1f}"
            f" {self.count / end_to_end:>9,.0f} {self.worker_mb:>10.0f} {p95:>10.0f}"
            f" {self.copies:>9.1f} {self.removed:>9,}"
        )


HEADER = (
    f"{'records':>9} {'MB':>6} {'stored s':>8} {'import s':>9} {'a second':>9} {'worker MB':>10}"
    f" {'page p95ms':>10} {'copies s':>9} {'removed':>9}"
)


class Pages:
    """Asks for pages of the review, one after the other, and keeps the milliseconds of each."""

    def __init__(self, review: Any) -> None:
        from django.test import Client
        from django.urls import reverse

        self.client = Client()
        self.client.force_login(review.created_by)
        names = ("review_home", "searches:list", "searches:records", "screening:list")
        self.addresses = [reverse(name, args=[review.pk]) for name in names if _exists(name)]
        self.addresses.append(f"{reverse('searches:records', args=[review.pk])}?q=radiograph")
        self.taken: list[float] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Pages":
        for address in self.addresses:
            self.client.get(address)  # what is done once, as reading templates
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.thread.join()

    def _ask(self) -> None:
        from django.db import connection

        while not self.over.is_set():
            for address in self.addresses:
                start = time.perf_counter()
                answer = self.client.get(address)
                self.taken.append((time.perf_counter() - start) * 1000)
                if answer.status_code != 200:
                    raise SystemExit(f"{address} answered {answer.status_code}")
                self.over.wait(0.25)
        connection.close()


def _exists(name: str) -> bool:
    from django.urls import NoReverseMatch, reverse

    try:
        reverse(name, args=[1])
    except NoReverseMatch:
        return False
    return True


def memory_of(group: int) -> float:
    """Return the largest resident size any process of the group ever had, in MB."""
    peaks = [0.0]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == group:
                status = (folder / "status").read_text()
                peaks.append(int(status.split("VmHWM:")[1].split()[0]) / 1024)
        except (OSError, IndexError):
            continue
    return max(peaks)


def measure(path: Path, count: int, start_worker: Any) -> Measured:
    """Bring a file in by a worker of its own, then let this process find the copies."""
    # Django must be set up before its models can be imported.
    from reviews.jobs.models import Job
    from reviews.jobs.services import start_job
    from reviews.jobs.work import do_job
    from reviews.models import Record
    from reviews.searches import services
    from tests.factories import ReviewFactory, SearchFactory

    review = ReviewFactory()
    search = SearchFactory(review=review)
    lead = review.created_by
    worker = start_worker()
    pages = Pages(review)
    watched = count >= WATCHED_FROM
    if watched:
        pages.__enter__()
    start = time.perf_counter()
    with path.open("rb") as file:
        chunks = iter(lambda: file.read(1 << 16), b"")
        batch = services.upload_file(search, by=lead, name="export.ris", chunks=chunks)
    stored = time.perf_counter() - start
    while not Job.objects.get(pk=batch.job_id).finished:
        time.sleep(0.05)
    imported = time.perf_counter() - start - stored
    if watched:
        pages.__exit__()
    peak = memory_of(worker.pid)
    os.killpg(worker.pid, 9)
    worker.wait()
    batch.refresh_from_db()
    if batch.records_read != count:
        sys.exit(f"{batch.records_read} of {count} records came in: {batch.job.cause}")
    job = start_job("dedup.find", review=review, by=lead)
    begun = time.perf_counter()
    do_job(job.pk)
    found = time.perf_counter() - begun
    removed = Record.objects.count_removed(review)
    megabytes = path.stat().st_size / 1e6
    return Measured(count, megabytes, stored, imported, peak, pages.taken, found, removed)


def measure_rispy(python: Path, path: Path, count: int) -> str:
    """Return a row with the seconds and the megabytes rispy takes to parse the file."""
    out = subprocess.run([python, "-c", RISPY, path], capture_output=True, text=True, check=True)
    found, seconds, peak = out.stdout.split()
    rate = int(found) / float(seconds)
    return f"{count:>9,} {float(seconds):>9.1f} {rate:>9,.0f} {int(peak) / 1024:>8.0f} {found:>9}"


def main(counts: list[int], *, rispy: bool) -> None:
    with own_servers() as folder:
        exports = {count: folder / f"{count}.ris" for count in counts}
        for count, path in exports.items():
            write_export(path, count)
        call_command("collectstatic", verbosity=0, interactive=False)
        _import_all(exports, folder)
        if rispy:
            _compare(exports, folder)


def _import_all(exports: dict[int, Path], folder: Path) -> None:
    from tests.processes import workers

    print(HEADER, flush=True)
    with workers(folder) as start_worker:
        for count, path in exports.items():
            print(measure(path, count, start_worker).row(), flush=True)


def _compare(exports: dict[int, Path], folder: Path) -> None:
    """Install rispy apart from what Quadrant needs, and let it parse the same files."""
    venv.create(folder / "rispy", with_pip=True)
    python = folder / "rispy" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "rispy==0.10.0"], check=True)
    print(f"\nrispy, parsing alone\n{'records':>9} {'parse s':>9} {'a second':>9} {'MB':>8} found")
    for count, path in exports.items():
        print(measure_rispy(python, path, count), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counts", nargs="*", type=int, default=COUNTS)
    parser.add_argument("--rispy", action="store_true")
    given = parser.parse_args()
    main(given.counts, rispy=given.rispy)
