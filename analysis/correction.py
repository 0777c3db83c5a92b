"""What a coarse quadrature rule leaves out, where all parameters of interest lie close together."""

from dataclasses import dataclass

import numpy as np

from analysis.data import Floats


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Correction:
    """Differences of a fine rule and a coarse one, study by study, to second order about a point.

    With it the coarse rule errs by the third power of the distance from that point.

    Attributes
    ----------
    about : ndarray, shape (p,)
    value : ndarray, shape (k,)
    gradient : ndarray, shape (k, p)
    hessian : ndarray, shape (k, p, p)
    """

    about: Floats
    value: Floats
    gradient: Floats
    hessian: Floats

    def at(self, theta: Floats) -> tuple[Floats, Floats, Floats]:
        """Return what to add at ``b`` points: shapes (b, k), (b, k, p) and (k, p, p)."""
        away = theta - self.about
        bent = np.einsum("kpq,bq->bkp", self.hessian, away)
        value = self.value + np.einsum("bkp,bp->bk", self.gradient + bent / 2, away)
        return value, self.gradient + bent, self.hessian
