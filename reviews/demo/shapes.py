"""The shapes of the demo's studies, cohorts, 2x2 tables and ratings: plain values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Table:
    """One 2x2 table; codes are those of ``reviews.demo.protocol``.

    ``threshold`` names the operating point or the model where a report has several, else it is
    empty.
    ``obtained`` is reported, derived or solved; ``reported`` holds what the source prints, as
    printed, under the names total, positives, negatives, flagged, sensitivity, specificity, ppv,
    npv, accuracy, fpr, sensitivity_ci, specificity_ci (low-high), auc. A value with a slash is a
    published count. ``ci_method`` is wald or exact. ``contradicts`` names the printed values that
    the counts do not reproduce. ``solutions`` counts the tables of whole numbers that fit what
    was reported (solved ones only). ``traps`` names the warnings the program should raise by
    itself; ``preferred`` is set on the table of its cohort that analyses use first: on the eight
    of the X-ray plan and on no other.
    """

    threshold: str
    index_test: str
    target_condition: str
    reference_standard: str
    tp: int
    fp: int
    fn: int
    tn: int
    obtained: str
    how: str
    reported: Mapping[str, str]
    source: str
    threshold_value: Decimal | None = None
    ci_method: str = ""
    solutions: int | None = None
    contradicts: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()
    preferred: bool = False
    note: str = ""

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """True positives, false positives, false negatives, true negatives."""
        return self.tp, self.fp, self.fn, self.tn


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """A set of participants a test was evaluated on.

    ``role`` is development, internal, temporal or external; ``unit`` patient, image or hip;
    ``units`` the number of units analysed; ``with_condition`` counts units too. None where the
    source does not say. ``overlaps`` names cohorts of the same study that may share people.
    """

    name: str
    role: str
    role_note: str
    unit: str
    participants: int | None
    units: int
    with_condition: int | None
    setting: str
    body_region: str
    source: str
    overlaps: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study and the reports that describe it, the primary one first.

    ``reports`` are record keys (``reviews.demo.keys``). A study without tables says in
    ``why_no_table`` what its abstract lacks.
    """

    code: str
    label: str
    reports: tuple[str, ...]
    country: str
    modality: str
    body_region: str
    model: str
    model_family: str
    source: str
    cohorts: tuple[Cohort, ...] = ()
    why_no_table: str = ""
    in_search_window: bool = True
    note: str = ""
    characteristics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rating:
    """One QUADAS-2 rating of a study, by a rater or agreed; invented for the demonstration.

    ``answers`` go from item (1.1 ... 4.4) to yes, no or unclear; ``risk_of_bias`` and
    ``applicability`` from domain to low, high or unclear; ``rationales`` from domain to a
    sentence. Domains: patient_selection, index_test, reference_standard, flow_and_timing; the
    last has no applicability.
    """

    study: str
    rater: str
    agreed: bool
    status: str
    answers: Mapping[str, str]
    risk_of_bias: Mapping[str, str]
    applicability: Mapping[str, str]
    rationales: Mapping[str, str]
