"""Which programs made a number."""

import platform

import numpy as np
import scipy

__version__ = "0.2.0"


def versions() -> dict[str, str]:
    """Return the versions of this package and of what it computes with."""
    return {
        "analysis": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
