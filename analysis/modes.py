"""Where each study's integrand over the random effects peaks, and how sharply."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analysis.data import Floats
from analysis.logistic import log_odds_sum

_STEPS = 100
# Newton decrement. A rule centred a hundredth of a standard deviation off loses nothing.
_CENTRED = 1e-4
EXACT = 1e-20
# From here every step of Newton's method rises; should one not, heights count again.
_SURE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Modes:
    """Where each integrand peaks, and the lower factor c of its inverse curvature there.

    Attributes
    ----------
    value : ndarray, shape (r,)
        Logarithm of the integrand at its peak, without constants.
    u1, u2 : ndarray, shape (r,)
        The two standard normal effects there.
    eta1, eta2 : ndarray, shape (r,)
        The two logits there.
    c11, c21, c22 : ndarray, shape (r,)
        Lower triangle of c.
    """

    value: Floats
    u1: Floats
    u2: Floats
    eta1: Floats
    eta2: Floats
    c11: Floats
    c21: Floats
    c22: Floats


def find_modes(
    theta: Floats, events: Floats, totals: Floats, *, tolerance: float = _CENTRED
) -> Modes:
    """Maximise each study's integrand over u by Newton's method; it is strictly concave.

    Parameters
    ----------
    theta : ndarray, shape (5, r)
    events, totals : ndarray, shape (2, r)
    tolerance : float
        Newton decrement at which to stop.

    Returns
    -------
    Modes
    """
    mu1, mu2, l11, l21, l22 = theta
    (y1, y2), (n1, n2) = events, totals

    def height(u1: Floats, u2: Floats) -> Floats:
        eta1, eta2 = mu1 + l11 * u1, mu2 + l21 * u1 + l22 * u2
        fit1 = y1 * eta1 - n1 * log_odds_sum(eta1)
        fit2 = y2 * eta2 - n2 * log_odds_sum(eta2)
        inside: Floats = fit1 + fit2 - (u1**2 + u2**2) / 2
        return inside

    u1, u2 = _normal_modes(theta, events, totals)
    value: Floats | None = None
    scale = np.ones_like(u1)
    for _ in range(_STEPS):
        p1, p2 = expit(mu1 + l11 * u1), expit(mu2 + l21 * u1 + l22 * u2)
        h11, h12, h22 = _curvature(n1 * p1 * (1 - p1), n2 * p2 * (1 - p2), l11, l21, l22)
        r1, r2 = y1 - n1 * p1, y2 - n2 * p2
        g1, g2 = l11 * r1 + l21 * r2 - u1, l22 * r2 - u2
        determinant = h11 * h22 - h12**2
        step1 = (h22 * g1 - h12 * g2) / determinant
        step2 = (h11 * g2 - h12 * g1) / determinant
        decrement = g1 * step1 + g2 * step2
        if decrement.max() < tolerance:
            break
        if decrement.max() < _SURE:
            u1, u2, value = u1 + step1, u2 + step2, None
            continue
        new1, new2 = u1 + scale * step1, u2 + scale * step2
        value = height(u1, u2) if value is None else value
        new_value = height(new1, new2)
        # Near the mode rounding hides the rise of the height: trust the step.
        better = (new_value >= value) | (decrement < 1e-6)
        u1, u2 = np.where(better, new1, u1), np.where(better, new2, u2)
        value = np.where(better, new_value, value)
        scale = np.where(better, np.minimum(2 * scale, 1.0), scale / 4)
    c11 = np.sqrt(h22 / determinant)
    return Modes(
        value=height(u1, u2),
        u1=u1,
        u2=u2,
        eta1=mu1 + l11 * u1,
        eta2=mu2 + l21 * u1 + l22 * u2,
        c11=c11,
        c21=-h12 / determinant / c11,
        c22=1 / np.sqrt(h22),
    )


def _curvature(
    w1: Floats, w2: Floats, l11: Floats, l21: Floats, l22: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the three entries of I + L' diag(w1, w2) L."""
    return 1 + l11**2 * w1 + l21**2 * w2, l21 * l22 * w2, 1 + l22**2 * w2


def _normal_modes(theta: Floats, events: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """Return the modes were the observed logits normal: where Newton's method starts."""
    _, _, l11, l21, l22 = theta
    y, rest = events + 0.5, totals - events + 0.5
    w1, w2 = np.where(totals > 0, y * rest / (y + rest), 0.0)
    away1, away2 = np.log(y / rest) - theta[:2]
    h11, h12, h22 = _curvature(w1, w2, l11, l21, l22)
    g1, g2 = l11 * w1 * away1 + l21 * w2 * away2, l22 * w2 * away2
    determinant = h11 * h22 - h12**2
    return (h22 * g1 - h12 * g2) / determinant, (h11 * g2 - h12 * g1) / determinant
