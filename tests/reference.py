"""Where the reference data lies, and skipping where it does not."""

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent
REFERENCE = Path(os.environ.get("QUADRANT_REFERENCE") or _ROOT.parent / "shared" / "reference")

needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the folder of reference data is not here"
)


def reference_files(folder: str, pattern: str = "*") -> list[Path]:
    """Return the files of a folder of the reference data; none where it is not here."""
    return sorted(path for path in (REFERENCE / folder).glob(pattern) if path.is_file())
