"""How far two reviewers agree: raw, Cohen's kappa, PABAK and Gwet's AC1, with 95% intervals."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """An estimate with its interval; None, with the reason, where it cannot be estimated."""

    estimate: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The agreement of two reviewers over the items both decided."""

    items: int
    agreed: int
    raw: Coefficient
    kappa: Coefficient
    pabak: Coefficient
    ac1: Coefficient


def measure_agreement(
    pairs: Iterable[tuple[Hashable, Hashable]], *, categories: Sequence[Hashable]
) -> Agreement:
    """Return the agreement of two reviewers given their verdicts on the same items.

    Parameters
    ----------
    pairs : iterable of (first reviewer's verdict, second reviewer's verdict)
    categories : the verdicts that were possible, two or more; those nobody chose count too

    Notes
    -----
    With q categories, cell proportions p_ij and po = sum p_ii:

    * raw: po, interval by Wilson's score method.
    * Cohen's kappa: (po - pe) / (1 - pe), pe = sum p_i. p_.i; the large-sample standard error
      of Fleiss, Cohen & Everitt, Psychological Bulletin 1969;72:323-7, equation 13.
    * PABAK: (q po - 1) / (q - 1), i.e. 2 po - 1 for two categories; Byrt, Bishop & Carlin,
      J Clin Epidemiol 1993;46:423-9; the interval is that of po, transformed.
    * AC1: (po - pg) / (1 - pg), pg = sum m_i (1 - m_i) / (q - 1), m_i the mean of the two
      margins; standard error of Gwet, Br J Math Stat Psychol 2008;61:29-48, for an infinite
      population of items and two fixed reviewers.
    """
    places = {category: i for i, category in enumerate(categories)}
    q = len(places)
    if q < 2:
        raise ValueError("Agreement needs two categories or more.")
    table = [[0] * q for _ in range(q)]
    for first, second in pairs:
        table[places[first]][places[second]] += 1
    n = sum(map(sum, table))
    agreed = sum(table[i][i] for i in range(q))
    if n == 0:
        none = Coefficient(estimate=None, reason="The two reviewers decided no item in common.")
        return Agreement(items=0, agreed=0, raw=none, kappa=none, pabak=none, ac1=none)
    p = [[count / n for count in row] for row in table]
    raw = _wilson(agreed, n)
    return Agreement(
        items=n,
        agreed=agreed,
        raw=raw,
        kappa=_kappa(p, n),
        pabak=_pabak(raw, q),
        ac1=_ac1(p, n),
    )


def _wilson(agreed: int, n: int) -> Coefficient:
    po, z2 = agreed / n, _Z * _Z
    centre = (po + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * sqrt(po * (1 - po) / n + z2 / (4 * n * n))
    low = 0.0 if agreed == 0 else centre - half
    high = 1.0 if agreed == n else centre + half
    return Coefficient(estimate=po, low=low, high=high)


def _pabak(raw: Coefficient, q: int) -> Coefficient:
    assert raw.estimate is not None and raw.low is not None and raw.high is not None  # noqa: PT018
    estimate, low, high = ((q * p - 1) / (q - 1) for p in (raw.estimate, raw.low, raw.high))
    return Coefficient(estimate=estimate, low=low, high=high)


def _margins(p: list[list[float]]) -> tuple[list[float], list[float]]:
    return [sum(row) for row in p], [sum(column) for column in zip(*p, strict=True)]


def _kappa(p: list[list[float]], n: int) -> Coefficient:
    q = range(len(p))
    rows, columns = _margins(p)
    po = sum(p[i][i] for i in q)
    pe = sum(rows[i] * columns[i] for i in q)
    if 1 - pe < 1e-12:
        reason = "Both reviewers gave the same verdict on every item, so chance alone explains all."
        return Coefficient(estimate=None, reason=reason)
    kappa = (po - pe) / (1 - pe)
    on = sum(p[i][i] * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in q)
    off = (1 - kappa) ** 2 * sum(
        p[i][j] * (columns[i] + rows[j]) ** 2 for i in q for j in q if i != j
    )
    variance = (on + off - (kappa - pe * (1 - kappa)) ** 2) / (n * (1 - pe) ** 2)
    return _with_interval(kappa, variance)


def _ac1(p: list[list[float]], n: int) -> Coefficient:
    q = len(p)
    rows, columns = _margins(p)
    means = [(row + column) / 2 for row, column in zip(rows, columns, strict=True)]
    po = sum(p[i][i] for i in range(q))
    pg = sum(m * (1 - m) for m in means) / (q - 1)
    # pg is at most 1/q, so 1 - pg never vanishes.
    ac1 = (po - pg) / (1 - pg)
    if n < 2:
        return Coefficient(estimate=ac1, reason="One item gives no interval.")
    total = 0.0
    for i in range(q):
        for j in range(q):
            chance = (2 - means[i] - means[j]) / (2 * (q - 1))
            item = ((i == j) - pg) / (1 - pg) - 2 * (1 - ac1) * (chance - pg) / (1 - pg)
            total += p[i][j] * (item - ac1) ** 2
    return _with_interval(ac1, total / (n - 1))


def _with_interval(estimate: float, variance: float) -> Coefficient:
    half = _Z * sqrt(max(variance, 0.0))
    return Coefficient(
        estimate=estimate, low=max(-1.0, estimate - half), high=min(1.0, estimate + half)
    )
