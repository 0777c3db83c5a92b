"""QUADAS-2 ratings of the demo: illustrative, invented, by two raters and agreed.

Nobody read the full reports for them. One study is rated by one rater only and one awaits
agreement, so that there is something to do.

Below, ``answers`` has one letter per signalling question, Y, N or U: three on patient selection,
two on the index test, two on the reference standard, four on flow and timing. ``bias`` has one
letter per domain, ``concern`` one per domain but the last: L, H or U.
"""

from reviews.demo.shapes import Rating

ILLUSTRATIVE = "Illustrative rating, invented for the demonstration; not a judgement on the report."

DOMAINS = ("patient_selection", "index_test", "reference_standard", "flow_and_timing")
ITEMS = ("1.1", "1.2", "1.3", "2.1", "2.2", "3.1", "3.2", "4.1", "4.2", "4.3", "4.4")
ANSWERS = {"Y": "yes", "N": "no", "U": "unclear"}
LEVELS = {"L": "low", "H": "high", "U": "unclear"}
AGREED = "agreed"


def _rating(study, rater, answers, bias, concern, why, status="complete") -> Rating:
    """Spell out one line of the table below."""
    return Rating(
        study=study,
        rater=rater,
        agreed=rater == AGREED,
        status=status,
        answers={
            item: ANSWERS[letter]
            for item, letter in zip(ITEMS, answers.replace(" ", ""), strict=True)
        },
        risk_of_bias={d: LEVELS[letter] for d, letter in zip(DOMAINS, bias, strict=True)},
        applicability={d: LEVELS[letter] for d, letter in zip(DOMAINS[:3], concern, strict=True)},
        rationales=dict(zip(DOMAINS, why, strict=True)),
    )


JANG_WHY = (
    "How the women were sampled is not said in the abstract.",
    "A random split, but the threshold is not reported.",
    "DXA of the same side.",
    "Every image in the test set has its DXA; the interval is not given.",
)
X1AI_WHY = (
    "One centre, a retrospective collection; sampling not described.",
    "Test patients were held out; tuning is not described.",
    "DXA of the hip for every hip.",
    "Two hips of one person are counted as if independent.",
)
NAKAMOTO_WHY = (
    "One hundred further women; how they were chosen is not said.",
    "Three networks on one test set: the best is picked afterwards.",
    "DXA at two sites, both read for every woman.",
    "All hundred women are in every table.",
)
FAN_WHY = (
    "Seventy people aged 49 to 60; group sizes contradict each other.",
    "Leave-one-out: every person served for training too.",
    "The reference standard is not stated in the abstract.",
    "No exclusions are mentioned.",
)
HSIEH_WHY = (
    "All patients with both examinations, but only these.",
    "Thresholds were chosen for predictive values; when is unclear.",
    "DXA on one make of scanner.",
    "Images of poor quality were left out.",
)
BOONROD_WHY = (
    "A hospital series of films with DXA; sampling not described.",
    "The best of several networks is reported for each view.",
    "DXA, T-score of -2.5 or less.",
    "Film and DXA may be far apart in time.",
)
HST_WHY = (
    "Consecutive adults without complaints, as far as the page says.",
    "A finished tool; its threshold was set before.",
    "Abnormal bone density is not osteoporosis.",
    "Whether everybody had DXA must be read in the report.",
)
BONE_NET_WHY = (
    "A public set of films with equal groups: a case-control design.",
    "Hold-out images; tuning is not described.",
    "A label of unknown making.",
    "The counts do not agree with the metrics printed beside them.",
)
SEBRO_WHY = (
    "Patients with CT and DXA of one hospital.",
    "Apparent performance: models are judged where they were built.",
    "DXA for every patient.",
    "The test set is reported elsewhere in the report.",
)

RATINGS = (
    _rating("jang-2021", "ana", "UYU YU YU UYYY", "UULL", "LLL", JANG_WHY),
    _rating("jang-2021", "tomas", "UYY YU YY UYYY", "LULL", "LLL", JANG_WHY),
    _rating("jang-2021", AGREED, "UYU YU YU UYYY", "UULL", "LLL", JANG_WHY),
    _rating("x1ai-2024", "ana", "UYU YU YU UYYY", "UULU", "LLL", X1AI_WHY),
    _rating("x1ai-2024", "tomas", "UYU YU YU UYYN", "UULH", "LLL", X1AI_WHY),
    _rating("x1ai-2024", AGREED, "UYU YU YU UYYN", "UULH", "LLL", X1AI_WHY),
    _rating("nakamoto-2022", "ana", "UYU YN YU UYYY", "UHLL", "LLL", NAKAMOTO_WHY),
    _rating("nakamoto-2022", "tomas", "UYU YU YU UYYY", "UULL", "LLL", NAKAMOTO_WHY),
    _rating("nakamoto-2022", AGREED, "UYU YN YU UYYY", "UHLL", "LLL", NAKAMOTO_WHY),
    _rating("fan-2021", "ana", "UUU YN UU UYUY", "UHUU", "HLU", FAN_WHY),
    _rating("fan-2021", "tomas", "UNU YN UU UYUY", "HHUL", "ULU", FAN_WHY),
    _rating("fan-2021", AGREED, "UUU YN UU UYUY", "UHUU", "ULU", FAN_WHY),
    _rating("hsieh-2021", "ana", "YYU YU YY UYYN", "LULH", "LLL", HSIEH_WHY),
    _rating("hsieh-2021", "tomas", "YYY YU YY UYYN", "LULU", "LLL", HSIEH_WHY),
    _rating("hsieh-2021", AGREED, "YYU YU YY UYYN", "LULU", "LLL", HSIEH_WHY),
    _rating("boonrod-2025", "ana", "UYU YU YU UYYU", "UULU", "LLL", BOONROD_WHY),
    _rating("boonrod-2025", "tomas", "UYU YN YU UYYU", "UHLU", "LLL", BOONROD_WHY),
    _rating("boonrod-2025", AGREED, "UYU YN YU UYYU", "UHLU", "LLL", BOONROD_WHY),
    _rating("sebro-ankle-2022", "ana", "UYU NN YU UYYU", "UHLU", "LLL", SEBRO_WHY),
    _rating("sebro-ankle-2022", "tomas", "UYU YN YU UYYU", "UHLU", "LLL", SEBRO_WHY),
    _rating("sebro-ankle-2022", AGREED, "UYU YN YU UYYU", "UHLU", "LLL", SEBRO_WHY),
    # Two raters, no agreement yet.
    _rating("hst-2025", "ana", "YYY YY UU UUYU", "LLUU", "LLH", HST_WHY),
    _rating("hst-2025", "tomas", "YYY YY YU UYYU", "LLLU", "LLH", HST_WHY),
    # One rater so far.
    _rating("bone-net-2025", "ana", "UNU YU UU UYUN", "HUHH", "HLH", BONE_NET_WHY),
)
