"""The review: its question, its rules, and the lists every stage chooses from."""

from collections.abc import Callable
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from reviews.core.audit import audited
from reviews.core.composite import InReview, ReviewRow, Versioned

HOW_MANY = [MinValueValidator(1), MaxValueValidator(3)]
ONE_OR_TWO = [MinValueValidator(1), MaxValueValidator(2)]


# Names of studies on which independent work has begun that is not yet open to all, by the rule that
# says how many people it takes. The stages above put theirs in, beside the blinding itself.
BLIND_WORK: dict[str, Callable[["Review"], models.QuerySet]] = {}


class ReviewQuerySet(models.QuerySet):
    def of_member(self, user):
        """Return the reviews this person is a member of today."""
        return self.filter(memberships__user=user, memberships__until__isnull=True)


@audited()
class Review(Versioned):
    """A systematic review of diagnostic test accuracy, with its question and rules."""

    class TestRole(models.TextChoices):
        UNSTATED = "", "not stated"
        TRIAGE = "triage", "triage"
        REPLACEMENT = "replacement", "replacement"
        ADD_ON = "add-on", "add-on"

    title = models.CharField(max_length=300)
    question = models.TextField(blank=True, help_text="In a sentence or two.")
    population = models.TextField(blank=True, help_text="In whom, presenting how, in what setting.")
    role_of_test = models.CharField(max_length=12, choices=TestRole, blank=True)
    registration = models.CharField(max_length=120, blank=True, help_text="Such as PROSPERO.")
    notice = models.TextField(blank=True, help_text="Shown on every page of the review.")
    reviewers_title_abstract = models.PositiveSmallIntegerField(default=2, validators=HOW_MANY)
    reviewers_full_text = models.PositiveSmallIntegerField(default=2, validators=HOW_MANY)
    extractors = models.PositiveSmallIntegerField(default=2, validators=ONE_OR_TWO)
    raters = models.PositiveSmallIntegerField(default=2, validators=ONE_OR_TWO)
    undo_seconds = models.PositiveSmallIntegerField(
        default=60,
        validators=[MaxValueValidator(600)],
        help_text="How long a decision can be undone.",
    )
    target_recall = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.95"))
    recall_confidence = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.95"))
    is_demo = models.BooleanField(default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewers_title_abstract__range=(1, 3))
                & Q(reviewers_full_text__range=(1, 3)),
                name="one_to_three_reviewers_screen",
            ),
            models.CheckConstraint(
                condition=Q(extractors__range=(1, 2)) & Q(raters__range=(1, 2)),
                name="one_or_two_extract_and_rate",
            ),
            models.CheckConstraint(
                condition=Q(undo_seconds__lte=600), name="undo_lasts_ten_minutes_at_most"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ListRow(ReviewRow, Versioned):
    """An entry of one of the protocol's lists: retired, never deleted, once it is used."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["position", "id"]
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                "review",
                Lower("name"),
                name="%(class)s_names_are_unique_in_a_review",
                violation_error_message="The review already has one of this name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@audited()
class IndexTest(ListRow):
    """A test whose accuracy is reviewed; its modality groups tests, such as X-ray."""

    modality = models.CharField(max_length=60, blank=True)


@audited()
class TargetCondition(ListRow):
    """The disease or state the index test is to find."""


@audited()
class ReferenceStandard(ListRow):
    """How the target condition was verified."""


@audited()
class Criterion(ListRow):
    """An eligibility criterion: what a study must have, or must not have."""

    class Kind(models.TextChoices):
        INCLUDE = "include", "include if"
        EXCLUDE = "exclude", "exclude if"

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.INCLUDE)


@audited()
class ExclusionReason(ListRow):
    """A reason for exclusion, the same for the whole team; the order is the protocol's."""

    at_title_abstract = models.BooleanField(default=True)
    at_full_text = models.BooleanField(default=True)

    class Meta(ListRow.Meta):
        constraints = [
            *ListRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(at_title_abstract=True) | Q(at_full_text=True),
                name="a_reason_is_for_one_stage_at_least",
                violation_error_message="Say at which stage this reason can be given.",
            ),
        ]


@audited()
class HighlightTerm(ListRow):
    """A word or phrase marked in titles and abstracts; an asterisk stands for any ending."""

    class Kind(models.TextChoices):
        INCLUDE = "include", "speaks for inclusion"
        EXCLUDE = "exclude", "speaks for exclusion"

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.INCLUDE)


@audited()
class Label(ListRow):
    """A label reviewers may put on records."""


__all__ = [
    "Criterion",
    "ExclusionReason",
    "HighlightTerm",
    "InReview",
    "IndexTest",
    "Label",
    "ListRow",
    "ReferenceStandard",
    "Review",
    "TargetCondition",
]
