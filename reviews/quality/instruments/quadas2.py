"""QUADAS-2 as data: four domains, eleven signalling questions, applicability in three.

The questions are worded by us; their numbers are those of the official form (Whiting 2011,
Ann Intern Med 155:529-536), which the page links to.
"""

from typing import Any

OFFICIAL = "https://www.bristol.ac.uk/population-health-sciences/projects/quadas/quadas-2/"


def _question(item: str, text: str, guidance: str) -> dict[str, Any]:
    return {"item": item, "text": text, "guidance": guidance, "own": False, "asked": True}


PATIENT_SELECTION = {
    "code": "patient_selection",
    "number": "1",
    "name": "Patient selection",
    "bias": "could the way participants were chosen have biased the result?",
    "applicability": "do participants or setting differ from those the review asks about?",
    "questions": [
        _question(
            "1.1",
            "Did the study take everyone eligible in turn, or a random sample of them?",
            "Yes if the report says consecutive, all, or random. Unclear if it says nothing.",
        ),
        _question(
            "1.2",
            "Were participants recruited as one group, not as separate cases and controls?",
            "No if people known to have the condition were set beside healthy volunteers.",
        ),
        _question(
            "1.3",
            "Was nobody left out whose absence could distort accuracy?",
            "No if difficult or borderline cases, or poor images, were left out.",
        ),
    ],
}
INDEX_TEST = {
    "code": "index_test",
    "number": "2",
    "name": "Index test",
    "repeats": "index_test",
    "bias": "could the conduct of the test have flattered it?",
    "applicability": "does this test differ from the one the review asks about?",
    "questions": [
        _question(
            "2.1",
            "Was the index test read, or run, blind to the reference standard?",
            "Yes for software whose output no person could adjust afterwards.",
        ),
        _question(
            "2.2",
            "Was any threshold fixed before the data were seen?",
            "No if the threshold was chosen to fit the same participants. Yes if none is used.",
        ),
    ],
}
REFERENCE_STANDARD = {
    "code": "reference_standard",
    "number": "3",
    "name": "Reference standard",
    "bias": "could the reference standard, or its reading, have biased the result?",
    "applicability": "does the condition it defines differ from the one the review asks about?",
    "questions": [
        _question(
            "3.1",
            "Can the reference standard be trusted to tell who has the target condition?",
            "Name in the protocol which standards count, and at which threshold.",
        ),
        _question(
            "3.2",
            "Was the reference standard read blind to the index test?",
            "Yes if it was read before the index test was done.",
        ),
    ],
}
FLOW_AND_TIMING = {
    "code": "flow_and_timing",
    "number": "4",
    "name": "Flow and timing",
    "bias": "could who was tested, and when, have biased the result?",
    "applicability": "",
    "questions": [
        _question(
            "4.1",
            "Were the two tests close enough in time for the condition to stay the same?",
            "Agree on the longest acceptable interval before rating.",
        ),
        _question(
            "4.2",
            "Was every participant verified by a reference standard?",
            "No if only those with a positive index test were verified.",
        ),
        _question(
            "4.3",
            "Was it the same reference standard for everyone?",
            "No if the choice of the standard depended on the index test.",
        ),
        _question(
            "4.4",
            "Does the analysis count every participant?",
            "No if withdrawals, failures or indeterminate results are missing from the 2x2 table.",
        ),
    ],
}

QUADAS_2 = {
    "code": "quadas-2",
    "name": "QUADAS-2",
    "edition": "2011",
    "source": OFFICIAL,
    "attached_to": "study",
    "answers": ["yes", "no", "unclear"],
    "levels": ["low", "unclear", "high"],
    "per_index_test": False,
    "domains": [PATIENT_SELECTION, INDEX_TEST, REFERENCE_STANDARD, FLOW_AND_TIMING],
}
