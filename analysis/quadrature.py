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

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit, gammaln

from analysis.data import Floats, TwoByTwos

N_PARAMETERS = 5
MU1, MU2, L11, L21, L22 = range(N_PARAMETERS)

# Grids of about this many points stay in the processor's cache.
_BLOCK = 60_000
_MODE_STEPS = 100
_MODE_TOLERANCE = 1e-9
_LARGEST_EXPONENT = 700.0


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
        """Take the arms of 2x2 tables, binomial coefficients included."""
        return cls.from_counts(data.events.astype(float), data.totals.astype(float))

    @classmethod
    def from_counts(cls, events: Floats, totals: Floats) -> "Arms":
        """Build from events and totals, both of shape (k, 2); a total of 0 is an empty arm."""
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


def evaluate(theta: Floats, arms: Arms, nodes: int) -> Evaluation:
    """Evaluate the log-likelihood and its derivatives at several parameter vectors at once.

    Parameters
    ----------
    theta : ndarray, shape (b, 5)
        Rows of (mu1, mu2, l11, l21, l22): mean logit sensitivity and specificity, and the lower
        triangle of the factor L of the between-study covariance L L'. With a design, shape (b, p).
    arms : Arms
    nodes : int
        Quadrature nodes per dimension.

    Returns
    -------
    Evaluation
    """
    b, k = len(theta), len(arms)
    design = arms.design
    if design is None:
        rows = np.repeat(theta, k, axis=0).T
    else:
        rows = np.einsum("kqp,bp->qbk", design, theta).reshape(N_PARAMETERS, b * k)
    events = np.tile(arms.events, (b, 1)).T
    totals = np.tile(arms.totals, (b, 1)).T
    size = max(1, _BLOCK // nodes**2)
    parts = [
        _integrate(rows[:, i : i + size], events[:, i : i + size], totals[:, i : i + size], nodes)
        for i in range(0, b * k, size)
    ]
    value, gradient, hessian = (np.concatenate(part) for part in zip(*parts, strict=True))
    gradient = gradient.reshape(b, k, N_PARAMETERS)
    hessian = hessian.reshape(b, k, N_PARAMETERS, N_PARAMETERS)
    if design is not None:
        turned = design.transpose(0, 2, 1)
        gradient = (turned @ gradient[..., None])[..., 0]
        hessian = turned @ hessian @ design
    return Evaluation(
        log_likelihood=value.reshape(b, k).sum(axis=1) + arms.log_coefficients.sum(),
        gradient=gradient.sum(axis=1),
        hessian=hessian.sum(axis=1),
    )


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
    mode = _modes(np.tile(theta[:, None], len(arms)), arms.events.T, arms.totals.T)
    return np.column_stack([mode.eta1, mode.eta2])


@dataclass(frozen=True, slots=True, eq=False)
class _Modes:
    """Where each integrand peaks, and the lower factor c of its inverse curvature there."""

    value: Floats
    u1: Floats
    u2: Floats
    eta1: Floats
    eta2: Floats
    c11: Floats
    c21: Floats
    c22: Floats


@lru_cache(maxsize=16)
def _rule(nodes: int) -> tuple[Floats, Floats, Floats]:
    """Return the nodes x, the weights of a plain integral, and the powers 1, x, x^2."""
    x, weight = hermegauss(nodes)
    plain = weight * np.exp(x**2 / 2) / np.sqrt(2 * np.pi)
    return x, plain, np.column_stack([np.ones(nodes), x, x**2])


def _integrate(
    theta: Floats, events: Floats, totals: Floats, nodes: int
) -> tuple[Floats, Floats, Floats]:
    """Return log-likelihood (r,), gradient (r, 5) and Hessian (r, 5, 5) of each of r studies.

    ``theta`` has shape (5, r); ``events`` and ``totals`` have shape (2, r).
    """
    _, _, l11, l21, l22 = theta
    x, plain, powers = _rule(nodes)
    mode = _modes(theta, events, totals)

    du1 = mode.c11[:, None] * x
    u1 = mode.u1[:, None] + du1
    change1, s1, d1, sign1 = _arm(l11[:, None] * du1, mode.eta1[:, None], events[0], totals[0])

    du2_line = mode.c21[:, None] * x
    u2_line = mode.u2[:, None] + du2_line
    eta2_line = l21[:, None] * du1 + l22[:, None] * du2_line
    du2 = du2_line[:, :, None] + mode.c22[:, None, None] * x
    eta2 = eta2_line[:, :, None] + (l22 * mode.c22)[:, None, None] * x
    change2, s2, d2, sign2 = _arm(eta2, mode.eta2[:, None, None], events[1], totals[1])

    line = change1 - du1 * (mode.u1[:, None] + du1 / 2)
    fall = du2 / 2
    fall += mode.u2[:, None, None]
    fall *= du2
    change2 -= fall
    change2 += line[:, :, None]
    # Nothing is higher than the mode: this acts only where rounding or a wild step hid it.
    np.minimum(change2, 0.0, out=change2)
    posterior = np.exp(change2, out=change2)
    posterior *= np.multiply.outer(plain, plain)
    total = posterior.sum(axis=(1, 2))
    posterior /= total[:, None, None]
    value = mode.value + np.log(mode.c11 * mode.c22 * total)

    # Sums over the second dimension: of s2 u2^j and of d2 u2^j.
    c22 = mode.c22[:, None]
    s1 *= sign1
    s_0, s_x = np.moveaxis((posterior * s2) @ powers[:, :2], 2, 0) * sign2
    d_0, d_x, d_xx = np.moveaxis((posterior * d2) @ powers, 2, 0)
    s_1 = u2_line * s_0 + c22 * s_x
    d_1 = u2_line * d_0 + c22 * d_x
    d_2 = u2_line**2 * d_0 + 2 * u2_line * c22 * d_x + c22**2 * d_xx
    q = posterior.sum(axis=2)
    gradient = _line_sums(q * s1, s_0, q * s1 * u1, s_0 * u1, s_1)
    second = _second_moments(q * d1, (s_0, s_1), (d_0, d_1, d_2), s1, u1)
    return value, gradient, second - gradient[:, :, None] * gradient[:, None, :]


def _line_sums(*parts: Floats) -> Floats:
    sums: Floats = np.stack(parts).sum(axis=2).T
    return sums


def _second_moments(
    d1: Floats, s: tuple[Floats, Floats], d: tuple[Floats, ...], s1: Floats, u1: Floats
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


def _arm(
    delta: Floats, eta: Floats, events: Floats, totals: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Describe one binomial arm at logits ``eta + delta``, relative to ``eta``; eats ``delta``.

    Returns the change of the log-likelihood, the residual y - n p up to a sign, its square minus
    n p (1 - p), and that sign, shape (r, 1). The arm is turned so that the probability at ``eta``
    is at most one half: no cancellation, hence exact changes for counts in the millions.
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
    p = growth + rate
    growth += 1
    p /= growth
    expected = n * p
    residual = y - expected
    p -= 1
    expected *= p
    expected += residual**2
    return change, residual, expected, sign.reshape(-1, 1)


def _modes(theta: Floats, events: Floats, totals: Floats) -> _Modes:
    """Maximise each study's integrand over u by Newton's method; it is strictly concave."""
    mu1, mu2, l11, l21, l22 = theta
    (y1, y2), (n1, n2) = events, totals

    def height(u1: Floats, u2: Floats) -> Floats:
        eta1, eta2 = mu1 + l11 * u1, mu2 + l21 * u1 + l22 * u2
        fit1 = y1 * eta1 - n1 * np.logaddexp(0, eta1)
        fit2 = y2 * eta2 - n2 * np.logaddexp(0, eta2)
        inside: Floats = fit1 + fit2 - (u1**2 + u2**2) / 2
        return inside

    u1, u2 = _normal_modes(theta, events, totals)
    value, scale = height(u1, u2), np.ones_like(u1)
    for _ in range(_MODE_STEPS):
        p1, p2 = expit(mu1 + l11 * u1), expit(mu2 + l21 * u1 + l22 * u2)
        h11, h12, h22 = _curvature(n1 * p1 * (1 - p1), n2 * p2 * (1 - p2), l11, l21, l22)
        r1, r2 = y1 - n1 * p1, y2 - n2 * p2
        g1, g2 = l11 * r1 + l21 * r2 - u1, l22 * r2 - u2
        determinant = h11 * h22 - h12**2
        step1 = (h22 * g1 - h12 * g2) / determinant
        step2 = (h11 * g2 - h12 * g1) / determinant
        decrement = g1 * step1 + g2 * step2
        if decrement.max() < _MODE_TOLERANCE:
            break
        new1, new2 = u1 + scale * step1, u2 + scale * step2
        new_value = height(new1, new2)
        # Near the mode rounding hides the rise of the height: trust the step.
        better = (new_value >= value) | (decrement < 1e-6)
        u1, u2 = np.where(better, new1, u1), np.where(better, new2, u2)
        value = np.where(better, new_value, value)
        scale = np.where(better, np.minimum(2 * scale, 1.0), scale / 4)
    c11 = np.sqrt(h22 / determinant)
    return _Modes(
        value=value,
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
