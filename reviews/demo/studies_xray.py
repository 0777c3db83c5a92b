"""Studies of radiographs with 2x2 tables: figures from abstracts and public tables.

Every figure is a fact read in the ``source`` beside it; how counts follow from it is said in
``how``. Partial and derived from abstracts: not to be used for anything but trying the program.
"""

from reviews.demo.keys import record_key
from reviews.demo.shapes import Cohort, Study, Table

JANG = "https://pmc.ncbi.nlm.nih.gov/articles/PMC8497544"
X1AI = "https://pmc.ncbi.nlm.nih.gov/articles/PMC11044771/"
NAKAMOTO = "https://pmc.ncbi.nlm.nih.gov/articles/PMC10043624/"
FAN = "https://ar5iv.labs.arxiv.org/html/2110.09662"

ONLY_TABLE = "The only table of whole numbers that fits what is reported."

jang = Study(
    code="jang-2021",
    label="Jang 2021",
    reports=(record_key(doi="10.1038/s41598-021-99549-6", title=""),),
    country="Korea",
    modality="X-ray",
    body_region="Hip",
    model="VGG16 with a non-local block",
    model_family="Deep learning",
    source=JANG,
    cohorts=(
        Cohort(
            name="Test set",
            role="internal",
            role_note="Random split: 800 images for training, 100 for tuning, 101 for testing",
            unit="image",
            participants=None,
            units=101,
            with_condition=56,
            setting="Women of 55 years or older; hip film and DXA of the same side",
            body_region="Hip",
            source=JANG,
            tables=(
                Table(
                    threshold="",
                    index_test="ml_xray",
                    target_condition="osteoporosis_hip",
                    reference_standard="dxa_hip",
                    tp=51,
                    fp=14,
                    fn=5,
                    tn=31,
                    obtained="solved",
                    how=ONLY_TABLE,
                    solutions=1,
                    reported={
                        "total": "101",
                        "accuracy": "81.2%",
                        "sensitivity": "91.1%",
                        "specificity": "68.9%",
                        "ppv": "78.5%",
                        "npv": "86.1%",
                        "auc": "0.867",
                    },
                    source=JANG,
                    preferred=True,
                ),
            ),
        ),
        Cohort(
            name="External set",
            role="external",
            role_note="117 data sets of another origin",
            unit="image",
            participants=None,
            units=117,
            with_condition=None,
            setting="As above",
            body_region="Hip",
            source=JANG,
            note="Only accuracy (71.8%) and the area under the curve (0.700) are in the abstract: "
            "no 2x2 table.",
        ),
    ),
)

x1ai = Study(
    code="x1ai-2024",
    label="X1AI 2024",
    reports=(record_key(doi="10.1177/1759720X241237872", title=""),),
    country="Taiwan",
    modality="X-ray",
    body_region="Hip",
    model="X1AI-Osteo, a convolutional network",
    model_family="Deep learning",
    source=X1AI,
    note="First author Chen YP; known by the name of its model.",
    cohorts=(
        Cohort(
            name="Test set",
            role="internal",
            role_note="300 patients held out, 1,430 for training; one centre",
            unit="hip",
            participants=300,
            units=497,
            with_condition=249,
            setting="Patients of 50 years or older",
            body_region="Hip",
            source=X1AI,
            note="497 hips of 300 patients: two hips of one person are not independent.",
            tables=(
                Table(
                    threshold="",
                    index_test="ml_xray",
                    target_condition="osteoporosis_hip",
                    reference_standard="dxa_hip",
                    tp=242,
                    fp=11,
                    fn=7,
                    tn=237,
                    obtained="solved",
                    how=ONLY_TABLE,
                    solutions=1,
                    reported={
                        "total": "497",
                        "sensitivity": "97.2%",
                        "specificity": "95.6%",
                        "ppv": "95.7%",
                        "npv": "97.1%",
                        "auc": "0.96",
                    },
                    source=X1AI,
                    traps=("units_exceed_participants",),
                    preferred=True,
                ),
            ),
        ),
    ),
)


def _nakamoto(label: str, site: str, counts: tuple, printed: tuple, *, preferred: bool) -> Table:
    """Return one of the four tables on the same hundred women."""
    tp, fp, fn, tn = counts
    sensitivity, specificity, accuracy = printed
    return Table(
        threshold=label,
        index_test="ml_xray",
        target_condition=f"osteoporosis_{site}",
        reference_standard=f"dxa_{site}",
        tp=tp,
        fp=fp,
        fn=fn,
        tn=tn,
        obtained="solved",
        how=f"{ONLY_TABLE} The abstract prints ranges over three networks; which network this is "
        "needs the full text.",
        solutions=1,
        reported={
            "total": "100",
            "sensitivity": sensitivity,
            "specificity": specificity,
            "accuracy": accuracy,
        },
        source=NAKAMOTO,
        traps=("same_participants",),
        preferred=preferred,
    )


