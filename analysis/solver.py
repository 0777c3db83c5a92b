"""All 2x2 tables of whole numbers that agree with what a report prints."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from analysis.contradictions import Disagreement, Hint, conflicting, disagreements, hints, why_none
from analysis.errors import BadReport, TooManyCandidates
from analysis.facts import Facts, Table
from analysis.printed import CELLS, COUNTS, Rounding, read_figure, read_interval, word
from analysis.printed_intervals import Method
from analysis.tables_that_fit import Found, tables_that_fit

Status = Literal["unique", "several", "none"]

LARGEST_TOTAL = 100_000
LARGEST_UNKNOWN_TOTAL = 300
_MOST_UNKNOWN = 20_000
_TOO_LITTLE = (
    "Too little is known to look through all tables: give the number of participants with the "
    "target condition, or one more measure."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The 2x2 tables that agree with a report.

    Attributes
    ----------
    status : {"unique", "several", "none"}
    count : int
        How many tables agree; with ``complete`` false, at least so many.
    complete : bool
        Whether the search went to its end; it is given up after some millions of tables.
    solutions : tuple of (tp, fp, fn, tn)
        The first of them, at most as many as asked for.
    conflict : tuple of str
        With no table: figures that cannot hold together; as far as could be looked through, none
        of them can be spared.
    culprits : tuple of str
        With no table: figures each of which, taken away alone, leaves at least one table.
    disagreements : tuple of Disagreement
        With no table, but all four counts given: the figures these counts do not have.
    hints : tuple of Hint
        With no table: what the report may have exchanged or cut off, with the tables that then
        agree.
    sentence : str
        The outcome for the reader.
    """

    status: Status
    sentence: str
    count: int = 0
    complete: bool = True
    solutions: tuple[Table, ...] = ()
    conflict: tuple[str, ...] = ()
    culprits: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    hints: tuple[Hint, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "status": self.status,
            "count": self.count,
            "complete": self.complete,
            "solutions": [list(table) for table in self.solutions],
            "conflict": list(self.conflict),
            "culprits": list(self.culprits),
            "disagreements": [each.to_dict() for each in self.disagreements],
            "hints": [hint.to_dict() for hint in self.hints],
            "sentence": self.sentence,
        }


def solve_two_by_two(
    *,
    n: int | None = None,
    n_pos: int | None = None,
    n_neg: int | None = None,
    n_max: int | None = None,
    reported: Mapping[str, str],
    intervals: Mapping[str, str] | None = None,
    counts: Mapping[str, int] | None = None,
    method: Method = "any",
    rounding: Rounding = "nearest",
    limit: int = 100,
) -> Solution:
    """Find all 2x2 tables of whole numbers that agree with what is reported.

    Parameters
    ----------
    n, n_pos, n_neg : int, optional
        Participants: all, with and without the target condition. ``n``, or the other two.
    n_max : int, optional
        Where ``n`` is not reported: look at all totals up to this.
    reported : mapping of str to str
        Measures as printed, by their name in `analysis.printed.MEASURES`: "sensitivity",
        "specificity", "ppv", "npv", "accuracy", "prevalence", "fpr", "f1" (each a percentage, or
        a proportion when it is at most 1 and has no percent sign), "youden" (may be negative),
        "lr_positive", "lr_negative", "dor". The number of decimals printed counts.
    intervals : mapping of str to str, optional
        95 % confidence intervals as printed, such as "80.4-91.2%", by the name of the measure:
        one of the first six.
    counts : mapping of str to int, optional
        Counts as printed: "n_test_pos", "n_test_neg", "tp", "fp", "fn", "tn".
    method : {"any", "wald", "wilson", "exact"}
        How the intervals were made; "any": each by one of the three.
    rounding : {"nearest", "truncated"}
        "nearest": both ways of rounding a half are allowed. "truncated": digits were cut off.
    limit : int
        How many tables to list.

    Returns
    -------
    Solution

    Raises
    ------
    BadReport
        A figure cannot be read, or the numbers of participants are missing or contradict.
    TooManyCandidates
        Too little is known: no two tables were found before the search was given up.
    """
    total, known = _participants(n, n_max, {"n_pos": n_pos, "n_neg": n_neg, **(counts or {})})
    facts = Facts(
        total=total or 1,
        counts=known,
        figures={
            name: read_figure(text, name, rounding)
            for name, text in reported.items()
            if text.strip()
        },
        intervals={
            name: read_interval(text, name, rounding)
            for name, text in (intervals or {}).items()
            if text.strip()
        },
        method=method,
        rounding=rounding,
    )
    if not set(facts.names) - {"n_pos", "n_neg"}:
        raise BadReport("Give at least one reported measure, such as sensitivity.")
    if total is None:
        return _up_to(facts, n_max or 0, limit)
    found = tables_that_fit(facts, limit)
    if found.count or not found.complete:
        return _described(found)
    return _contradicted(facts)


