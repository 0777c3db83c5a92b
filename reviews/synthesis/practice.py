"""What the summary accuracy means where a chosen share has the target condition."""

from collections.abc import Mapping
from typing import Any

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.synthesis.definitions import DEFINITIONS
from reviews.synthesis.models import Run
from reviews.synthesis.numbers import proportion, span

NAMES = {
    "ppv": "After a positive result: the target condition (PPV)",
    "post_negative": "After a negative result: the target condition",
    "npv": "After a negative result: no target condition (NPV)",
}


def share_of(text: str) -> float | None:
    """Read a prevalence in percent, the sign of percent or not; nothing is None.

    >>> share_of("12.5"), share_of(" 0,5 %"), share_of(" ")
    (0.125, 0.005, None)

    Raises
    ------
    DomainError
        It is no percentage between 0 and 100.
    """
    if not text.strip():
        return None
    try:
        share = float(text.strip().removesuffix("%").replace(",", ".")) / 100
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise DomainError("A prevalence is a percentage between 0 and 100, both excluded.")
    return share


def practice(run: Run, asked: str) -> dict[str, Any]:
    """Return predictive values and natural frequencies; what was asked wrongly is said.

    The prevalence is in percent; without one it is the median of the studies.
    """
    try:
        share, problem = share_of(asked), ""
    except DomainError as error:
        share, problem = None, str(error)
    found = bridge.at_prevalence(run.result, share)
    shown = {"asked": asked, "problem": problem}
    if found is None:
        return shown | {"reason": bridge.reasons(run.result)["sensitivity"]}
    return shown | {
        "chosen": share is not None,
        "percent": percent(found["prevalence"]),
        "values": [_value(key, found[key]) for key in NAMES],
        "findings": [_finding(row) for row in found["findings"]],
        "whole": found["natural_frequencies"],
    }


def _value(key: str, value: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": NAMES[key],
        "definition": DEFINITIONS[key],
        "estimate": proportion(value["estimate"]),
        "interval": span(value["interval"]),
    }


def _finding(row: Mapping[str, Any]) -> dict[str, Any]:
    (here,) = row["per_1000"]
    low, high = here["interval"]
    return {
        "name": row["name"],
        "meaning": row["meaning"],
        "estimate": here["estimate"],
        "interval": f"{low} to {high}",
        "studies": row["studies"],
        "participants": row["participants"],
    }


def percent(share: float) -> str:
    """Write a share in percent, as short as it can be.

    >>> percent(0.125), percent(0.3), percent(0.0000001)
    ('12.5', '30', '1e-05')
    """
    return f"{share * 100:.6g}"