MOST_SPECIFIC, MOST_SENSITIVE = "Most specific network", "Most sensitive network"

nakamoto = Study(
    code="nakamoto-2022",
    label="Nakamoto 2022",
    reports=(record_key(doi="10.1259/dmfr.20220135", title=""),),
    country="Japan",
    modality="X-ray",
    body_region="Panoramic (lower jaw)",
    model="AlexNet, VGG-16 and GoogLeNet compared",
    model_family="Deep learning",
    source=NAKAMOTO,
    cohorts=(
        Cohort(
            name="Additional patients",
            role="internal",
            role_note="An independent test on 100 additional patients; whether of another centre "
            "or time is not stated",
            unit="patient",
            participants=100,
            units=100,
            with_condition=None,
            setting="Women of 50 years or older at a dental hospital",
            body_region="Panoramic (lower jaw)",
            source=NAKAMOTO,
            note="Four tables describe the same 100 women: only one may enter a pool.",
            tables=(
                _nakamoto(
                    MOST_SPECIFIC,
                    "spine",
                    (18, 16, 5, 61),
                    ("78.3%", "79.2%", "79.0%"),
                    preferred=True,
                ),
                _nakamoto(
                    MOST_SENSITIVE,
                    "spine",
                    (19, 22, 4, 55),
                    ("82.6%", "71.4%", "74.0%"),
                    preferred=False,
                ),
                _nakamoto(
                    MOST_SPECIFIC,
                    "femoral_neck",
                    (12, 22, 3, 63),
                    ("80.0%", "74.1%", "75.0%"),
                    preferred=False,
                ),
                _nakamoto(
                    MOST_SENSITIVE,
                    "femoral_neck",
                    (13, 28, 2, 57),
                    ("86.7%", "67.1%", "70.0%"),
                    preferred=False,
                ),
            ),
        ),
    ),
)

_FAN_COMMON = {
    "index_test": "ml_xray",
    "target_condition": "osteoporosis",
    "reference_standard": "not_stated",
    "obtained": "solved",
    "how": f"{ONLY_TABLE} It has 21 people with osteoporosis and 49 without: the reverse of the "
    "abstract.",
    "solutions": 1,
    "contradicts": ("positives", "negatives"),
    "source": FAN,
}

fan = Study(
    code="fan-2021",
    label="Fan 2021",
    reports=(
        record_key(
            doi="",
            title="Osteoporosis Prescreening using Panoramic Radiographs through a Deep "
            "Convolutional Neural Network with Attention Mechanism",
        ),
    ),
    country="USA",
    modality="X-ray",
    body_region="Panoramic (lower jaw)",
    model="Siamese network with attention",
    model_family="Deep learning",
    source=FAN,
    note="Preprint arXiv:2110.09662.",
    cohorts=(
        Cohort(
            name="Leave-one-out",
            role="internal",
            role_note="Leave-one-out cross-validation",
            unit="patient",
            participants=70,
            units=70,
            with_condition=21,
            setting="People aged 49 to 60",
            body_region="Panoramic (lower jaw)",
            source=FAN,
            tables=(
                Table(
                    threshold="Siamese with attention",
                    tp=15,
                    fp=3,
                    fn=6,
                    tn=46,
                    reported={
                        "total": "70",
                        "positives": "49",
                        "negatives": "21",
                        "sensitivity": "0.714",
                        "specificity": "0.939",
                        "accuracy": "0.871",
                    },
                    traps=("groups_swapped", "same_participants", "reference_not_stated"),
                    preferred=True,
                    **_FAN_COMMON,
                ),
                Table(
                    threshold="Siamese baseline",
                    tp=14,
                    fp=6,
                    fn=7,
                    tn=43,
                    reported={
                        "total": "70",
                        "positives": "49",
                        "negatives": "21",
                        "sensitivity": "0.667",
                        "specificity": "0.878",
                        "accuracy": "0.814",
                    },
                    traps=("groups_swapped", "same_participants", "reference_not_stated"),
                    **_FAN_COMMON,
                ),
            ),
        ),
    ),
)

STUDIES = (jang, x1ai, nakamoto, fan)
