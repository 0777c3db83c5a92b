"""The demo's searches: four export files, and the records added by hand afterwards.

The names of the databases and the date are those of the review we follow (doi:10.2196/75965).
Its search strings are not in our sources: the strategies below are reconstructed for the
demonstration, in our own words, and every number of hits is the demonstration's, the last line
of a strategy giving the number of records in the file.

``file`` lies in ``reviews/demo/data``; ``format`` is ris, nbib or csv; ``mapping`` (CSV only)
goes from a field of a record to the column that holds it. ``kind`` is a source's kind.

The invented records in the files were put together once from lists of phrases; the files are now
edited by hand, and ``tests/reviews/demo`` holds them to what is said here.
"""

from datetime import date
from pathlib import Path

DATA = Path(__file__).parent / "data"

RECONSTRUCTED = "Reconstructed for the demonstration; the published strategy was not available."
ADDED_ON = date(2026, 3, 2)  # the demonstration's own
RUN_ON = date(2024, 5, 16)  # https://preprints.jmir.org/preprint/75965/accepted

SEARCHES = (
    {
        "source": "PubMed",
        "platform": "NLM",
        "kind": "database",
        "run_on": RUN_ON,
        "file": "pubmed.nbib",
        "format": "nbib",
        "mapping": {},
        "hits": 128,
        "strategy": (
            ('"Osteoporosis"[Mesh] OR osteoporo*[tiab] OR "bone density"[tiab]', 2418),
            ('"Machine Learning"[Mesh] OR "deep learning"[tiab] OR network*[tiab]', 1967),
            ("radiograph*[tiab] OR tomograph*[tiab] OR densitometr*[tiab] OR screen*[tiab]", 3105),
            ("#1 AND (#2 OR #3)", 128),
        ),
        "limits": "None",
        "note": RECONSTRUCTED,
    },
    {
        "source": "Embase",
        "platform": "Ovid",
        "kind": "database",
        "run_on": RUN_ON,
        "file": "embase.ris",
        "format": "ris",
        "mapping": {},
        "hits": 121,
        "strategy": (
            ("exp osteoporosis/ or osteoporo*.ti,ab.", 2733),
            ("exp machine learning/ or (deep adj2 learn*).ti,ab.", 2140),
            ("(radiograph* or tomograph* or bone scan* or screening).ti,ab.", 3391),
            ("1 and (2 or 3)", 121),
        ),
        "limits": "None",
        "note": RECONSTRUCTED,
    },
    {
        "source": "Cochrane Library",
        "platform": "Wiley (CENTRAL)",
        "kind": "database",
        "run_on": RUN_ON,
        "file": "cochrane-central.csv",
        "format": "csv",
        "mapping": {
            "accession": "Cochrane ID",
            "title": "Title",
            "authors": "Author(s)",
            "journal": "Source",
            "year": "Year",
            "volume": "Volume",
            "issue": "Issue",
            "pages": "Pages",
            "type": "Publication Type",
            "keywords": "Keywords",
            "abstract": "Abstract",
            "doi": "DOI",
            "pmid": "PubMed ID",
            "language": "Language",
        },
        "hits": 29,
        "strategy": (
            ("MeSH descriptor: [Osteoporosis] explode all trees", 611),
            ("(osteoporo* OR bone NEXT densit*):ti,ab,kw", 874),
            ("(imag* OR radiograph* OR densit* OR screen*):ti,ab,kw", 1206),
            ("(#1 OR #2) AND #3, in Trials", 29),
        ),
        "limits": "None",
        "note": RECONSTRUCTED,
    },
    {
        "source": "Web of Science",
        "platform": "Clarivate",
        "kind": "database",
        "run_on": RUN_ON,
        "file": "web-of-science.ris",
        "format": "ris",
        "mapping": {},
        "hits": 82,
        "strategy": (
            ('TS=(osteoporo* OR "bone mineral density")', 1890),
            ('TS=("machine learning" OR "deep learning" OR "artificial intelligence")', 1452),
            ("TS=(radiograph* OR CT OR MRI OR screening)", 2287),
            ("#1 AND (#2 OR #3)", 82),
        ),
        "limits": "None",
        "note": RECONSTRUCTED,
    },
)

# Published after the search date, or found on a website: they go straight to reports sought.
OTHER_SOURCES = (
    {
        "source": "Citation searching",
        "platform": "",
        "kind": "citation",
        "run_on": ADDED_ON,
        "note": "Reports published after the database searches; added by hand.",
    },
    {
        "source": "hst.org.tw",
        "platform": "hst.org.tw",
        "kind": "website",
        "run_on": ADDED_ON,
        "note": "A summary on an institution's page; confirm against the report.",
    },
)

SUMMARY_MARK = "[Summary written for this demonstration; not the published abstract.]"

