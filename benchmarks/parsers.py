"""How fast exports are read, in how much memory, and whether no record is lost.

    python -m benchmarks.parsers [RECORDS] [--megabytes 300]

Beside rispy and nbib, which a virtual environment of this benchmark's own gets (it is removed
afterwards). First the genuine exports of the reference data, where they are here: how many of
their records each reader gives; then files of RECORDS invented records in each format, each read
by a process of its own, so that its memory can be told; then one RIS file of that many megabytes.
"""

import argparse
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT.parent / "shared" / "reference" / "exports"
PEERS = {"rispy": "rispy==0.10.0", "nbib": "nbib==0.3.2"}
# Lines with which the records of genuine files begin, for the true number.
FIRST_LINES = {"ris": rb"^[ \t]*(?:\xef\xbb\xbf)?TY {1,2}-", "nbib": rb"^PMID ?-"}
FORMS = {
    "nbib": "PMID- {n}\nTI  - {title}\nFAU - Surname, A B\nDP  - 2001\nAB  - {abstract}\n"
    "LID - 10.1000/{n} [doi]\n\n",
    "wos": "PT J\nAU Surname, A\n   Other, B\nTI {title}\nPY 2001\nAB {abstract}\nDI 10.1000/{n}\n"
    "ER\n\n",
    "ovid_tagged": "<{n}. >\nTI  - {title}\nAU  - Surname A\nYR  - 2001\nAB  - {abstract}\n\n",
    "endnote_tagged": "%0 Journal Article\n%T {title}\n%A Surname, A\n%D 2001\n%X {abstract}\n\n",
    "bibtex": "@article{{k{n},\n title = {{{title}}},\n author = {{Surname, A and Other, B}},\n"
    " year = {{2001}},\n abstract = {{{abstract}}},\n doi = {{10.1000/{n}}},\n}}\n\n",
    "pubmed_xml": "<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article><Journal><JournalIssue>"
    "<PubDate><Year>2001</Year></PubDate></JournalIssue></Journal><ArticleTitle>{title}"
    "</ArticleTitle><Abstract><AbstractText>{abstract}</AbstractText></Abstract><AuthorList>"
    "<Author><LastName>Surname</LastName><ForeName>A B</ForeName></Author></AuthorList></Article>"
    "</MedlineCitation></PubmedArticle>\n",
    "endnote_xml": "<record><ref-type name='Journal Article'>17</ref-type><contributors><authors>"
    "<author><style>Surname, A</style></author></authors></contributors><titles><title><style>"
    "{title}</style></title></titles><dates><year><style>2001</style></year></dates><abstract>"
    "<style>{abstract}</style></abstract></record>",
    "csv": '"{title}","Surname, A; Other, B",2001,"{abstract}",10.1000/{n}\n',
}
HEADS = {"csv": "Title,Authors,Year,Abstract,DOI\n", "endnote_xml": "<xml><records>"}
HEADS |= {"pubmed_xml": "<PubmedArticleSet>\n", "wos": "FN Clarivate\nVR 1.0\n"}


def export(count: int) -> bytes:
    """Return an RIS export; the peers' Python cannot import what this is made with."""
    from benchmarks import imports

    return imports.export(count)


def write_file(path: Path, format_: str, count: int) -> None:
    """Write a file of invented records."""
    if format_ == "ris":
        path.write_bytes(export(count))
        return
    abstract = "sensitivity and specificity of radiographs " * 28
    with path.open("w") as file:
        file.write(HEADS.get(format_, ""))
        for n in range(1, count + 1):
            title = f"Bone density on hand radiographs, part {n}"
            file.write(FORMS[format_].format(n=n, title=title, abstract=abstract))


def _read_ours(path: Path) -> int:
    from reviews.searches.parsers import UnreadableFile, parse

    try:
        return sum(1 for _ in parse(path).records)
    except UnreadableFile:
        return 0


def _read_rispy(path: Path) -> int:
    import rispy

    with path.open(encoding="utf-8") as file:
        return len(rispy.load(file))


def _read_nbib(path: Path) -> int:
    import nbib

    return len(nbib.read_file(str(path)))


READERS: dict[str, Callable[[Path], int]] = {
    "quadrant": _read_ours,
    "rispy": _read_rispy,
    "nbib": _read_nbib,
}


