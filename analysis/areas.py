"""Areas under many logistic curves at once."""

import numpy as np
from scipy.special import expit

from analysis.data import Floats

# The logit scale from 1e-16 to 1 - 1e-16, in steps that leave the area right to 1e-9.
_GRID = np.linspace(-37.0, 37.0, 741)


def logistic_areas(intercept: Floats, slope: Floats) -> Floats:
    """Return the areas under logit(sensitivity) = intercept + slope logit(1 - specificity).

    Parameters
    ----------
    intercept, slope : ndarray, shape (m,)
        Slopes above 0.

    Returns
    -------
    ndarray, shape (m,)
        Over 1 - specificity from 0 to 1, right to 1e-8.
    """
    # A steep curve is integrated over its other axis, where it is flat.
    steep = slope > 1
    flat_slope = np.where(steep, 1 / slope, slope)
    flat_intercept = np.where(steep, -intercept / slope, intercept)
    heights = expit(flat_intercept[:, None] + flat_slope[:, None] * _GRID)
    under = heights @ (expit(_GRID) * expit(-_GRID)) * (_GRID[1] - _GRID[0])
    found: Floats = np.where(steep, 1 - under, under)
    return found