HAND_RECORDS = (
    {
        "in": "Citation searching",
        "title": (
            "Assessing deep learning model performance in osteoporosis screening with lumbar "
            "spine radiographs"
        ),
        "authors": (
            "Boonrod A",
            "Boonrod A",
            "Kittipongphat N",
            "Piyaprapaphan P",
            "Theerakulpisut D",
        ),
        "year": 2025,
        "journal": "Journal of Bone and Mineral Metabolism",
        "doi": "10.1007/s00774-025-01672-1",
        "pmid": "41361106",
        "abstract": (
            "Two networks read lumbar spine films against DXA: 1,018 lateral films with "
            "sensitivity 87.5% and specificity 79.4%, and 963 frontal films with 79.7% and 66.5%. "
            + SUMMARY_MARK
        ),
        "source": (
            "https://arxivlens.com/PaperView/Details/assessing-deep-learning-model-performance-in-"
            "osteoporosis-screening-with-lumbar-spine-radiographs.-3328-67073858"
        ),
    },
    {
        "in": "hst.org.tw",
        "title": (
            "Advancing diagnostic equity through artificial intelligence chest radiograph "
            "screening for osteoporosis in Asian populations"
        ),
        "authors": (),
        "year": 2025,
        "journal": "npj Digital Medicine",
        "doi": "",
        "pmid": "",
        "note": "The source gives no year of its own; ours reads 2025 to 2026.",
        "abstract": (
            "A chest film tool was tried on 2,384 adults without complaints at a health "
            "examination. It suspected abnormal bone density in 255; DXA confirmed 94. "
            "Sensitivity was 79.7%. Known to us from an institution's page only. " + SUMMARY_MARK
        ),
        "source": "https://www.hst.org.tw/tw/story/content/6147",
    },
    {
        "in": "Citation searching",
        "title": (
            "BONE-Net: A novel hybrid deep-learning model for effective osteoporosis detection"
        ),
        "authors": ("Muhammad I", "Rao RS", "Lee B"),
        "year": 2025,
        "journal": "PLOS One",
        "doi": "",
        "pmid": "",
        "abstract": (
            "A network for knee films from a public data set, tested on 72 of them. The matrix "
            "given (36, 2, 8, 26) does not agree with the sensitivity and specificity given "
            "beside it. " + SUMMARY_MARK
        ),
        "source": "https://ishaqmkhan.github.io/publication/2025-01-01-bone-net",
    },
    {
        "in": "Citation searching",
        "title": (
            "The Diagnostic Value of Image-Based Machine Learning for Osteoporosis: Systematic "
            "Review and Meta-Analysis"
        ),
        "authors": (
            "Zhao R",
            "Yang H",
            "Li Y",
            "Li X",
            "Yang Z",
            "Lin Y",
            "Huang J",
            "Wan L",
            "Huang H",
        ),
        "year": 2026,
        "journal": "Journal of Medical Internet Research",
        "doi": "10.2196/75965",
        "pmid": "41544126",
        "abstract": (
            "The review this demonstration follows: 60 studies, most of them of CT or X-ray. "
            "Sensitivity and specificity were 0.92 and 0.83 for X-ray, 0.91 and 0.92 for CT. "
            + SUMMARY_MARK
        ),
        "source": "https://preprints.jmir.org/preprint/75965/accepted",
    },
    {
        "in": "Citation searching",
        "title": (
            "Deep Learning\u2013Assisted Automated Diagnosis of Osteoporosis Based on Computed "
            "Tomography Scans: Systematic Review and Meta-Analysis"
        ),
        "authors": ("Wang A", "Ma Z", "Wang T"),
        "year": 2025,
        "journal": "Journal of Medical Internet Research",
        "doi": "10.2196/77155",
        "pmid": "",
        "abstract": "A review of deep learning on CT; its list was searched. " + SUMMARY_MARK,
        "source": "https://www.jmir.org/2025/1/e77155/XML",
    },
    {
        "in": "Citation searching",
        "title": (
            "Diagnostic accuracy of deep learning in prediction of osteoporosis: a systematic "
            "review and meta-analysis"
        ),
        "authors": (),
        "year": 2024,
        "journal": "",
        "doi": "",
        "pmid": "39633356",
        "abstract": (
            "Ten studies of 181 found; pooled sensitivity 0.86 and specificity 0.89. "
            + SUMMARY_MARK
        ),
        "source": "https://pmc.ncbi.nlm.nih.gov/articles/PMC11619613/",
    },
    {
        "in": "Citation searching",
        "title": "Development and reporting of artificial intelligence in osteoporosis management",
        "authors": (
            "Gatineau G",
            "Shevroja E",
            "Vendrami C",
            "Gonzalez-Rodriguez E",
            "Leslie WD",
            "Lamy O",
            "Hans D",
        ),
        "year": 2024,
        "journal": "Journal of Bone and Mineral Research",
        "doi": "10.1093/jbmr/zjae131",
        "pmid": "39163489",
        "abstract": (
            "A review of how models for osteoporosis are developed and reported, published in "
            "August 2024, after the search date. " + SUMMARY_MARK
        ),
        "source": "https://pmc.ncbi.nlm.nih.gov/articles/PMC11523092",
    },
)