def read_and_report(reader: str, paths: list[str]) -> None:
    """Read these files in this process; print records, seconds and megabytes as JSON."""
    with contextlib.suppress(Exception):
        READERS[reader](Path("nowhere"))  # imports what it reads with
    before = _peak()
    start = time.process_time()
    counts = []
    for path in paths:
        try:
            counts.append(READERS[reader](Path(path)))
        except Exception as error:  # what a peer raises is its result
            counts.append(f"{type(error).__name__}")
    seconds = time.process_time() - start
    print(json.dumps({"counts": counts, "seconds": seconds, "mb": _peak() - before}))


def _peak() -> float:
    """Return this program's peak of memory, in megabytes; not that of what started it."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def measure(python: str, reader: str, paths: list[Path]) -> dict:
    """Have files read by another process, under the Python that has the reader."""
    done = subprocess.run(
        [python, "-m", "benchmarks.parsers", "--read", reader, *map(str, paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def peers(folder: Path) -> str:
    """Set up a virtual environment with the peers, and return its Python."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *PEERS.values()], check=True)
    return python


def genuine(pythons: dict[str, str]) -> Iterator[str]:
    """Yield a line per format: how many of the records in the genuine files each reader gives."""
    yield f"{'genuine files':<16}{'files':>7}{'records':>9}  read by each (files with all of them)"
    for format_, peer in (("ris", "rispy"), ("nbib", "nbib")):
        paths = [p for p in sorted((REFERENCE / format_).glob("*")) if p.suffix != ".json"]
        ours = measure(pythons["quadrant"], "quadrant", paths)["counts"]
        first = re.compile(FIRST_LINES[format_], re.MULTILINE)
        # A file may hold records without the line they should begin with: ours cannot be fewer.
        true = [
            max(len(first.findall(p.read_bytes().replace(b"\r", b"\n"))), own)
            for p, own in zip(paths, ours, strict=True)
        ]
        cells = []
        for reader in ("quadrant", peer):
            counts = ours if reader == "quadrant" else measure(pythons[peer], peer, paths)["counts"]
            read = sum(min(n, t) for n, t in zip(counts, true, strict=True) if isinstance(n, int))
            whole = sum(n == t for n, t in zip(counts, true, strict=True))
            cells.append(f"{reader} {read:,} ({whole})")
        yield f"{format_:<16}{len(paths):>7}{sum(true):>9,}  {', '.join(cells)}"


def invented(pythons: dict[str, str], folder: Path, count: int) -> Iterator[str]:
    """Yield a line per format and reader: records, records a second, memory."""
    yield f"{'invented':<16}{'reader':>9}{'records':>9}{'seconds':>9}{'a second':>10}{'MB':>6}"
    for format_ in ("ris", *FORMS):
        path = folder / f"export.{format_}"
        write_file(path, format_, count)
        readers = ["quadrant", *(peer for peer in PEERS if (format_, peer) in _PAIRS)]
        for reader in readers:
            got = measure(pythons[reader], reader, [path])
            records, seconds = got["counts"][0], got["seconds"]
            speed = f"{records / seconds:,.0f}" if isinstance(records, int) else "-"
            yield f"{format_:<16}{reader:>9}{records:>9}{seconds:>9.2f}{speed:>10}{got['mb']:>6.0f}"
        path.unlink()


_PAIRS = {("ris", "rispy"), ("nbib", "nbib")}


def large(python: str, folder: Path, megabytes: int) -> str:
    """Return a line about one large RIS file."""
    path = folder / "large.ris"
    piece = export(10_000)
    times = max(1, round(megabytes * 1_000_000 / len(piece)))
    with path.open("wb") as file:
        for _ in range(times):
            file.write(piece)
    got = measure(python, "quadrant", [path])
    if got["counts"][0] != 10_000 * times:
        sys.exit(f"{got['counts'][0]} of {10_000 * times} records were read.")
    return (
        f"{path.stat().st_size / 1e6:,.0f} MB of RIS: {got['counts'][0]:,} records in"
        f" {got['seconds']:.1f} s, {got['mb']:.0f} MB of memory"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", nargs="?", type=int, default=20_000)
    parser.add_argument("--megabytes", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quadrant-benchmark-") as name:
        folder = Path(name)
        peer = peers(folder / "venv")
        pythons = {"quadrant": sys.executable, "rispy": peer, "nbib": peer}
        if REFERENCE.is_dir():
            for line in genuine(pythons):
                print(line, flush=True)
        for line in invented(pythons, folder, given.records):
            print(line, flush=True)
        print(large(sys.executable, folder, given.megabytes))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read_and_report(sys.argv[2], sys.argv[3:])
    else:
        main()
