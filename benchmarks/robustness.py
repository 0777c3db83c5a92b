"""How often the search of the bivariate model meets a second maximum, and how often it fails.

    python -m benchmarks.robustness [--ordinary N] [--extreme N] [--seed S]

Ordinary sets are drawn from the model itself: 5 to 60 studies of 10 to 500 participants an arm,
mean logits from 0 to 3, standard deviations from 0.2 to 2, correlations from -0.9 to 0.9. Where the
maximum reached from the first starting point lies well inside, so that `fit_bivariate` seeks no
further, it is sought again from the eight other starting points and from twelve random ones. A
second maximum is another point without a gradient, with a likelihood curved downwards in every
direction: a search may also end on a saddle, where a variance is zero. Extreme sets have 2 to 12
studies of 1 to 10,000 participants an arm, accuracies spread over up to six logits, and arms left
empty. What is printed follows from the seed and the numbers alone, but for the time.
"""

import argparse
import time
from collections import Counter

import numpy as np
from scipy.special import expit

from analysis import NotEstimable, TwoByTwos, fit_bivariate
from analysis.bivariate import FREE, _regular, _starts
from analysis.data import Floats
from analysis.newton import maximise, maximise_checked
from analysis.quadrature import Arms, log_likelihood

FREELY = FREE["bivariate"]
RANDOM_STARTS = 12
NODES, COMPARING = 21, 61
# Log-likelihoods that differ by less are of one maximum.
SAME = 1e-4
FAILURES = {
    "the search did not converge": "did not converge",
    "the information matrix failed": "do not determine",
    "the likelihood was too uncertain": "could not be computed",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ordinary", type=int, default=400, metavar="N")
    parser.add_argument("--extreme", type=int, default=700, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random = np.random.default_rng([given.seed, 0])
    tell("ordinary sets", Counter(maxima(ordinary(random), random) for _ in range(given.ordinary)))
    random = np.random.default_rng([given.seed, 1])
    found, slowest = Counter(), 0.0
    for _ in range(given.extreme):
        started = time.process_time()
        found[outcome(extreme(random))] += 1
        slowest = max(slowest, time.process_time() - started)
    tell("extreme sets", found)
    print(f"{slowest:.1f} s of processor time for the slowest")


def tell(title: str, found: Counter[str]) -> None:
    print(f"{found.total()} {title}")
    for words, number in sorted(found.items()):
        print(f"{number:8}  {words}")
    print(flush=True)


def ordinary(random: np.random.Generator) -> TwoByTwos:
    k = int(random.integers(5, 61))
    return drawn(
        random,
        totals=random.integers(10, 501, (k, 2)),
        means=random.uniform(0, 3, 2),
        spreads=random.uniform(0.2, 2, 2),
        correlation=float(random.uniform(-0.9, 0.9)),
    )


def extreme(random: np.random.Generator) -> TwoByTwos:
    k = int(random.integers(2, 13))
    totals = np.exp(random.uniform(0, np.log(10_000), (k, 2))).astype(int)
    totals[random.random((k, 2)) < 0.05] = 0
    return drawn(
        random,
        totals=totals,
        means=random.uniform(-3, 6, 2),
        spreads=random.choice([0.0, 0.3, 1.0, 3.0, 6.0], 2),
        correlation=float(random.choice([-1.0, -0.5, 0.0, 0.5, 1.0])),
    )


def drawn(
    random: np.random.Generator,
    *,
    totals: Floats,
    means: Floats,
    spreads: Floats,
    correlation: float,
) -> TwoByTwos:
    """Draw tables from the model; totals have shape (k, 2), diseased first."""
    z = random.standard_normal(totals.shape)
    z[:, 1] = correlation * z[:, 0] + np.sqrt(1 - correlation**2) * z[:, 1]
    y = random.binomial(totals, expit(means + spreads * z))
    rows = np.column_stack([y[:, 0], totals[:, 1] - y[:, 1], totals[:, 0] - y[:, 0], y[:, 1]])
    return TwoByTwos.from_rows(rows.tolist())


def maxima(data: TwoByTwos, random: np.random.Generator) -> str:
    """Say whether another maximum exists where the first was taken to be the only one."""
    if isinstance(fit_bivariate(data), NotEstimable):
        return "no finite maximum"
    arms, starts = Arms.from_tables(data), _starts(data, FREELY)
    first = maximise_checked(starts[:1], arms, free=FREELY)
    if not _regular(first, FREELY):
        return "not well inside: sought from all nine starts anyway"
    further = np.vstack([starts[1:], around(first.theta, random)])
    found = maximise(further, arms, free=FREELY, nodes=NODES)
    tops = found.converged & (np.linalg.eigvalsh(found.at.hessian)[:, -1] < 0)
    heights = log_likelihood(found.theta[tops], arms, COMPARING)
    accepted = log_likelihood(first.theta[None], arms, COMPARING)[0]
    if (heights > accepted + SAME).any():
        return "well inside, but a HIGHER maximum exists"
    if (heights < accepted - SAME).any():
        return "well inside, with a lower maximum besides"
    return "well inside, one maximum"


def around(theta: Floats, random: np.random.Generator) -> Floats:
    """Return random starting points, shape (12, 5), some of them far off."""
    return theta + random.standard_normal((RANDOM_STARTS, len(theta))) * random.choice(
        [0.5, 1.0, 2.0], (RANDOM_STARTS, 1)
    )


def outcome(data: TwoByTwos) -> str:
    """Say how the fit of a set ended."""
    fit = fit_bivariate(data)
    if not isinstance(fit, NotEstimable):
        return "estimated"
    for words, reason in FAILURES.items():
        if reason in fit.reason:
            return words
    return "no finite maximum, said before the search"


if __name__ == "__main__":
    main()
