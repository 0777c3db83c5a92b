"""How results and progress are printed."""

import json
import sys
from typing import Any

_PARTS = 20


def as_json(value: dict[str, Any]) -> str:
    """Return one JSON object; never NaN or infinity."""
    return json.dumps(value, indent=2, allow_nan=False)


def tell_progress(done: int, total: int, message: str) -> None:
    """Say on stderr how far a long computation is, some twenty times in all."""
    if done % max(1, total // _PARTS) == 0:
        sys.stderr.write(f"{message}: {done} of {total}\n")
        sys.stderr.flush()
