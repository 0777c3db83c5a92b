"""The integral over both random effects where nothing connects them.

Without a correlation l21 is zero: the second arm does not depend on the first effect, and the
integral is the product of two integrals over one effect each.
"""

import numpy as np

from analysis.data import Floats
from analysis.identities import N_PARAMETERS, derivatives
from analysis.one_effect import integrand, line_sums
from analysis.peaks import log_chance


def integrate_apart(
    theta: Floats, events: Floats, totals: Floats, nodes: int, *, value_only: bool = False
) -> tuple[Floats, Floats, Floats]:
    """Return log-likelihood (r,), gradient (r, 5) and Hessian (r, 5, 5) of each of r studies.

    Parameters
    ----------
    theta : ndarray, shape (5, r)
        With l21 zero; the derivatives by l21 are there all the same.
    events, totals : ndarray, shape (2, r)
    nodes : int
        Of each of the two integrals.
    value_only : bool
        Whether gradient and Hessian are left empty.

    Returns
    -------
    tuple of ndarray
        Shapes (r,), (r, 5) and (r, 5, 5).
    """
    mu1, mu2, l11, _, l22 = theta
    first = integrand(mu1, l11, events[0], totals[0], nodes)
    second = line_sums(mu2, l22, events[1], totals[1], nodes, value_only=value_only)
    total = first.mass.sum(axis=1)
    value = np.log(total * second.mass)
    for middle, loading, y, n, peak in zip(
        (mu1, mu2), (l11, l22), events, totals, (first.peak, second.peak), strict=True
    ):
        value += log_chance(middle + loading * peak, y, n)[0] - peak**2 / 2
    if value_only:
        return value, np.empty((0, N_PARAMETERS)), np.empty((0, N_PARAMETERS, N_PARAMETERS))
    q = first.mass / total[:, None]
    s, d = (
        tuple(q * (sums / second.mass)[:, None] for sums in side) for side in (second.s, second.d)
    )
    s1, d1 = first.arm.derivatives()
    return value, *derivatives(q, (s1 * first.arm.sign, d1), first.u, s, d)
