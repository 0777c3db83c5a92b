"""The tables of a finished run as plain rows, head first: for CSV files and the API."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.synthesis import comparison, simpler
from reviews.synthesis.definitions import DEFINITIONS
from reviews.synthesis.inputs import COUNTS
from reviews.synthesis.measures import ARMS, NEW_STUDY, Measure, differences, estimates, older
from reviews.synthesis.models import Run
from reviews.synthesis.plans import Row
from reviews.synthesis.studywise import two_armed_rows, used_rows

Rows = Iterable[list[Any]]
WHO = ("row", "study", "table")
MEASURED = (
    *("measure", "estimate", "interval", "low", "high"),
    *("standard_error", "reason", "definition"),
)
PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_VALUES = ("ppv", "npv", "post_negative")
_CELLS = ("tp", "fn", "fp", "tn")


def forest_rows(run: Run) -> Rows:
    """Yield the rows of the forest plot."""
    bounds = [f"{arm}{part}" for arm in ARMS for part in ("", "_exact_low", "_exact_high")]
    yield [*WHO, *COUNTS, *bounds]
    pairs = zip(run.inputs, run.result["forest"], strict=True)
    for number, (row, drawn) in enumerate(pairs, start=1):
        sides = [value for arm in ARMS for value in _with_bounds(drawn[arm], "exact")]
        yield [*_who(number, row), *(row[name] for name in COUNTS), *sides]


def _who(number: int, row: Row) -> list[Any]:
    return [number, row["study_label"], row["label"]]


def _with_bounds(arm: Mapping[str, Any], kind: str) -> list[Any]:
    return [arm["estimate"], *(arm[kind] or (None, None))]


def input_rows(run: Run) -> Rows:
    """Yield the frozen 2x2 tables with what the plan chose them by."""
    columns = [
        *("table", "version", "study_label", "cohort_name", "role", "unit", "participants"),
        *("units", "index_test", "target_condition", "reference_standard", "threshold", "reader"),
        *COUNTS,
    ]
    yield columns
    for row in run.inputs:
        yield [row[column] for column in columns]


# ---- single numbers ----


def summary_rows(run: Run) -> Rows:
    """Yield every estimate with every interval there is."""
    yield [*MEASURED]
    for group in estimates(run.result):
        for measure in group.measures:
            yield from _lines(measure)
    for warning in run.result["warnings"]:
        yield ["warning", None, warning, *[None] * 5]


def difference_rows(run: Run) -> Rows:
    """Yield the measures of heterogeneity."""
    yield [*MEASURED]
    for group in differences(run.result):
        for measure in group.measures:
            yield from _lines(measure)


def _lines(measure: Measure) -> Rows:
    """Yield a line per interval; one alone where there is none."""
    for kind, pair in (measure.intervals or {None: (None, None)}).items():
        yield [
            *(measure.key, measure.estimate, kind, *pair),
            # The error belongs to the estimate, not to what a new study may show.
            None if kind == NEW_STUDY else measure.standard_error,
            measure.reason or None,
            measure.definition,
        ]


def test_rows(run: Run) -> Rows:
    """Yield the tests of simpler models and of equal studies."""
    yield ["test", "chi2", "df", "p", "note", "reason", "definition"]
    for test in simpler.tests(run.result) or ():
        numbers = [None] * 3 if test.reason else [test.chi2, test.df, test.p]
        yield [test.key, *numbers, test.note or None, test.reason or None, test.definition]


def ladder_rows(run: Run) -> Rows:
    """Yield the steps from the bivariate model to the one kept."""
    sides = [f"{arm}{end}" for arm in ARMS for end in ("", "_low", "_high")]
    tested = ["chi2", "df", "p"]
    yield [
        *("step", "model", "kept", "reason", *sides, "parameters", "log_likelihood"),
        *("aic", "bic", *tested),
    ]
    nothing = {"estimate": None, "wald": None}
    for number, step in enumerate(run.result["ladder"], start=1):
        accuracy = [x for arm in ARMS for x in _with_bounds(step.get(arm) or nothing, "wald")]
        test = step["lrt"] or {}
        yield [
            *(number, step["model"], step["kept"], step["reason"], *accuracy),
            *(step[name] for name in ("parameters", "log_likelihood", "aic", "bic")),
            *(test.get(name) for name in tested),
        ]


def subgroup_rows(run: Run) -> Rows:
    """Yield the accuracy of each subgroup, and the tests of the comparison."""
    found = run.result["subgroups"]
    sides = [f"{arm}{end}" for arm in ARMS for end in ("", "_low", "_high")]
    yield ["covariate", "group", "tables", *sides, "chi2", "df", "p", "reason"]
    for group in found["groups"]:
        accuracy = [x for arm in ARMS for x in _with_bounds(group[arm], "wald")]
        who = [found["covariate"], group["level"], len(group["rows"])]
        yield [*who, *accuracy, None, None, None, found["reason"]]
    for key, name in comparison.TESTS.items():
        test = found[key] or dict.fromkeys(("chi2", "df", "p"))
        numbers = [test[part] for part in ("chi2", "df", "p")]
        yield [found["covariate"], f"test: {name}", None, *[None] * 6, *numbers, found["reason"]]


# ---- study by study ----


def leave_one_out_rows(run: Run) -> Rows:
    """Yield the pooled accuracy without each table, and its change against all."""
    sides = [f"{arm}{end}" for arm in ARMS for end in ("", "_low", "_high", "_change")]
    yield [*WHO, *sides, "log_likelihood", "reason"]
    without = run.result["leave_one_out"]
    if without is None:
        yield [*[None] * 12, run.result["study_by_study_reason"]]
        return
    whole = run.result["fit"]
    for (number, row), each in zip(used_rows(run), without, strict=True):
        accuracy = [x for arm in ARMS for x in _changed(each[arm], whole[arm])]
        yield [*_who(number, row), *accuracy, each["log_likelihood"], each["reason"]]


def _changed(each: Mapping[str, Any], whole: Mapping[str, Any]) -> list[Any]:
    found = _with_bounds(each, "wald")
    return [*found, None if found[0] is None else found[0] - whole["estimate"]]


def influence_rows(run: Run) -> Rows:
    """Yield what each table does to the result."""
    kinds = ("predicted", "standardised")
    numbers = ("cook", "mahalanobis", "df", "p", "influential", "outlying")
    yield [*WHO, *(f"{kind}_{arm}" for kind in kinds for arm in ARMS), *numbers, "reason"]
    studies = run.result["influence"]
    if studies is None:
        yield [*[None] * 13, run.result["study_by_study_reason"]]
        return
    for (number, row), study in zip(used_rows(run), studies, strict=True):
        arms = [study[kind][arm] for kind in kinds for arm in ARMS]
        yield [*_who(number, row), *arms, *(study[name] for name in numbers), None]


def small_study_rows(run: Run) -> Rows:
    """Yield the numbers of Deeks' test."""
    deeks = run.result["deeks"]
    yield ["measure", "estimate", "low", "high", "reason", "definition"]
    ends = deeks.get("interval") or (None, None)
    yield ["slope", deeks["slope"], *ends, deeks["reason"], DEFINITIONS["deeks_slope"]]
    intercept = DEFINITIONS["deeks_intercept"]
    yield ["intercept", deeks["intercept"], None, None, deeks["reason"], intercept]
    for name in ("standard_error", "t", "df", "p"):
        yield [name, deeks[name], None, None, deeks["reason"], None]
    for warning in deeks["warnings"]:
        yield ["warning", None, None, None, warning, None]


