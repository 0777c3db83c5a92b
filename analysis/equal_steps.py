"""The integral over the random effects by equal steps, for studies that lie very far apart.

With between-study standard deviations of several logits a study's integrand is a cliff with a
normal tail behind it, which Gauss-Hermite nodes resolve slowly. Sums over equal steps converge
exponentially for every smooth integrand that dies out on both sides [1]_: the steps span exactly
the range where it matters, of the first effect, and of the second given the first.

References
----------
.. [1] Trefethen LN, Weideman JAC. The exponentially convergent trapezoidal rule. SIAM Rev
   2014;56:385-458.
"""

from collections.abc import Callable

import numpy as np

from analysis.data import Floats
from analysis.identities import derivatives, describe_arm
from analysis.modes import Modes, find_modes

# The integrand is followed until it is down to exp(-40) of its height.
_FALL = 40.0
# It falls at least as fast as a standard normal density: no range is wider than this.
_FARTHEST = float(np.sqrt(2 * _FALL))
_NEAREST = 1e-7
_HALVINGS = 12


def integrate_by_equal_steps(
    theta: Floats, events: Floats, totals: Floats, nodes: int
) -> tuple[Floats, Floats, Floats]:
    """Return log-likelihood (r,), gradient (r, 5) and Hessian (r, 5, 5) of each of r studies.

    Parameters
    ----------
    theta : ndarray, shape (5, r)
    events, totals : ndarray, shape (2, r)
    nodes : int
        Steps per dimension.

    Returns
    -------
    tuple of ndarray
    """
    mu1, mu2, l11, l21, l22 = theta
    mode = find_modes(theta, events, totals)
    place = np.linspace(0.0, 1.0, nodes)

    low, high = _reach(lambda t: _first_fall(t, mode, theta, events, totals), (2, len(mu1)))
    u1 = (mode.u1 - low)[:, None] + (low + high)[:, None] * place
    arm1 = describe_arm(
        l11[:, None] * (u1 - mode.u1[:, None]), mode.eta1[:, None], events[0], totals[0]
    )

    middle = mu2[:, None] + l21[:, None] * u1
    loading = np.broadcast_to(l22[:, None], u1.shape)
    own = [np.broadcast_to(count[1][:, None], u1.shape) for count in (events, totals)]
    peak = _second_modes(middle, loading, *own)
    low2, high2 = _reach(lambda t: _second_fall(t, peak, middle, loading, *own), (2, *u1.shape))
    u2 = (peak - low2)[:, :, None] + (low2 + high2)[:, :, None] * place
    eta2 = middle[:, :, None] + l22[:, None, None] * u2 - mode.eta2[:, None, None]
    arm2 = describe_arm(eta2, mode.eta2[:, None, None], events[1], totals[1])

    change = arm2.change
    change -= (u2**2 - (mode.u2**2)[:, None, None]) / 2
    change += (arm1.change - (u1**2 - (mode.u1**2)[:, None]) / 2)[:, :, None]
    # Nothing is much higher than the mode: this acts only where rounding hid it.
    posterior = np.exp(np.minimum(change, 1.0, out=change), out=change)
    posterior *= (low2 + high2)[:, :, None]
    total = posterior.sum(axis=(1, 2))
    posterior /= total[:, None, None]
    step = (low + high) / (nodes - 1) ** 2 / (2 * np.pi)
    value = mode.value + np.log(step * total)

    (s1, d1), (s2, d2) = arm1.derivatives(), arm2.derivatives()
    s2 *= posterior
    d2 *= posterior
    s = (s2.sum(axis=2) * arm2.sign, np.einsum("rij,rij->ri", s2, u2) * arm2.sign)
    d = (
        d2.sum(axis=2),
        np.einsum("rij,rij->ri", d2, u2),
        np.einsum("rij,rij,rij->ri", d2, u2, u2),
    )
    return value, *derivatives(posterior.sum(axis=2), (s1 * arm1.sign, d1), u1, s, d)


def _reach(fall: Callable[[Floats], Floats], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return how far below and above the mode the integrand matters.

    ``fall`` takes distances of this shape, below and above, and returns how far the logarithm of
    the integrand has fallen there.
    """
    near, far = np.full(shape, np.log(_NEAREST)), np.full(shape, np.log(_FARTHEST))
    for _ in range(_HALVINGS):
        between = (near + far) / 2
        beyond = fall(np.exp(between)) > _FALL
        near, far = np.where(beyond, near, between), np.where(beyond, between, far)
    low, high = np.exp(far)
    return low, high


def _first_fall(
    distance: Floats, mode: Modes, theta: Floats, events: Floats, totals: Floats
) -> Floats:
    """Return the fall at a distance of the first effect, the second at its best there."""
    mu1, mu2, l11, l21, l22 = theta
    u1 = mode.u1 + np.array([[-1.0], [1.0]]) * distance
    own = [np.broadcast_to(count[1], u1.shape) for count in (events, totals)]
    u2 = _second_modes(mu2 + l21 * u1, np.broadcast_to(l22, u1.shape), *own)
    eta = (mu1 + l11 * u1, mu2 + l21 * u1 + l22 * u2)
    at_mode = (mode.eta1, mode.eta2)
    gain: Floats = (mode.u1**2 + mode.u2**2 - u1**2 - u2**2) / 2
    for y, n, here, there in zip(events, totals, eta, at_mode, strict=True):
        gain = gain + y * (here - there) - n * (np.logaddexp(0, here) - np.logaddexp(0, there))
    return -gain


def _second_modes(middle: Floats, loading: Floats, events: Floats, totals: Floats) -> Floats:
    """Return the best second effects around given logits, of the same shape."""
    zero = np.zeros(middle.size)
    theta = np.stack([zero, middle.ravel(), zero, zero, loading.ravel()])
    found = find_modes(theta, np.stack([zero, events.ravel()]), np.stack([zero, totals.ravel()]))
    return found.u2.reshape(middle.shape)


def _second_fall(
    distance: Floats, peak: Floats, middle: Floats, loading: Floats, events: Floats, totals: Floats
) -> Floats:
    """Return the fall at a distance of the second effect from its best."""
    sign = np.array([-1.0, 1.0]).reshape(2, *[1] * peak.ndim)
    u2 = peak + sign * distance
    here, there = middle + loading * u2, middle + loading * peak
    change = events * (here - there) - totals * (np.logaddexp(0, here) - np.logaddexp(0, there))
    fall: Floats = (u2**2 - peak**2) / 2 - change
    return fall
