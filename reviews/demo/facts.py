"""Everything a loader of the demo review reads, in the order in which it is to be entered.

The demo is the osteoporosis review of Zhao R et al. 2026 (doi:10.2196/75965) in part: real
reports by bibliographic fact, with 2x2 tables worked out from their abstracts and each with its
source; summaries of our own in place of abstracts; and 265 invented records, marked as
such. ``NOTICE`` says so and belongs on the review's page. Decisions, ratings, strategies and
people are invented.

1. ``PEOPLE``: dicts code, name, email, roles, time_zone. The codes stand wherever a person is
   named below.
2. ``REVIEW`` (fields of the review), ``CRITERIA`` (kind, name, description),
   ``EXCLUSION_REASONS`` (code, name, stages; ordered), ``INDEX_TESTS``,
   ``TARGET_CONDITIONS``, ``REFERENCE_STANDARDS`` (dicts with code and name),
   ``HIGHLIGHT_TERMS`` (include, exclude).
3. ``SEARCHES``: source, platform, kind, run_on, file (in ``DATA``), format, mapping (CSV),
   strategy (line, hits), hits, limits, note. 360 records in four files; by identifiers and by
   title, year and first author 60 of them are copies; three more pairs are possible duplicates
   (one copy was indexed ahead of print: another year or none, no DOI, no volume).
4. ``OTHER_SOURCES`` and ``HAND_RECORDS`` (``in`` names the source): records added by hand, which
   go straight to reports sought.
5. ``DECISIONS``, ``SETTLEMENTS`` and ``RETRIEVALS`` (``reviews.demo.screening``): records are
   named by key (``record_key``). Enter title/abstract decisions and their settlements first, then
   retrieval, then those at full text.
6. ``STUDIES`` (``reviews.demo.shapes``): studies with reports (keys, primary first), cohorts and
   tables. Two reports of one study are linked here and not duplicates (Tang 2020).
7. ``RATINGS``: QUADAS-2, to be shown with ``ILLUSTRATIVE``.
8. ``X_RAY_PLAN``: the plan; ``in_x_ray_plan(cohort, table)`` is its rule and ``X_RAY_EXPECTED``
   its result.
"""

from reviews.demo import studies_ct, studies_hsieh, studies_later, studies_xray
from reviews.demo.keys import record_key
from reviews.demo.plan import X_RAY_EXPECTED, X_RAY_PLAN, in_x_ray_plan
from reviews.demo.protocol import (
    CRITERIA,
    EXCLUSION_REASONS,
    HIGHLIGHT_TERMS,
    INDEX_TESTS,
    NOTICE,
    PEOPLE,
    REFERENCE_STANDARDS,
    REVIEW,
    TARGET_CONDITIONS,
)
from reviews.demo.quality import ILLUSTRATIVE, RATINGS
from reviews.demo.screening import DECISIONS, RETRIEVALS, SETTLEMENTS
from reviews.demo.searches import DATA, HAND_RECORDS, OTHER_SOURCES, SEARCHES

__all__ = (
    "CRITERIA",
    "DATA",
    "DECISIONS",
    "EXCLUSION_REASONS",
    "HAND_RECORDS",
    "HIGHLIGHT_TERMS",
    "ILLUSTRATIVE",
    "INDEX_TESTS",
    "NOTICE",
    "OTHER_SOURCES",
    "PEOPLE",
    "RATINGS",
    "REFERENCE_STANDARDS",
    "RETRIEVALS",
    "REVIEW",
    "SEARCHES",
    "SETTLEMENTS",
    "STUDIES",
    "TARGET_CONDITIONS",
    "X_RAY_EXPECTED",
    "X_RAY_PLAN",
    "in_x_ray_plan",
    "record_key",
)

STUDIES = (
    *studies_xray.STUDIES,
    *studies_hsieh.STUDIES,
    *studies_later.STUDIES,
    *studies_ct.STUDIES,
)
