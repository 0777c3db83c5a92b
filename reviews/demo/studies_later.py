"""Studies of radiographs that appeared after the search date, one of them contradicting itself."""

from reviews.demo.keys import record_key
from reviews.demo.shapes import Cohort, Study, Table

BOONROD = (
    "https://arxivlens.com/PaperView/Details/assessing-deep-learning-model-performance-in-"
    "osteoporosis-screening-with-lumbar-spine-radiographs.-3328-67073858"
)
HST = "https://www.hst.org.tw/tw/story/content/6147"
BONE_NET = "https://conexiant.com/radiology/ViewArticle?id=5a719900-9e2c-4238-826e-6aa8bc6b64f8"

_BOONROD_COMMON = {
    "index_test": "ml_xray",
    "target_condition": "osteoporosis",
    "reference_standard": "dxa",
    "obtained": "solved",
    "how": "The only table of whole numbers that fits, both Wald intervals included.",
    "solutions": 1,
    "ci_method": "wald",
    "source": BOONROD,
}

boonrod = Study(
    code="boonrod-2025",
    label="Boonrod 2025",
    reports=(record_key(doi="10.1007/s00774-025-01672-1", title=""),),
    country="Thailand",
    modality="X-ray",
    body_region="Lumbar spine",
    model="DarkNet-19 (lateral), ResNet-18 (anteroposterior)",
    model_family="Deep learning",
    source=BOONROD,
    in_search_window=False,
    cohorts=(
        Cohort(
            name="Lateral test images",
            role="internal",
            role_note="Hold-out test set",
            unit="image",
            participants=None,
            units=1018,
            with_condition=216,
            setting="Patients with lumbar spine radiographs and DXA",
            body_region="Lumbar spine",
            source=BOONROD,
            overlaps=("Anteroposterior test images",),
            tables=(
                Table(
                    threshold="DarkNet-19",
                    tp=189,
                    fp=165,
                    fn=27,
                    tn=637,
                    reported={
                        "total": "1018",
                        "sensitivity": "87.5%",
                        "sensitivity_ci": "83.1-91.9%",
                        "specificity": "79.4%",
                        "specificity_ci": "76.6-82.2%",
                        "auc": "0.82",
                    },
                    traps=("overlapping_cohorts",),
                    preferred=True,
                    **_BOONROD_COMMON,
                ),
            ),
        ),
        Cohort(
            name="Anteroposterior test images",
            role="internal",
            role_note="Hold-out test set",
            unit="image",
            participants=None,
            units=963,
            with_condition=222,
            setting="Patients with lumbar spine radiographs and DXA",
            body_region="Lumbar spine",
            source=BOONROD,
            overlaps=("Lateral test images",),
            note="Another view of the same cohort.",
            tables=(
                Table(
                    threshold="ResNet-18",
                    tp=177,
                    fp=248,
                    fn=45,
                    tn=493,
                    reported={
                        "total": "963",
                        "sensitivity": "79.7%",
                        "sensitivity_ci": "74.4-85.0%",
                        "specificity": "66.5%",
                        "specificity_ci": "63.1-69.9%",
                        "auc": "0.79",
                    },
                    traps=("overlapping_cohorts",),
                    **_BOONROD_COMMON,
                ),
            ),
        ),
    ),
)

hst = Study(
    code="hst-2025",
    label="HST AI-CXR 2025",
    reports=(
        record_key(
            doi="",
            title="Advancing diagnostic equity through artificial intelligence chest radiograph "
            "screening for osteoporosis in Asian populations",
        ),
    ),
    country="Taiwan",
    modality="X-ray",
    body_region="Chest",
    model="AI-CXR tool",
    model_family="Deep learning",
    source=HST,
    in_search_window=False,
    note="From an institution's page: confirm against the report before any real use.",
    cohorts=(
        Cohort(
            name="Health examination",
            role="external",
            role_note="Called a validation; that the tool had not seen this site is our reading",
            unit="patient",
            participants=2384,
            units=2384,
            with_condition=118,
            setting="Adults without complaints at a health examination",
            body_region="Chest",
            source=HST,
            tables=(
                Table(
                    threshold="",
                    index_test="ml_xray",
                    target_condition="abnormal_bmd",
                    reference_standard="dxa",
                    tp=94,
                    fp=161,
                    fn=24,
                    tn=2105,
                    obtained="derived",
                    how="255 flagged, 94 of them confirmed; 118 positives, since 94/118 gives "
                    "79.7% and the exact interval printed.",
                    reported={
                        "total": "2384",
                        "flagged": "255",
                        "sensitivity": "79.7%",
                        "sensitivity_ci": "71.3-86.5%",
                        "auc": "0.95",
                    },
                    ci_method="exact",
                    source=HST,
                    traps=("target_differs", "secondary_source"),
                    preferred=True,
                    note="Target is abnormal bone mineral density as the report defines it, not "
                    "osteoporosis.",
                ),
            ),
        ),
    ),
)

bone_net = Study(
    code="bone-net-2025",
    label="BONE-Net 2025",
    reports=(
        record_key(
            doi="",
            title="BONE-Net: A novel hybrid deep-learning model for effective osteoporosis "
            "detection",
        ),
    ),
    country="Korea",
    modality="X-ray",
    body_region="Knee",
    model="BONE-Net (DenseNet169 and vision transformer)",
    model_family="Deep learning",
    source=BONE_NET,
    in_search_window=False,
    note="Not pooled: no table of whole numbers with 72 images fits all that is reported.",
    cohorts=(
        Cohort(
            name="Test images",
            role="internal",
            role_note="Hold-out images of a public data set",
            unit="image",
            participants=None,
            units=72,
            with_condition=44,
            setting="Knee radiographs of a public data set",
            body_region="Knee",
            source=BONE_NET,
            tables=(
                Table(
                    threshold="",
                    index_test="ml_xray",
                    target_condition="osteoporosis",
                    reference_standard="data_set_label",
                    tp=36,
                    fp=2,
                    fn=8,
                    tn=26,
                    obtained="reported",
                    how="Confusion matrix as given by a secondary source.",
                    reported={
                        "total": "72",
                        "accuracy": "86.1%",
                        "sensitivity": "82.9%",
                        "specificity": "94.7%",
                        "ppv": "92.9%",
                        "fpr": "5.3%",
                    },
                    contradicts=("sensitivity", "specificity", "ppv", "fpr"),
                    source=BONE_NET,
                    traps=("contradicts_reported", "secondary_source"),
                ),
            ),
        ),
    ),
)

STUDIES = (boonrod, hst, bone_net)
