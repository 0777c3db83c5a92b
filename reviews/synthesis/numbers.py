"""How numbers of a result are written. Pure."""

MINUS = "\u2212"
NOTHING = "\u2013"


def proportion(value: float | None) -> str:
    """Write a proportion with three decimals.

    >>> proportion(0.8874)
    '0.887'
    """
    return NOTHING if value is None else f"{value:.3f}".replace("-", MINUS)


def ratio(value: float | None) -> str:
    """Write a ratio with three significant figures and no exponent.

    >>> ratio(7.0869), ratio(0.0770847), ratio(116.49), ratio(1234567.0)
    ('7.09', '0.077', '116', '1,234,567')
    """
    if value is None:
        return NOTHING
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 1:
        return f"{value:.3f}" if abs(value) >= 0.001 else f"{value:.2g}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def signed(value: float | None, digits: int = 2) -> str:
    """Write a number that may be negative.

    >>> signed(-0.2338) == MINUS + "0.23"
    True
    """
    return NOTHING if value is None else f"{value:.{digits}f}".replace("-", MINUS)


def span(pair: list[float] | tuple[float, float] | None, write=proportion) -> str:
    """Write an interval.

    >>> span([0.814, 0.934])
    '0.814 to 0.934'
    """
    return "" if pair is None else f"{write(pair[0])} to {write(pair[1])}"


def short_hash(digest: str) -> str:
    """Return the first eight characters of a hash in two groups.

    >>> short_hash("7c1e09abffff")
    '7c1e 09ab'
    """
    return f"{digest[:4]} {digest[4:8]}"


def decimals(value: float | None) -> str:
    """Write a number that may be negative with three decimals.

    >>> decimals(-0.23391) == MINUS + "0.234"
    True
    """
    return signed(value, 3)


def change(value: float) -> str:
    """Write a difference with its sign, three decimals.

    >>> change(0.0123), change(-0.0004) == MINUS + "0.000"
    ('+0.012', True)
    """
    return f"{value:+.3f}".replace("-", MINUS)


def p_value(value: float | None) -> str:
    """Write a p value.

    >>> p_value(0.2537), p_value(0.0312), p_value(1e-9), p_value(1.0)
    ('0.25', '0.031', '<0.001', '1.00')
    """
    if value is None:
        return NOTHING
    if value < 0.001:
        return "<0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def chi_square(value: float | None) -> str:
    """Write a test statistic.

    >>> chi_square(0.3312), chi_square(1604.396)
    ('0.33', '1,604.40')
    """
    return NOTHING if value is None else f"{value:,.2f}"
