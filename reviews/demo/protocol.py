"""The demo's protocol: the question, the criteria, the words, and four invented people.

The question follows Zhao R et al., J Med Internet Res 2026;28:e75965 (doi:10.2196/75965); every
sentence is ours. ``code`` is how the other modules of this package name a row.
"""

SEED_DOI = "10.2196/75965"
SEED_URL = "https://preprints.jmir.org/preprint/75965/accepted"

NOTICE = (
    "Demonstration. This review is partial and derived from abstracts: the real records and "
    "2x2 tables are bibliographic and numerical facts with their sources, the summaries, "
    "decisions, ratings and people are invented, and records marked as invented do not exist. "
    "Do not use its numbers for care."
)

# Named as the fields of the review; what has a list of its own stands below.
REVIEW = {
    "title": "Image-based machine learning for osteoporosis",
    "question": (
        "How accurate is machine learning on radiographs, CT or MRI in finding osteoporosis, with "
        "densitometry as the reference standard?"
    ),
    "population": (
        "Adults in whom bone density is in question, in any setting, imaged for any reason"
    ),
    "role_of_test": "triage",
    "registration": "",  # none is stated in our sources
    "notice": NOTICE,
    "reviewers_title_abstract": 2,
    "reviewers_full_text": 2,
    "extractors": 1,
    "raters": 2,
}

# Jonas is an adjudicator, so that a third person can settle what Ana and Tomás disagree on.
PEOPLE = (
    {
        "code": "ana",
        "name": "Ana Lindqvist",
        "email": "ana@example.org",
        "roles": ("lead", "reviewer"),
        "time_zone": "Europe/Stockholm",
    },
    {
        "code": "tomas",
        "name": "Tomás Ferreira",
        "email": "tomas@example.org",
        "roles": ("reviewer",),
        "time_zone": "Europe/Lisbon",
    },
    {
        "code": "jonas",
        "name": "Jonas Okafor",
        "email": "jonas@example.org",
        "roles": ("adjudicator", "extractor", "statistician"),
        "time_zone": "Africa/Lagos",
    },
    {
        "code": "meiling",
        "name": "Mei-Ling Chou",
        "email": "meiling@example.org",
        "roles": ("observer",),
        "time_zone": "Asia/Taipei",
    },
)

# kind, name, description; in the order in which they are read beside a record.
CRITERIA = (
    ("include", "Population", "Adults, whatever the reason for imaging."),
    ("include", "Index test", "A model learnt from data that reads radiographs, CT or MRI."),
    ("include", "Reference standard", "DXA or quantitative CT of hip, femoral neck or spine."),
    (
        "include",
        "Target condition",
        "Osteoporosis. A report with several targets is included if osteoporosis is one of them.",
    ),
    (
        "include",
        "Data",
        "Reports from which a 2x2 table can be read, derived or solved.",
    ),
    ("exclude", "Other input", "Questionnaires, laboratory values, ultrasound or DXA alone."),
    ("exclude", "Other target", "Fracture, fracture risk, or low bone mass alone."),
    ("exclude", "No learning", "A fixed attenuation or width threshold without a model."),
    ("exclude", "Design", "Reviews, editorials, case reports, animals, phantoms."),
)

# code, name, stages. The order is the protocol's: where two reviewers exclude a report for
# different reasons, the earlier one counts.
BOTH = ("title_abstract", "full_text")
FULL_TEXT = ("full_text",)
EXCLUSION_REASONS = (
    ("wrong_population", "Wrong population or spectrum", BOTH),
    ("wrong_index_test", "Wrong index test", BOTH),
    ("wrong_reference_standard", "No or wrong reference standard", BOTH),
    ("wrong_target_condition", "Wrong target condition", BOTH),
    ("wrong_setting", "Wrong setting or role", BOTH),
    ("wrong_design", "Wrong design (case report, review, editorial, animal)", BOTH),
    ("not_extractable", "2x2 not extractable after contact", FULL_TEXT),
    ("sample_too_small", "Sample too small", FULL_TEXT),
    ("overlapping_population", "Overlapping population", FULL_TEXT),
    ("conference_abstract", "Conference abstract only", BOTH),
    ("language", "Language", BOTH),
    ("retracted", "Retracted", BOTH),
    ("other", "Other", BOTH),
)

INDEX_TESTS = (
    {"code": "ml_xray", "name": "Machine learning on X-ray", "modality": "X-ray"},
    {"code": "ml_ct", "name": "Machine learning on CT", "modality": "CT"},
    {"code": "ml_mri", "name": "Machine learning on MRI", "modality": "MRI"},
    {"code": "hu_threshold", "name": "CT attenuation threshold, no learning", "modality": "CT"},
)

TARGET_CONDITIONS = (
    {"code": "osteoporosis", "name": "Osteoporosis"},
    {"code": "osteoporosis_hip", "name": "Osteoporosis at the hip"},
    {"code": "osteoporosis_femoral_neck", "name": "Osteoporosis at the femoral neck"},
    {"code": "osteoporosis_spine", "name": "Osteoporosis at the lumbar spine"},
    {"code": "low_bone_mass", "name": "Osteopenia or osteoporosis"},
    {"code": "abnormal_bmd", "name": "Abnormal bone mineral density"},
)

REFERENCE_STANDARDS = (
    {"code": "dxa", "name": "DXA, site as reported"},
    {"code": "dxa_hip", "name": "DXA of the hip, T-score -2.5 or less"},
    {"code": "dxa_femoral_neck", "name": "DXA of the femoral neck"},
    {"code": "dxa_spine", "name": "DXA of the lumbar spine"},
    {"code": "data_set_label", "name": "Label of a public data set"},
    {"code": "not_stated", "name": "Not stated in the source read"},
)

HIGHLIGHT_TERMS = {
    "include": (
        "deep learning",
        "machine learning",
        "convolutional",
        "neural network",
        "radiomic",
        "DXA",
        "T-score",
        "osteoporosis",
        "sensitivity",
        "specificity",
    ),
    "exclude": (
        "rats",
        "mice",
        "randomised",
        "review",
        "case report",
        "ultrasound",
        "FRAX",
        "fracture risk",
        "questionnaire",
        "phantom",
    ),
}
