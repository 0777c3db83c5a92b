"""Groups of records of the same report, and pairs somebody must look at."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from reviews.core.audit import audited
from reviews.core.composite import InReview, ReviewRow, Versioned
from reviews.searches.models import Record


@audited()
class DuplicateGroup(ReviewRow):
    """Records of one report: one is kept, the others point here. Can be dissolved for ever."""

    method = models.CharField(max_length=60, help_text="The rule and its version, or 'by hand'.")
    evidence = models.JSONField(default=list, help_text="Sentences: what the records share.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    joined = models.JSONField(
        default=list,
        help_text="What a person's last merge joined, as it stood before.",
    )
    parted = ArrayField(
        models.BigIntegerField(), default=list, help_text="The records, once it was dissolved."
    )
    dissolved_at = models.DateTimeField(null=True)
    dissolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(dissolved_at__isnull=True, dissolved_by__isnull=True)
                | Q(dissolved_at__isnull=False, dissolved_by__isnull=False),
                name="a_dissolved_group_names_who_dissolved_it",
            ),
        ]

    def __str__(self) -> str:
        return f"duplicate group {self.pk}"


SHOWN = ("review", "title", "authors", "year", "group", "kept")


class PossibleDuplicateQuerySet(InReview):
    def waiting_in(self, review):
        """Return the pairs of a review that nobody has judged."""
        return self.filter(review=review, resolution="")

    def kept_apart(self):
        """Return pairs no rule merges: judged to be no copies, or taken back by a person."""
        kinds = [PossibleDuplicate.Resolution.DIFFERENT, PossibleDuplicate.Resolution.LINKED]
        return self.filter(Q(resolution__in=kinds) | Q(resolution="", version__gt=1))

    def after(self, pair):
        """Return the pairs that come after this one in the list, the likeliest first."""
        later = Q(score__lt=pair.score) | Q(score=pair.score, pk__lt=pair.pk)
        return self.filter(later).order_by("-score", "-id")

    def with_titles(self):
        """Return pairs with what a list shows of their records."""
        return self.select_related("first", "second", "resolved_by").only(
            "review",
            "version",
            "score",
            "reasons",
            "resolution",
            "resolved_at",
            "resolved_by",
            *(f"{side}__{name}" for side in ("first", "second") for name in SHOWN),
        )

    def with_records(self):
        return self.select_related("first__batch__search__source", "second__batch__search__source")


@audited()
class PossibleDuplicate(ReviewRow, Versioned):
    """Two records that may be of one report; a person decides."""

    class Resolution(models.TextChoices):
        SAME = "same", "same report"
        LINKED = "linked", "reports of one study"
        DIFFERENT = "different", "unrelated"

    first = models.ForeignKey(Record, models.CASCADE, related_name="+")
    second = models.ForeignKey(Record, models.CASCADE, related_name="+")
    score = models.FloatField(default=0)
    reasons = models.JSONField(default=list)
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True)

    objects = PossibleDuplicateQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(fields=["first", "second"], name="each_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="a_pair_is_ordered"),
        ]
        indexes = [
            models.Index(
                fields=["review", "-score", "id"],
                name="pairs_that_wait",
                condition=Q(resolution=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}: {self.resolution or 'undecided'}"


class FingerprintQuerySet(InReview):
    def sharing(self, blocks):
        """Return fingerprints that name one of these blocks; no two reviews have one in common.

        Asked for a review as well, PostgreSQL would walk through all of its fingerprints.
        """
        return self.filter(blocks__overlap=RawSQL("%s::bigint[]", [list(blocks)]))


class Fingerprint(ReviewRow):
    """The blocks of a record that was compared: what is new looks up the others in them."""

    record = models.OneToOneField(Record, models.CASCADE, related_name="+")
    version = models.CharField(max_length=10, help_text="Of the rules the blocks are made by.")
    blocks = ArrayField(models.BigIntegerField())

    objects = FingerprintQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        # Without a list of pending entries, which every look-up would read from end to end.
        indexes = [GinIndex(fields=["blocks"], name="fingerprints_by_block", fastupdate=False)]

    def __str__(self) -> str:
        return f"blocks of record {self.record_id}"
