"""The marginal likelihood of the bivariate binomial model, with its first two derivatives.

Each study's random effects are written b = L u with u standard normal, so that a singular
covariance (no variance, or a correlation of 1) is an ordinary point. The integral over u is taken
by two-dimensional adaptive Gauss-Hermite quadrature round the mode of each study's integrand [1]_.
The gradient is the posterior mean of the complete-data score (Fisher's identity) and the Hessian
follows from Louis' identity [2]_, with the same nodes and weights.

L is lower triangular: the first effect needs u1 only, so the first arm is evaluated on a line of
nodes and only the second on the whole grid.

References
----------
.. [1] Pinheiro JC, Bates DM. Approximations to the log-likelihood function in the nonlinear
   mixed-effects model. J Comput Graph Stat 1995;4:12-35.
.. [2] Louis TA. Finding the observed information matrix when using the EM algorithm.
   J R Stat Soc B 1982;44:226-233.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import gammaln

from analysis.apart import integrate_apart
from analysis.data import Floats, TwoByTwos
from analysis.graded_steps import integrate_by_graded_steps
from analysis.identities import L11, L21, L22, MU1, MU2, N_PARAMETERS, derivatives, describe_arm
from analysis.modes import EXACT, find_modes
from analysis.one_effect import HERMITE_RULES, hermite_rule

__all__ = [
    "L11",
    "L21",
    "L22",
    "MU1",
    "MU2",
    "N_PARAMETERS",
    "Arms",
    "Evaluation",
    "evaluate",
    "log_likelihood",
    "posterior_modes",
]

# Grids of about this many points stay in the processor's cache.
_BLOCK = 60_000

Integrate = Callable[..., tuple[Floats, Floats, Floats]]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Arms:
    """The two binomial arms of ``k`` studies, as the likelihood needs them.

    Attributes
    ----------
    events, totals : ndarray of float, shape (k, 2)
        Correctly classified and all participants: of the diseased, of the healthy.
    log_coefficients : ndarray, shape (k,)
        Sum of the two logarithms of binomial coefficients.
    design : ndarray, shape (k, 5, p), or None
        How each study's own five parameters follow from p common ones (covariates); by default
        the studies share them.
    """

    events: Floats
    totals: Floats
    log_coefficients: Floats
    design: Floats | None = None

    @classmethod
    def from_tables(cls, data: TwoByTwos) -> "Arms":
        """Take the arms of 2x2 tables, binomial coefficients included.

        Parameters
        ----------
        data : TwoByTwos
            Studies with participants.

        Returns
        -------
        Arms
        """
        return cls.from_counts(data.events.astype(float), data.totals.astype(float))

    @classmethod
    def from_counts(cls, events: Floats, totals: Floats) -> "Arms":
        """Build from events and totals, both of shape (k, 2); a total of 0 is an empty arm.

        Parameters
        ----------
        events, totals : ndarray of float, shape (k, 2)

        Returns
        -------
        Arms
        """
        coefficients = gammaln(totals + 1) - gammaln(events + 1) - gammaln(totals - events + 1)
        return cls(events=events, totals=totals, log_coefficients=coefficients.sum(axis=1))

    def __len__(self) -> int:
        return len(self.events)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evaluation:
    """The log-likelihood at ``b`` parameter vectors.

    Attributes
    ----------
    log_likelihood : ndarray, shape (b,)
    gradient : ndarray, shape (b, 5), or (b, p) with a design
    hessian : ndarray, shape (b, 5, 5), or (b, p, p)
    """

    log_likelihood: Floats
    gradient: Floats
    hessian: Floats

    def select(self, i: int) -> "Evaluation":
        """Return the evaluation at one of the parameter vectors.

        Parameters
        ----------
        i : int
            Its position.

        Returns
        -------
        Evaluation
        """
        return Evaluation(
            log_likelihood=self.log_likelihood[[i]].copy(),
            gradient=self.gradient[[i]].copy(),
            hessian=self.hessian[[i]].copy(),
        )


def evaluate(theta: Floats, arms: Arms, nodes: int, *, weights: Floats | None = None) -> Evaluation:
    """Evaluate the log-likelihood and its derivatives at several parameter vectors at once.

    Parameters
    ----------
    theta : ndarray, shape (b, 5)
        Rows of (mu1, mu2, l11, l21, l22): mean logit sensitivity and specificity, and the lower
        triangle of the factor L of the between-study covariance L L'. With a design, shape (b, p).
    arms : Arms
    nodes : int
        Quadrature nodes per dimension.
    weights : ndarray, shape (b, k), optional
        How often each study counts at each parameter vector; by default once.

    Returns
    -------
    Evaluation
    """
    value, gradient, hessian = by_study(theta, arms, nodes)
    often = np.ones(value.shape) if weights is None else weights
    return Evaluation(
        log_likelihood=(value * often).sum(axis=1),
        gradient=(gradient * often[..., None]).sum(axis=1),
        hessian=(hessian * often[..., None, None]).sum(axis=1),
    )


def by_study(theta: Floats, arms: Arms, nodes: int) -> tuple[Floats, Floats, Floats]:
    """Return what `evaluate` sums: shapes (b, k), (b, k, p) and (b, k, p, p).

    Parameters
    ----------
    theta : ndarray, shape (b, 5)
        With a design, shape (b, p).
    arms : Arms
    nodes : int
        Quadrature nodes per dimension.

    Returns
    -------
    tuple of ndarray
    """
    b, k = len(theta), len(arms)
    value, gradient, hessian = _study_by_study(theta, arms, nodes, value_only=False)
    value = value.reshape(b, k) + arms.log_coefficients
    gradient = gradient.reshape(b, k, N_PARAMETERS)
    hessian = hessian.reshape(b, k, N_PARAMETERS, N_PARAMETERS)
    if arms.design is not None:
        turned = arms.design.transpose(0, 2, 1)
        gradient = (turned @ gradient[..., None])[..., 0]
        hessian = turned @ hessian @ arms.design
    return value, gradient, hessian


def corrected(arms: Arms, about: Floats, coarse: int, fine: int) -> Arms:
    """Return arms with which a coarse rule gives near a point, shape (p,), what a fine one gives.

    What the coarse rule leaves out of each study there is added to its binomial coefficients.

    Parameters
    ----------
    arms : Arms
    about : ndarray, shape (p,)
        The point.
    coarse, fine : int
        Nodes of the two rules.

    Returns
    -------
    Arms
    """
    few, many = (_study_by_study(about[None], arms, n, value_only=True)[0] for n in (coarse, fine))
    return replace(arms, log_coefficients=arms.log_coefficients + many - few)


def log_likelihood(
    theta: Floats, arms: Arms, nodes: int, *, weights: Floats | None = None
) -> Floats:
    """Return the log-likelihood alone, shape (b,), in half the time; parameters as `evaluate`.

    Parameters
    ----------
    theta : ndarray, shape (b, 5)
        With a design, shape (b, p).
    arms : Arms
    nodes : int
        Quadrature nodes per dimension.
    weights : ndarray, shape (b, k), optional
        How often each study counts; by default once.

    Returns
    -------
    ndarray, shape (b,)
    """
    value = _study_by_study(theta, arms, nodes, value_only=True)[0].reshape(len(theta), len(arms))
    value = value + arms.log_coefficients
    sums: Floats = (value if weights is None else value * weights).sum(axis=1)
    return sums


def _study_by_study(
    theta: Floats, arms: Arms, nodes: int, *, value_only: bool
) -> tuple[Floats, Floats, Floats]:
    """Return each study's part, by its own five parameters, at each parameter vector in turn."""
    b, k = len(theta), len(arms)
    if arms.design is None:
        rows = np.repeat(theta, k, axis=0).T
    else:
        rows = np.einsum("kqp,bp->qbk", arms.design, theta).reshape(N_PARAMETERS, b * k)
    events = np.tile(arms.events, (b, 1)).T
    totals = np.tile(arms.totals, (b, 1)).T
    integrate, points = _method(rows, nodes)
    size = max(1, _BLOCK // points)
    parts = []
    for i in range(0, b * k, size):
        block = slice(i, i + size)
        own = (rows[:, block], events[:, block], totals[:, block])
        parts.append(integrate(*own, nodes, value_only=value_only))
    value, gradient, hessian = (np.concatenate(part) for part in zip(*parts, strict=True))
    return value, gradient, hessian


def _method(rows: Floats, nodes: int) -> tuple[Integrate, int]:
    """Return how to integrate at these parameters, and the points it holds at once, by study."""
    if not rows[L21].any():
        return integrate_apart, nodes
    if nodes not in HERMITE_RULES:
        return integrate_by_graded_steps, nodes
    return _integrate, nodes**2


def posterior_modes(theta: Floats, arms: Arms) -> Floats:
    """Return each study's most probable logits, given its counts and the parameters.

    Parameters
    ----------
    theta : ndarray, shape (5,)
    arms : Arms

    Returns
    -------
    ndarray, shape (k, 2)
        Logits of sensitivity and specificity at the posterior mode of the random effects.
    """
    rows = np.tile(theta[:, None], len(arms))
    mode = find_modes(rows, arms.events.T, arms.totals.T, tolerance=EXACT)
    return np.column_stack([mode.eta1, mode.eta2])


@lru_cache(maxsize=16)
def _rule(nodes: int) -> tuple[Floats, Floats, Floats]:
    """Return the nodes x, the weights of a plain double integral, and the powers 1, x, x^2."""
    x, plain = hermite_rule(nodes)
    return x, np.multiply.outer(plain, plain), np.column_stack([np.ones(nodes), x, x**2])


def _integrate(
    theta: Floats, events: Floats, totals: Floats, nodes: int, *, value_only: bool
) -> tuple[Floats, Floats, Floats]:
    """Return log-likelihood (r,), gradient (r, 5) and Hessian (r, 5, 5) of each of r studies.

    ``theta`` has shape (5, r); ``events`` and ``totals`` have shape (2, r).
    """
    _, _, l11, l21, l22 = theta
    x, plain_outer, powers = _rule(nodes)
    mode = find_modes(theta, events, totals)

    du1 = mode.c11[:, None] * x
    u1 = mode.u1[:, None] + du1
    arm1 = describe_arm(l11[:, None] * du1, mode.eta1[:, None], events[0], totals[0])

    du2_line = mode.c21[:, None] * x
    u2_line = mode.u2[:, None] + du2_line
    eta2_line = l21[:, None] * du1 + l22[:, None] * du2_line
    eta2 = eta2_line[:, :, None] + (l22 * mode.c22)[:, None, None] * x
    arm2 = describe_arm(eta2, mode.eta2[:, None, None], events[1], totals[1])

    # What does not depend on the second arm is a polynomial of its nodes on each line.
    c22 = mode.c22[:, None]
    line = arm1.change - du1 * (mode.u1[:, None] + du1 / 2)
    line -= du2_line * (mode.u2[:, None] + du2_line / 2)
    bend = np.broadcast_to(-(c22**2) / 2, line.shape)
    polynomial = np.stack([line, -c22 * u2_line, bend], axis=2).reshape(-1, 3)
    change2 = arm2.change
    change2 += (polynomial @ powers.T).reshape(change2.shape)
    # Nothing is much higher than the mode: this acts only where a wild step hid it.
    np.minimum(change2, 1.0, out=change2)
    posterior = np.exp(change2, out=change2)
    posterior *= plain_outer
    q = posterior.sum(axis=2)
    total = q.sum(axis=1)
    value = mode.value + np.log(mode.c11 * mode.c22 * total)

    if value_only:
        return value, np.empty((0, N_PARAMETERS)), np.empty((0, N_PARAMETERS, N_PARAMETERS))

    (s1, d1), (s2, d2) = arm1.derivatives(), arm2.derivatives()
    # Sums over the second dimension: of s2 u2^j and of d2 u2^j.
    q /= total[:, None]
    s1 *= arm1.sign
    s2 *= posterior
    d2 *= posterior
    sums_s, sums_d = (
        (powers.T @ side.reshape(-1, nodes).T).reshape(3, *q.shape) / total[:, None]
        for side in (s2, d2)
    )
    s_0, s_x, _ = sums_s * arm2.sign
    d_0, d_x, d_xx = sums_d
    s_1 = u2_line * s_0 + c22 * s_x
    d_1 = u2_line * d_0 + c22 * d_x
    d_2 = u2_line**2 * d_0 + 2 * u2_line * c22 * d_x + c22**2 * d_xx
    return value, *derivatives(q, (s1, d1), u1, (s_0, s_1), (d_0, d_1, d_2))