def funnel_rows(run: Run) -> Rows:
    """Yield the points of the funnel plot."""
    numbers = ("lndor", "ess", "inverse_root_ess")
    yield [*WHO, *numbers]
    points = run.result["deeks"]["points"]
    for (number, row), point in zip(two_armed_rows(run), points, strict=True):
        yield [*_who(number, row), *(point[name] for name in numbers)]


def predictive_rows(run: Run) -> Rows:
    """Yield predictive values and frequencies per 1000 at a row of prevalences."""
    ends = ("", "_low", "_high")
    names = (*_VALUES, *(f"{cell}_per_1000" for cell in _CELLS))
    named = [f"{name}{end}" for name in names for end in ends]
    yield ["prevalence", *named, "reason"]
    for share in PREVALENCES:
        found = bridge.at_prevalence(run.result, share)
        if found is None:
            yield [share, *[None] * len(named), bridge.reasons(run.result)["sensitivity"]]
            continue
        values = [found[name] for name in _VALUES] + [found["per_1000"][cell] for cell in _CELLS]
        yield [share, *(x for value in values for x in _with_bounds(value, "interval")), None]


# ---- all of them ----


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what it is called, its rows, and the key of the result it needs, if any."""

    label: str
    rows: Callable[[Run], Rows]
    key: str = "fit"

    def of(self, run: Run) -> Rows:
        """Return the rows.

        Raises
        ------
        DomainError
            The version of the statistics that made the run did not keep this part.
        """
        if self.key == "subgroups" and self.key not in run.result:
            raise DomainError("The plan of this run compares no subgroups.")
        if self.key and self.key not in run.result:
            raise DomainError(older(run.result, "this table"))
        return self.rows(run)


TABLES = {
    "summary": Table("Estimates", summary_rows),
    "forest": Table("Forest rows", forest_rows),
    "inputs": Table("Frozen inputs", input_rows, ""),
    "heterogeneity": Table("Heterogeneity", difference_rows),
    "subgroups": Table("Subgroups", subgroup_rows, "subgroups"),
    "tests": Table("Tests", test_rows, "lrt"),
    "ladder": Table("Simpler models", ladder_rows, "ladder"),
    "leave-one-out": Table("Leave-one-out", leave_one_out_rows, "leave_one_out"),
    "influence": Table("Influence", influence_rows, "influence"),
    "small-studies": Table("Deeks\u2019 test", small_study_rows, "deeks"),
    "funnel": Table("Points of the funnel", funnel_rows, "deeks"),
    "predictive": Table("Predictive values", predictive_rows),
}


def kept(run: Run) -> dict[str, str]:
    """Return the names and labels of the tables that a run's result holds."""
    return {
        name: table.label
        for name, table in TABLES.items()
        if not table.key or table.key in run.result
    }
