"""Studies of CT and MRI: one with tables, six whose abstracts do not give one."""

from decimal import Decimal

from reviews.demo.keys import record_key
from reviews.demo.shapes import Cohort, Study, Table

SEBRO = "https://pmc.ncbi.nlm.nih.gov/articles/PMC9577430/table/tbl4"
SOLVED = "The only table of whole numbers with at most 163 people that fits what is reported."


def _sebro(
    label: str,
    counts: tuple[int, int, int, int],
    printed: tuple[str, str, str, str, str],
    *,
    index_test: str = "ml_ct",
    target_condition: str = "osteoporosis",
    threshold_value: Decimal | None = None,
    traps: tuple[str, ...] = (),
    note: str = "",
) -> Table:
    """Return one of the tables on the 103 people of the training and validation set."""
    tp, fp, fn, tn = counts
    names = ("sensitivity", "specificity", "accuracy", "ppv", "npv")
    return Table(
        threshold=label,
        threshold_value=threshold_value,
        index_test=index_test,
        target_condition=target_condition,
        reference_standard="dxa",
        tp=tp,
        fp=fp,
        fn=fn,
        tn=tn,
        obtained="solved",
        how=SOLVED,
        solutions=1,
        reported=dict(zip(names, printed, strict=True)),
        source=SEBRO,
        traps=("apparent_performance", "same_participants", *traps),
        note=note,
    )


sebro_ankle = Study(
    code="sebro-ankle-2022",
    label="Sebro 2022, ankle",
    reports=(record_key(doi="10.1016/j.afos.2022.09.002", title=""),),
    country="USA",
    modality="CT",
    body_region="Foot and ankle",
    model="Support vector machine on the attenuation of several bones",
    model_family="Machine learning",
    source=SEBRO,
    note="The table of the test set was not in our sources.",
    cohorts=(
        Cohort(
            name="Training and validation set",
            role="development",
            role_note="Apparent performance: the set on which the models were built",
            unit="patient",
            participants=103,
            units=103,
            with_condition=27,
            setting="Patients with foot or ankle CT and DXA",
            body_region="Foot and ankle",
            source=SEBRO,
            tables=(
                _sebro(
                    "SVM, radial kernel",
                    (25, 5, 2, 71),
                    ("0.926", "0.934", "0.932", "0.833", "0.973"),
                ),
                _sebro(
                    "SVM, linear kernel",
                    (21, 19, 6, 57),
                    ("0.778", "0.750", "0.757", "0.525", "0.905"),
                ),
                _sebro(
                    "Calcaneus, Hounsfield units",
                    (22, 36, 5, 40),
                    ("0.815", "0.526", "0.602", "0.379", "0.889"),
                    index_test="hu_threshold",
                    threshold_value=Decimal("143.2"),
                    note="A single attenuation threshold, without learning: a comparator.",
                ),
                _sebro(
                    "SVM, radial kernel",
                    (72, 0, 10, 21),
                    ("0.878", "1.00", "0.903", "1.00", "0.677"),
                    target_condition="low_bone_mass",
                    traps=("zero_cell",),
                    note="No false positives: a cell is zero.",
                ),
            ),
        ),
    ),
)


def _without_table(code: str, label: str, reports: tuple[str, ...], **facts: str) -> Study:
    """Return a study whose abstract gives no 2x2 table."""
    return Study(code=code, label=label, reports=reports, **facts)


STUDIES = (
    sebro_ankle,
    _without_table(
        "pan-2020",
        "Pan 2020",
        (record_key(doi="10.1007/s00330-020-06679-y", title=""),),
        country="",
        modality="CT",
        body_region="Chest, low dose",
        model="Deep segmentation and linear bone density",
        model_family="Deep learning",
        why_no_table="374 people, area under the curve 0.927; sensitivity and specificity are not "
        "in the abstract.",
        source="https://pmc.ncbi.nlm.nih.gov/articles/PMC7305250",
    ),
    _without_table(
        "tang-2020",
        "Tang 2020",
        (
            record_key(doi="10.1007/s00198-020-05673-w", title=""),
            record_key(
                doi="",
                title="CNN-based Automatic Detection of Bone Conditions via Diagnostic CT Images "
                "for Osteoporosis Screening",
            ),
        ),
        country="",
        modality="CT",
        body_region="First lumbar vertebra",
        model="MS-Net and BMDC-Net",
        model_family="Deep learning",
        why_no_table="63 people in the test set; accuracy (0.7665) over three classes only.",
        source="https://link.springer.com/doi/10.1007/s00198-020-05673-w",
        note="Two reports of one study: the journal report and the preprint arXiv:1910.06777.",
    ),
    _without_table(
        "dzierzak-2022",
        "Dzierzak 2022",
        (record_key(doi="10.3390/s22218189", title=""),),
        country="",
        modality="CT",
        body_region="First lumbar vertebra",
        model="VGG16, pretrained",
        model_family="Deep learning",
        why_no_table="Sensitivity 0.96 and specificity 0.94, but of 100 patients or of 400 "
        "images? 48, 3, 2, 47 and 192, 12, 8, 188 both fit.",
        source="https://www.mdpi.com/1424-8220/22/21/8189",
    ),
    _without_table(
        "dcnn-2024",
        "BMC Musculoskelet Disord 2024 (DCNN)",
        (record_key(doi="10.1186/s12891-024-07297-1", title=""),),
        country="",
        modality="CT",
        body_region="Chest CT, L1 and L2",
        model="Deep convolutional network",
        model_family="Deep learning",
        why_no_table="418 people in the test set; areas under the curve of three classes only.",
        source="https://bmcmusculoskeletdisord.biomedcentral.com/articles/"
        "10.1186/s12891-024-07297-1",
    ),
    _without_table(
        "radiomics-2022",
        "BMC Musculoskelet Disord 2022 (radiomics)",
        (record_key(doi="10.1186/s12891-022-05309-6", title=""),),
        country="",
        modality="CT",
        body_region="L1 to L4",
        model="Random forest on radiomic features",
        model_family="Machine learning",
        why_no_table="Area under the curve 0.994 for osteoporosis against normal; the 32 people "
        "with osteopenia are left out of that comparison.",
        source="https://bmcmusculoskeletdisord.biomedcentral.com/articles/"
        "10.1186/s12891-022-05309-6",
    ),
    _without_table(
        "kucukciloglu-2024",
        "Kucukciloglu 2024",
        (record_key(doi="10.4274/dir.2023.232116", title=""),),
        country="",
        modality="MRI, CT",
        body_region="Lumbar spine",
        model="Dual-block network",
        model_family="Deep learning",
        why_no_table="Balanced accuracy only (0.9654 on MRI, 0.9884 on CT).",
        source="https://dirjournal.org/archives/archive-detail/article-preview/"
        "prediction-of-osteoporosis-using-mr-and-ct-scans-w/60592",
    ),
)
