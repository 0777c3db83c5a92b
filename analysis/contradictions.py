"""Why no 2x2 table agrees with a report, and what the report may have meant."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

from analysis.facts import Facts, Table
from analysis.printed import CELLS, COUNTS, MEASURES, Printed, read_figure, read_interval, word
from analysis.tables_that_fit import tables_that_fit

_MOST_PAIRS = 50_000
_MOST_TABLES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A figure that the printed counts do not have.

    Attributes
    ----------
    fact : str
    printed : str
    exact : float or None
        What the counts give; None where they give nothing, by a division by zero.
    sentence : str
    """

    fact: str
    printed: str
    exact: float | None
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Another reading of the report with which tables agree.

    Attributes
    ----------
    kind : str
        Which reading, as "groups exchanged".
    count : int
        Tables that agree with it.
    solutions : tuple of Table
        The first of them, each (TP, FP, FN, TN).
    sentence : str
    """

    kind: str
    count: int
    solutions: tuple[Table, ...]
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "kind": self.kind,
            "count": self.count,
            "solutions": [list(table) for table in self.solutions],
            "sentence": self.sentence,
        }


def conflicting(facts: Facts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a set of facts in conflict, none to be spared, and those that alone are to blame.

    Parameters
    ----------
    facts : Facts
        With which no table agrees.

    Returns
    -------
    tuple of str, tuple of str
    """
    names = list(facts.names)
    culprits = [name for name in names if _possible(facts, [n for n in names if n != name])]
    needed = list(names)
    # What was read last is spared first: the numbers of participants are the surest.
    for name in reversed(names):
        rest = [other for other in needed if other != name]
        if _possible(facts, rest) is False:
            needed = rest
    return tuple(needed), tuple(culprits)


def _possible(facts: Facts, names: list[str]) -> bool | None:
    """Return whether any table agrees with these facts; None where there are too many."""
    found = tables_that_fit(facts.only(names), 0, _MOST_PAIRS, _MOST_TABLES)
    return bool(found.count) or (False if found.complete else None)


def disagreements(facts: Facts) -> tuple[Disagreement, ...]:
    """Return the printed figures that the printed counts, if all four are there, do not have.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    tuple of Disagreement
    """
    if not set(CELLS) <= set(facts.counts):
        return ()
    table = tuple(facts.counts[cell] for cell in CELLS)
    return tuple(
        found
        for name in facts.names
        if not tables_that_fit(facts.only([*CELLS, name]), 0).count
        for found in [_disagreement(name, facts, table)]
    )


def _disagreement(name: str, facts: Facts, table: tuple[int, ...]) -> Disagreement:
    told = ", ".join(f"{cell.upper()} {facts.counts[cell]}" for cell in CELLS)
    measure = name.removesuffix("_ci")
    if name in COUNTS:
        value, said = int(COUNTS[name](*table)), facts.counts[name]  # type: ignore[arg-type]
        sentence = f"{told} give {value} as {word(name)}, the report prints {said}."
        return Disagreement(fact=name, printed=str(said), exact=value, sentence=sentence)
    exact = _exact(measure, table)
    if name != measure:
        printed = facts.intervals[measure].text
        sentence = f"{printed} is not {word(name)} that {told} give."
    else:
        printed = facts.figures[name].text
        given = "no value" if exact is None else f"{float(exact):.4g}"
        sentence = f"{told} give {given} for {word(name)}, the report prints {printed}."
        sentence += _rather(name, facts, table)
    value_ = None if exact is None else float(exact)
    return Disagreement(fact=name, printed=printed, exact=value_, sentence=sentence)


def _exact(measure: str, table: tuple[int, ...]) -> Fraction | None:
    part, whole = MEASURES[measure](*table)  # type: ignore[arg-type]
    return Fraction(int(part), int(whole)) if whole else None


def _rather(name: str, facts: Facts, table: tuple[int, ...]) -> str:
    """Say which other measure of these counts the printed figure is, if any."""
    printed = facts.figures[name]
    others = [
        other
        for other in _LOOK_ALIKE
        if other != name and name in _LOOK_ALIKE and _rounds_to(_exact(other, table), printed)
    ]
    return f" That is their {' and '.join(word(other) for other in others)}." if others else ""


_LOOK_ALIKE = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "prevalence")


def _rounds_to(exact: Fraction | None, printed: Printed) -> bool:
    return exact is not None and printed.low <= exact * printed.scale <= printed.high


def hints(facts: Facts) -> tuple[Hint, ...]:
    """Return other readings of the report with which tables agree.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    tuple of Hint
    """
    found = []
    for kind, said, other in _readings(facts):
        fit = tables_that_fit(other, 5, _MOST_PAIRS, _MOST_TABLES)
        if fit.count:
            first = fit.tables[0]
            told = ", ".join(f"{c.upper()} {v}" for c, v in zip(CELLS, first, strict=True))
            only = f": {told}" if fit.count == 1 else f", such as {told}"
            found.append(
                Hint(
                    kind=kind,
                    count=fit.count,
                    solutions=fit.tables,
                    sentence=f"The figures fit if {said}{only}.",
                )
            )
    return tuple(found)


_GROUPS = {"n_pos", "n_neg"}


def _readings(facts: Facts) -> Iterator[tuple[str, str, Facts]]:
    groups = {name: facts.total - facts.counts[name] for name in _GROUPS & facts.counts.keys()}
    if groups:
        said = "the groups with and without the condition are exchanged"
        yield "groups exchanged", said, replace(facts, counts={**facts.counts, **groups})
    for first, second in (("sensitivity", "specificity"), ("ppv", "npv")):
        if {first, second} & {*facts.figures, *facts.intervals}:
            other = _renamed(facts, {first: second, second: first})
            said = f"{word(first)} and {word(second)} are exchanged"
            yield f"{first} and {second} exchanged", said, other
    if facts.rounding == "nearest":
        cut = replace(
            facts,
            rounding="truncated",
            figures={
                name: read_figure(figure.text, name, "truncated")
                for name, figure in facts.figures.items()
            },
            intervals={
                name: read_interval(interval.text, name, "truncated")
                for name, interval in facts.intervals.items()
            },
        )
        yield "truncated", "their last digits are cut off, not rounded", cut


def _renamed(facts: Facts, names: dict[str, str]) -> Facts:
    return replace(
        facts,
        figures={names.get(name, name): figure for name, figure in facts.figures.items()},
        intervals={names.get(name, name): each for name, each in facts.intervals.items()},
    )


def why_none(
    conflict: tuple[str, ...],
    culprits: tuple[str, ...],
    disagree: tuple[Disagreement, ...],
    other_readings: tuple[Hint, ...],
) -> str:
    """Return what to tell the reader where no table agrees.

    Parameters
    ----------
    conflict, culprits : tuple of str
        What `conflicting` returned.
    disagree : tuple of Disagreement
    other_readings : tuple of Hint

    Returns
    -------
    str
    """
    said = [each.sentence for each in disagree] or [_in_conflict(conflict, culprits)]
    return " ".join(["No table agrees:", *said, *(hint.sentence for hint in other_readings)])


def _in_conflict(conflict: tuple[str, ...], culprits: tuple[str, ...]) -> str:
    if len(conflict) == 1:
        return f"{word(conflict[0])} as printed does not fit so many participants."
    together = ", ".join(word(name) for name in conflict)
    sentence = f"{together} as printed cannot all hold."
    if culprits:
        alone = ", ".join(word(name) for name in culprits)
        return f"{sentence} Leaving out one of these alone would do: {alone}."
    return sentence
