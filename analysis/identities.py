"""What a quadrature rule needs of the binomial arms, and the derivatives that follow from it.

The gradient of the log-likelihood is the posterior mean of the complete-data score (Fisher's
identity) and the Hessian follows from Louis' identity [1]_.

References
----------
.. [1] Louis TA. Finding the observed information matrix when using the EM algorithm.
   J R Stat Soc B 1982;44:226-233.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from analysis.data import Floats

N_PARAMETERS = 5
MU1, MU2, L11, L21, L22 = range(N_PARAMETERS)
_LARGEST_EXPONENT = 700.0


class Arm(NamedTuple):
    """One binomial arm at many logits, turned so that its probability is small.

    Attributes
    ----------
    change : ndarray
        Of the log-likelihood, from the logits it is relative to.
    growth : ndarray
        (1 - rate) / (1 - p) - 1, p the probability at these logits.
    rate : ndarray
        The probability at the logits it is relative to.
    events, totals : ndarray
        Turned; broadcast against `change`.
    sign : ndarray, shape (r, 1)
        -1 where the arm is turned, else 1.
    """

    change: Floats
    growth: Floats
    rate: Floats
    events: Floats
    totals: Floats
    sign: Floats

    def derivatives(self) -> tuple[Floats, Floats]:
        """Return the residual y - n p, and its square minus n p (1 - p); eats ``growth``."""
        p = self.growth + self.rate
        growth = self.growth
        growth += 1
        p /= growth
        expected = self.totals * p
        residual = self.events - expected
        p -= 1
        expected *= p
        expected += residual**2
        return residual, expected


def describe_arm(delta: Floats, eta: Floats, events: Floats, totals: Floats) -> Arm:
    """Describe one binomial arm at logits ``eta + delta``, relative to ``eta``; eats ``delta``.

    The arm is turned so that the probability at ``eta`` is at most one half: no cancellation,
    hence exact changes for counts in the millions. Its residual has the sign of ``sign``, shape
    (r, 1).

    Parameters
    ----------
    delta : ndarray, shape (r, ...)
    eta, events, totals : ndarray, shape (r,)

    Returns
    -------
    Arm
    """
    shape = (len(events),) + (1,) * (delta.ndim - 1)
    upper = eta > 0
    sign = np.where(upper, -1.0, 1.0)
    n = totals.reshape(shape)
    y = np.where(upper, n - events.reshape(shape), events.reshape(shape))
    rate = expit(-np.abs(eta))
    delta *= sign
    if max(delta.max(), -delta.min()) > _LARGEST_EXPONENT:
        np.clip(delta, -_LARGEST_EXPONENT, _LARGEST_EXPONENT, out=delta)
    growth = np.expm1(delta)
    growth *= rate
    change = np.log1p(growth)
    change *= -n
    delta *= y
    change += delta
    return Arm(change, growth, rate, y, n, sign.reshape(-1, 1))


def derivatives(
    q: Floats,
    first: tuple[Floats, Floats],
    u1: Floats,
    s: tuple[Floats, ...],
    d: tuple[Floats, ...],
) -> tuple[Floats, Floats]:
    """Return the gradient (r, 5) and the Hessian (r, 5, 5) of each of r studies.

    Parameters
    ----------
    q : ndarray, shape (r, n)
        Posterior mass at each node ``u1`` of the first effect.
    first : tuple of ndarray, shape (r, n)
        Residual of the first arm, and its square minus the binomial variance.
    u1 : ndarray, shape (r, n)
    s, d : tuples of ndarray, shape (r, n)
        Posterior sums over the second effect of the second arm's residual times 1 and u2, and of
        its square minus the binomial variance times 1, u2 and u2 squared.

    Returns
    -------
    tuple of ndarray
    """
    s1, d1 = first
    gradient = _line_sums(q * s1, s[0], q * s1 * u1, s[0] * u1, s[1])
    second = _second_moments(q * d1, s, d, s1, u1)
    return gradient, second - gradient[:, :, None] * gradient[:, None, :]


def _line_sums(*parts: Floats) -> Floats:
    sums: Floats = np.stack(parts).sum(axis=2).T
    return sums


def _second_moments(
    d1: Floats, s: tuple[Floats, ...], d: tuple[Floats, ...], s1: Floats, u1: Floats
) -> Floats:
    """Return the posterior mean of score score' + (second derivative), shape (r, 5, 5)."""
    s_0, s_1 = s
    d_0, d_1, d_2 = d
    cross = s1 * s_0
    entries = {
        (MU1, MU1): d1,
        (MU1, L11): d1 * u1,
        (L11, L11): d1 * u1**2,
        (MU2, MU2): d_0,
        (MU2, L21): d_0 * u1,
        (MU2, L22): d_1,
        (L21, L21): d_0 * u1**2,
        (L21, L22): d_1 * u1,
        (L22, L22): d_2,
        (MU1, MU2): cross,
        (MU1, L21): cross * u1,
        (MU1, L22): s1 * s_1,
        (MU2, L11): cross * u1,
        (L11, L21): cross * u1**2,
        (L11, L22): s1 * s_1 * u1,
    }
    sums = _line_sums(*entries.values())
    out = np.empty((len(u1), N_PARAMETERS, N_PARAMETERS))
    i, j = np.array(list(entries)).T
    out[:, i, j] = sums
    out[:, j, i] = sums
    return out
