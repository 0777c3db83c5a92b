"""How results are printed."""

import json
from typing import Any


def as_json(value: dict[str, Any]) -> str:
    """Return one JSON object; never NaN or infinity."""
    return json.dumps(value, indent=2, allow_nan=False)
