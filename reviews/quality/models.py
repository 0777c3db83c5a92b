"""Ratings of quality by instruments that are data: QUADAS-2 now, others beside it later."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from reviews.core.audit import audited
from reviews.core.composite import InReview, ReviewRow, Versioned
from reviews.protocol.members import Membership
from reviews.protocol.models import BLIND_WORK, IndexTest
from reviews.studies.models import Agreement, AgreementQuerySet, Study


@audited()
class ReviewInstrument(ReviewRow, Versioned):
    """An instrument as this review uses it: the code's definition, tailored."""

    code = models.CharField(max_length=20, help_text="Such as quadas-2.")
    edition = models.CharField(max_length=20)
    definition = models.JSONField(help_text="Domains, questions, guidance, levels.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["review", "code"], name="an_instrument_is_used_once_per_review"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.edition}"


class RatingQuerySet(InReview):
    def visible_to(self, viewer):
        """Return the ratings this person may read: agreed ones, their own, and others'
        once all that are needed are complete, unless they have begun one of their own.

        This is the only way to other people's answers and judgements.
        """
        rated = all_rated().filter(instrument=models.OuterRef("instrument"))
        begun = Rating.objects.filter(
            study=models.OuterRef("study"),
            instrument=models.OuterRef("instrument"),
            rater=viewer,
            status=Rating.Status.DRAFT,
        )
        open_to_all = Q(models.Exists(rated)) & ~Q(models.Exists(begun))
        return self.filter(Q(agreed=True) | Q(rater=viewer) | open_to_all)

    def in_progress(self):
        """Return the drafts of those who may still finish them."""
        members = Membership.objects.who_can("rate").filter(review=models.OuterRef("review"))
        own = self.filter(agreed=False, status=Rating.Status.DRAFT)
        return own.filter(rater__in=members.values("user"))

    def agreed(self):
        """Return the ratings the team agreed on."""
        return self.filter(agreed=True)

    def independent(self):
        """Return the raters' own ratings that hold a place, whatever they say."""
        return self.filter(agreed=False).exclude(status=Rating.Status.RELEASED)

    def complete(self):
        return self.filter(agreed=False, status=Rating.Status.COMPLETE)

    def holding_places(self):
        """Return the ratings that hold a place: complete, or in progress by today's members."""
        members = Membership.objects.who_can("rate").filter(review=models.OuterRef("review"))
        held = Q(status=Rating.Status.COMPLETE) | Q(rater__in=members.values("user"))
        return self.independent().filter(held)

    def studies_begun_blind(self, review):
        """Return the names of studies where fewer raters would open a rating too early."""
        ratings = self.in_review(review)
        hidden = ratings.holding_places().filter(
            ~models.Exists(all_rated().filter(instrument=models.OuterRef("instrument"))),
            ~models.Exists(
                ratings.agreed().filter(
                    study=models.OuterRef("study"), instrument=models.OuterRef("instrument")
                )
            ),
        )
        begun = hidden.values("study", "instrument").annotate(
            taken=models.Count("id"),
            complete=models.Count("id", filter=Q(status=Rating.Status.COMPLETE)),
        )
        begun = begun.filter(Q(taken__gt=1) | Q(complete__gt=0)).order_by("study__label")
        return begun.values_list("study__label", flat=True)


BLIND_WORK["raters"] = lambda review: Rating.objects.studies_begun_blind(review)


def all_rated():
    """Return the complete ratings of an outer row's study, by instrument, where all are in."""
    rating = Rating.objects.in_progress().filter(
        study=models.OuterRef("study"), instrument=models.OuterRef("instrument")
    )
    return (
        Rating.objects.filter(~models.Exists(rating), agreed=False, status="complete")
        .values("study", "instrument")
        .annotate(complete=models.Count("id"), needed=models.Max("review__raters"))
        .filter(complete__gte=models.F("needed"), study=models.OuterRef("study"))
    )


AgreementQuerySet.opened[Agreement.Kind.RATING] = lambda: Q(
    models.Exists(all_rated().filter(instrument__code=models.OuterRef("instrument")))
)


@audited()
class Rating(ReviewRow, Versioned):
    """One rater's judgement of a study with an instrument, or the agreed one."""

    class Status(models.TextChoices):
        DRAFT = "draft", "in progress"
        COMPLETE = "complete", "complete"
        RELEASED = "released", "left to somebody else"

    instrument = models.ForeignKey(ReviewInstrument, models.PROTECT, related_name="ratings")
    study = models.ForeignKey(Study, models.PROTECT, related_name="ratings")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    agreed = models.BooleanField(default=False)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    created_at = models.DateTimeField(db_default=Now())
    completed_at = models.DateTimeField(null=True)

    objects = RatingQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["study", "instrument", "rater"],
                condition=Q(agreed=False),
                name="one_rating_per_study_instrument_and_rater",
            ),
            models.UniqueConstraint(
                fields=["study", "instrument"],
                condition=Q(agreed=True),
                name="one_agreed_rating_per_study_and_instrument",
            ),
            models.CheckConstraint(
                condition=Q(agreed=True, rater__isnull=True) | Q(agreed=False, rater__isnull=False),
                name="a_rating_has_a_rater_and_the_agreed_one_has_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{'agreed' if self.agreed else 'single'} rating of study {self.study_id}"


class OfVisibleRating(InReview):
    def visible_to(self, viewer):
        return self.filter(rating__in=Rating.objects.visible_to(viewer).values("pk"))


@audited()
class Answer(ReviewRow):
    """The answer to one signalling question."""

    rating = models.ForeignKey(Rating, models.CASCADE, related_name="answers")
    item = models.CharField(max_length=20, help_text="The question's number.")
    index_test = models.ForeignKey(IndexTest, models.PROTECT, null=True, related_name="+")
    value = models.CharField(max_length=10)
    note = models.TextField(blank=True)

    objects = OfVisibleRating.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["rating", "item", "index_test"],
                nulls_distinct=False,
                name="one_answer_per_rating_and_question",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.value}"


@audited()
class Judgement(ReviewRow):
    """Risk of bias, or concern about applicability, in one domain."""

    class Kind(models.TextChoices):
        BIAS = "bias", "risk of bias"
        APPLICABILITY = "applicability", "concern about applicability"

    class Level(models.TextChoices):
        LOW = "low", "low"
        UNCLEAR = "unclear", "unclear"
        HIGH = "high", "high"

    rating = models.ForeignKey(Rating, models.CASCADE, related_name="judgements")
    domain = models.CharField(max_length=30)
    kind = models.CharField(max_length=14, choices=Kind)
    index_test = models.ForeignKey(IndexTest, models.PROTECT, null=True, related_name="+")
    level = models.CharField(max_length=10, choices=Level)
    rationale = models.TextField(blank=True)

    objects = OfVisibleRating.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["rating", "domain", "kind", "index_test"],
                nulls_distinct=False,
                name="one_judgement_per_rating_domain_and_kind",
            ),
            models.CheckConstraint(
                condition=~Q(domain="flow_and_timing", kind="applicability"),
                name="no_applicability_where_the_instrument_has_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain}, {self.kind}: {self.level}"
