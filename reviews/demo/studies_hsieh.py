"""Hsieh 2021: one report, two test sets, two published thresholds each."""

from decimal import Decimal

from reviews.demo.keys import record_key
from reviews.demo.shapes import Cohort, Study, Table

HSIEH = "https://pmc.ncbi.nlm.nih.gov/articles/PMC8446034/table/Tab4"


def _hsieh(
    threshold: tuple[str, Decimal], site: str, counts: tuple, reported: dict, *, preferred: bool
) -> Table:
    """Return a table of published counts at one of two thresholds."""
    tp, fp, fn, tn = counts
    return Table(
        threshold=f"{threshold[0]}, predicted T-score",
        threshold_value=threshold[1],
        index_test="ml_xray",
        target_condition=f"osteoporosis_{site}",
        reference_standard=f"dxa_{site}",
        tp=tp,
        fp=fp,
        fn=fn,
        tn=tn,
        obtained="derived",
        how="Follows exactly from published counts (table 4 of the report).",
        reported=reported,
        source=HSIEH,
        traps=("several_thresholds", "same_participants"),
        preferred=preferred,
    )


hsieh = Study(
    code="hsieh-2021",
    label="Hsieh 2021",
    reports=(record_key(doi="10.1038/s41467-021-25779-x", title=""),),
    country="Taiwan",
    modality="X-ray",
    body_region="Pelvis and lumbar spine",
    model="Automated tool chain predicting the T-score",
    model_family="Deep learning",
    source=HSIEH,
    note="At the default threshold (hip: sensitivity 80.2%, specificity 94.9%) two tables fit, "
    "so it is not used.",
    cohorts=(
        Cohort(
            name="Hip test set",
            role="internal",
            role_note="Hold-out test set",
            unit="patient",
            participants=5164,
            units=5164,
            with_condition=1110,
            setting="Patients with pelvic radiographs and DXA",
            body_region="Pelvis",
            source=HSIEH,
            overlaps=("Spine test set",),
            note="Whether people are in both test sets is not stated.",
            tables=(
                _hsieh(
                    ("T2", Decimal("-2.3")),
                    "hip",
                    (914, 242, 196, 3812),
                    {"total": "5164", "positives": "1110", "npv": "3812/4008"},
                    preferred=True,
                ),
                _hsieh(
                    ("T1", Decimal("-2.9")),
                    "hip",
                    (524, 25, 586, 4029),
                    {"total": "5164", "positives": "1110", "ppv": "524/549"},
                    preferred=False,
                ),
            ),
        ),
        Cohort(
            name="Spine test set",
            role="internal",
            role_note="Hold-out test set",
            unit="patient",
            participants=18175,
            units=18175,
            with_condition=7860,
            setting="Patients with lumbar spine radiographs and DXA; the vertebra with the lowest "
            "T-score",
            body_region="Lumbar spine",
            source=HSIEH,
            overlaps=("Hip test set",),
            note="Whether people are in both test sets is not stated.",
            tables=(
                _hsieh(
                    ("T2", Decimal("-2.1")),
                    "spine",
                    (7513, 2897, 347, 7418),
                    {"total": "18175", "positives": "7860", "npv": "7418/7765"},
                    preferred=True,
                ),
                _hsieh(
                    ("T1", Decimal("-3.0")),
                    "spine",
                    (4750, 280, 3110, 10035),
                    {"total": "18175", "positives": "7860", "ppv": "4750/5030"},
                    preferred=False,
                ),
            ),
        ),
    ),
)

STUDIES = (hsieh,)