def _participants(
    n: int | None, n_max: int | None, counts: Mapping[str, int | None]
) -> tuple[int | None, dict[str, int]]:
    """Return the total, None where only its bound is known, and the other counts reported."""
    known = {name: value for name, value in counts.items() if value is not None}
    if strange := set(known) - set(COUNTS):
        raise BadReport(f"“{min(strange)}” is not a count known here: {', '.join(COUNTS)}.")
    for name, value in {"n": n, "n_max": n_max, **known}.items():
        if value is not None and value < 0:
            raise BadReport(f"{word(name)} is negative.")
    totals = {sum(known[name] for name in parts) for parts in _WHOLES if known.keys() >= parts}
    if n is None and not totals:
        if n_max is None or not 0 < n_max <= LARGEST_UNKNOWN_TOTAL:
            raise BadReport(
                "Give the number of participants, or the numbers with and without the condition; "
                f"where it is not known, the most there can be, from 1 to {LARGEST_UNKNOWN_TOTAL}."
            )
        return None, known
    return _checked_total(totals if n is None else {n, *totals}, known), known


def _checked_total(totals: set[int], known: dict[str, int]) -> int:
    total = max(totals)
    if len(totals) > 1 or max(known.values(), default=0) > total:
        raise BadReport("The numbers of participants do not add up.")
    if not 0 < total <= LARGEST_TOTAL:
        raise BadReport(f"The number of participants must be from 1 to {LARGEST_TOTAL}.")
    if {"n_pos", "n_neg"} <= known.keys():
        del known["n_neg"]
    return total


_WHOLES = ({"n_pos", "n_neg"}, {"n_test_pos", "n_test_neg"}, set(CELLS))


def _up_to(facts: Facts, n_max: int, limit: int) -> Solution:
    """Look at every total there can be."""
    count, complete = 0, True
    tables: list[Table] = []
    for total in range(1, n_max + 1):
        found = tables_that_fit(replace(facts, total=total), limit - len(tables), _MOST_UNKNOWN)
        count, complete = count + found.count, complete and found.complete
        tables += found.tables
    if count or not complete:
        return _described(Found(count=count, tables=tuple(tables), complete=complete))
    return Solution(
        status="none",
        sentence=f"No table of up to {n_max} participants agrees.",
    )


def _described(found: Found) -> Solution:
    """Return the tables found, unless they are too few to say that there are several.

    Raises
    ------
    TooManyCandidates
    """
    if found.count < 2 and not found.complete:
        raise TooManyCandidates(_TOO_LITTLE)
    if found.count == 1:
        tp, fp, fn, tn = found.tables[0]
        sentence = f"Exactly one table agrees: TP {tp}, FP {fp}, FN {fn}, TN {tn}."
    elif found.complete:
        sentence = f"{found.count} tables agree: the report does not settle the counts."
    else:
        sentence = (
            f"At least {found.count} tables agree: the report does not settle the counts. The "
            "search for more was given up; one more measure would narrow it."
        )
    return Solution(
        status="unique" if found.count == 1 else "several",
        count=found.count,
        complete=found.complete,
        solutions=found.tables,
        sentence=sentence,
    )


def _contradicted(facts: Facts) -> Solution:
    conflict, culprits = conflicting(facts)
    differ, other_readings = disagreements(facts), hints(facts)
    return Solution(
        status="none",
        conflict=conflict,
        culprits=culprits,
        disagreements=differ,
        hints=other_readings,
        sentence=why_none(conflict, culprits, differ, other_readings),
    )
