"""Fuzz the parsers with atheris, guided by which of their lines each input reaches.

    python -m benchmarks.fuzz [SECONDS]

atheris is no requirement of Quadrant: a virtual environment of this benchmark's own gets it, and is
removed afterwards. Ends with another exit code than 0, and the input, if a parser raises anything
but UnreadableFile, hands over a text that PostgreSQL refuses, or takes longer than it may.
"""

import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("atheris", "lxml", "bibtexparser", "pylatexenc", "openpyxl")
FIXTURES = ROOT / "tests" / "fixtures" / "exports"
LONGEST = 8_192
SECONDS_ALLOWED = 2  # instrumented code is some ten times slower, and the machine may be busy


def try_one(data: bytes) -> None:
    """Read an input whose first byte chooses the format told (or none)."""
    from reviews.searches.parsers import FORMATS, UnreadableFile, parse

    told = [None, *FORMATS][data[0] % (len(FORMATS) + 1)] if data else None
    start = time.process_time()
    try:
        parsed = parse(data[1:], format=told)
        for place, record in enumerate(parsed.records, start=1):
            assert record.position == place
            for text in (record.title, record.abstract, record.raw, *record.authors):
                assert "\0" not in text
                text.encode()
    except UnreadableFile:
        pass
    if (taken := time.process_time() - start) > SECONDS_ALLOWED:
        raise TimeoutError(f"{len(data)} bytes took {taken:.1f} s")


def fuzz(folder: str, seconds: str) -> None:
    """Run in the Python that has atheris; never returns."""
    import atheris

    with atheris.instrument_imports(include=["reviews.searches.parsers"]):
        import reviews.searches.parsers  # noqa: F401 - imported to be instrumented
    atheris.Setup(
        [sys.argv[0], folder, f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=20"],
        try_one,
    )
    atheris.Fuzz()


def write_seeds(folder: Path) -> None:
    """Write what inputs to begin with: our fixtures, and an export in each vendor's manner."""
    from tests.reviews.searches.parsers import vendors

    texts = [v.encode() for v in vars(vendors).values() if isinstance(v, str) and "\n" in v]
    texts += [path.read_bytes() for path in FIXTURES.iterdir()]
    for number, content in enumerate(texts):
        (folder / str(number)).write_bytes(b"\0" + content[:LONGEST])


def main(seconds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="quadrant-fuzz-") as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        pip = [python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", *PACKAGES]
        subprocess.run(pip, check=True)
        (folder / "corpus").mkdir()
        write_seeds(folder / "corpus")
        run = [python, "-m", "benchmarks.fuzz", "--run", folder / "corpus", str(seconds)]
        return subprocess.run(run, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        fuzz(sys.argv[2], sys.argv[3])
    else:
        sys.exit(main(int((sys.argv[1:] or ["60"])[0])))
