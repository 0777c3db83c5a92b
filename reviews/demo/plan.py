"""The analysis plan of the demo, as a rule over tables, and what its run must give.

The pool is the eight tables of radiographs that are flagged ``preferred``: one per cohort, never
of a development set. Seven of them target osteoporosis at some site, one (HST) abnormal bone
mineral density, which the run must warn about.
"""

X_RAY_PLAN = {
    "code": "x_ray_main",
    "name": "X-ray, main analysis",
    "sentence": (
        "Pool X-ray tables for osteoporosis at any site, one table per cohort, external before "
        "internal validation, apparent performance left out."
    ),
    "modality": "X-ray",
    "index_tests": ("ml_xray",),
    "target_conditions": (
        "osteoporosis",
        "osteoporosis_hip",
        "osteoporosis_femoral_neck",
        "osteoporosis_spine",
        "abnormal_bmd",
    ),
    "cohort_roles": ("external", "temporal", "internal"),
    "tables": "preferred",
    # In reach of the rule but for the flag, and why they are left out: study, cohort, reason.
    "left_out": (
        (
            "boonrod-2025",
            "Anteroposterior test images",
            "Another view of the patients of the lateral images.",
        ),
        (
            "bone-net-2025",
            "Test images",
            "The counts contradict the sensitivity and specificity printed beside them.",
        ),
    ),
    "by": "jonas",
    "warnings": (
        "One table targets abnormal bone mineral density, not osteoporosis (HST AI-CXR 2025).",
        "Units are mixed: images, hips and people; 497 hips came from 300 people (X1AI 2024).",
        "Two tables come from one report and may share people (Hsieh 2021).",
        "One table contradicts the group sizes of its own abstract (Fan 2021).",
        "Fewer than ten tables.",
    ),
}

# Exact maximum likelihood of the bivariate binomial model, Wald intervals.
X_RAY_EXPECTED = {
    "k": 8,
    "sensitivity": {"estimate": 0.887, "wald": (0.814, 0.934)},
    "specificity": {"estimate": 0.875, "wald": (0.793, 0.927)},
    "tolerance": 0.0005,  # half a unit in the last digit
}


def in_x_ray_plan(cohort, table) -> bool:
    """Return whether the plan takes this table of this cohort."""
    return (
        table.preferred
        and table.index_test in X_RAY_PLAN["index_tests"]
        and table.target_condition in X_RAY_PLAN["target_conditions"]
        and cohort.role in X_RAY_PLAN["cohort_roles"]
    )
