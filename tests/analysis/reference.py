"""Where independent results are kept outside the repository, if they are there at all."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "reference"
FOLDER = Path(os.environ.get("QUADRANT_REFERENCE", _BESIDE)) / "dta"
NAMES = sorted(
    path.name.removesuffix(".oracle.json") for path in FOLDER.glob("expected/*.oracle.json")
)

# The reference's own regressions were integrated more coarsely than its single-group fits: how far
# their log-likelihoods are off, by plain grids (`test_brute_force.py`).
REGRESSIONS_OFF = {"kearon1998": 1.6e-5, "ct_appendicitis": 5e-6, "skin_cad_ml": 2e-6}

needs_reference = pytest.mark.skipif(
    not NAMES, reason="the reference data sets are not on this machine (QUADRANT_REFERENCE)"
)


def expected(name: str) -> dict[str, Any]:
    """Return what the independent program found for a data set."""
    return json.loads((FOLDER / "expected" / f"{name}.oracle.json").read_text())


def table(name: str) -> Path:
    """Return the data set itself."""
    return FOLDER / "data" / f"{name}.csv"
