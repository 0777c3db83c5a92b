"""The likelihood once more, by sums over a plain grid that knows nothing of modes or nodes."""

import numpy as np
from scipy.special import gammaln, logsumexp

FARTHEST = 9.0
# Sums over equal steps are exact to rounding once a study's posterior spans two of them.
COARSEST = 0.04
# Logarithm of what is left out of the grid's lines.
NEGLIGIBLE = 50.0


def log_likelihood(thetas, rows):
    """Return the sum over studies; thetas has one (mu1, mu2, l11, l21, l22) per study."""
    return sum(of_study(theta, row) for theta, row in zip(thetas, rows, strict=True))


def of_study(theta, row):
    """Return one study's log-likelihood, binomial coefficients included."""
    mu1, mu2, l11, l21, l22 = theta
    tp, fp, fn, tn = (float(count) for count in row)
    information = np.array([_information(tp, fn), _information(tn, fp)])
    u1, prior1 = _line(information @ np.square([l11, l21]))
    u2, prior2 = _line(information[1] * l22**2)
    first = _binomial(tp, tp + fn, mu1 + l11 * u1) + prior1
    if l21 == 0.0:
        return logsumexp(first) + logsumexp(_binomial(tn, fp + tn, mu2 + l22 * u2) + prior2)
    matters = first > first.max() - NEGLIGIBLE
    eta2 = mu2 + l21 * u1[matters, None] + l22 * u2
    inner = logsumexp(_binomial(tn, fp + tn, eta2) + prior2, axis=1)
    return logsumexp(first[matters] + inner)


def _line(information):
    """Return equal steps of a standard normal effect, and the logarithms of their shares."""
    step = min(COARSEST, 0.4 / np.sqrt(1 + information))
    u = np.arange(-FARTHEST, FARTHEST, step)
    return u, -(u**2) / 2 - np.log(2 * np.pi) / 2 + np.log(step)


def _information(events, others):
    return (events + 0.5) * (others + 0.5) / (events + others + 1)


def _binomial(events, total, eta):
    coefficient = gammaln(total + 1) - gammaln(events + 1) - gammaln(total - events + 1)
    return coefficient + events * eta - total * np.logaddexp(0, eta)
