"""Which kind of job follows which: the one table of what happens by itself."""

from reviews.accounts import tasks as accounts
from reviews.dedup import tasks as dedup
from reviews.fulltext import tasks as fulltext
from reviews.jobs import registry
from reviews.jobs import tasks as jobs
from reviews.screening import tasks as screening
from reviews.searches import tasks as searches
from reviews.studies import tasks as studies
from reviews.synthesis import tasks as synthesis

STAGES = (jobs, accounts, searches, dedup, screening, fulltext, studies, synthesis)

FOLLOWS: dict[str, tuple[str, ...]] = {
    "searches.import": ("dedup.find",),
    "searches.withdraw": ("dedup.find",),
    "dedup.find": ("screening.open",),
    "dedup.regroup": ("screening.open",),
    "screening.open": ("fulltext.seek",),
}


def connect() -> None:
    """Join the kinds the stages registered when they were imported above."""
    registry.set_pipeline(FOLLOWS)
