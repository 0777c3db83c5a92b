"""What the decisions of the reviewers amount to."""

from collections.abc import Collection, Sequence

INCLUDE, MAYBE, EXCLUDE = "include", "maybe", "exclude"
PENDING, CONFLICT, INCLUDED, EXCLUDED = "pending", "conflict", "included", "excluded"


def settle(verdicts: Collection[str | None], *, needed: int) -> str:
    """Return the outcome of an item at title and abstract given each reviewer's current verdict.

    Include and maybe both advance; only a mixture with exclude is a conflict. A verdict that was
    withdrawn (None or "withdrawn") does not count.

    >>> settle(["include"], needed=2)
    'pending'
    >>> settle(["include", "maybe"], needed=2)
    'included'
    >>> settle(["maybe", "exclude"], needed=2)
    'conflict'
    """
    standing = _standing(verdicts, allowed=(INCLUDE, MAYBE, EXCLUDE))
    if len(standing) < needed:
        return PENDING
    against = standing.count(EXCLUDE)
    if 0 < against < len(standing):
        return CONFLICT
    return EXCLUDED if against else INCLUDED


def settle_full_text(
    decisions: Collection[tuple[str | None, str | None]],
    *,
    needed: int,
    reasons: Sequence[str],
) -> tuple[str, str | None]:
    """Return outcome and reason of a report given each reviewer's current verdict and reason.

    `reasons` is in protocol order. Two exclusions with different reasons are no conflict: the
    reason that comes first in the protocol counts (and can be changed by settlement).

    >>> settle_full_text(
    ...     [("exclude", "design"), ("exclude", "population")],
    ...     needed=2,
    ...     reasons=["population", "index test", "design"],
    ... )
    ('excluded', 'population')
    """
    standing = _standing([verdict for verdict, _ in decisions], allowed=(INCLUDE, EXCLUDE))
    given = [reason for verdict, reason in decisions if verdict == EXCLUDE]
    if not all(given):
        raise ValueError("An exclusion at full text needs a reason.")
    if len(standing) < needed:
        return PENDING, None
    outcome = settle(standing, needed=needed)
    return outcome, first_reason(given, reasons) if outcome == EXCLUDED else None


def first_reason(given: Collection[str | None], reasons: Sequence[str]) -> str:
    """Return the one of the given reasons that stands first in the protocol."""
    order = {reason: i for i, reason in enumerate(reasons)}
    unknown = [reason for reason in given if reason not in order]
    if unknown or not given:
        raise ValueError(f"The protocol has no exclusion reason {unknown[:1] or None}.")
    return min((reason for reason in given if reason is not None), key=order.__getitem__)


def _standing(verdicts: Collection[str | None], *, allowed: tuple[str, ...]) -> list[str]:
    standing = [verdict for verdict in verdicts if verdict not in (None, "withdrawn")]
    for verdict in standing:
        if verdict not in allowed:
            raise ValueError(f"{verdict!r} is no verdict here; there are {', '.join(allowed)}.")
    return [str(verdict) for verdict in standing]
