"""Views that only read: what a member may see of each stage."""

from django.db.models import QuerySet
from rest_framework import mixins

from reviews import models
from reviews.api import serializers
from reviews.api.base import InReview, Named, filters
from reviews.protocol.members import ApiToken


class MyReviews(mixins.ListModelMixin, Named):
    """The reviews you are a member of; a token sees its own review alone."""

    no_review = True
    serializer_class = serializers.Review

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return models.Review.objects.none()
        reviews = models.Review.objects.of_member(self.request.user)
        if isinstance(self.request.auth, ApiToken):
            reviews = reviews.filter(pk=self.request.auth.review_id)
        return reviews


class OneReview(mixins.RetrieveModelMixin, Named):
    """A review: its question and rules."""

    capability = "view"
    serializer_class = serializers.Review
    queryset = models.Review.objects.all()

    def get_object(self) -> models.Review:
        return self.review


class IndexTests(InReview):
    model, serializer_class = models.IndexTest, serializers.IndexTest


class TargetConditions(InReview):
    model, serializer_class = models.TargetCondition, serializers.TargetCondition


class ReferenceStandards(InReview):
    model, serializer_class = models.ReferenceStandard, serializers.ReferenceStandard


class Criteria(InReview):
    model, serializer_class = models.Criterion, serializers.Criterion


class ExclusionReasons(InReview):
    model, serializer_class = models.ExclusionReason, serializers.ExclusionReason


class Sources(InReview):
    model, serializer_class = models.Source, serializers.Source


class Searches(InReview):
    model, serializer_class = models.Search, serializers.Search
    filterset_class = filters(models.Search, "source")


class Batches(InReview):
    model, serializer_class = models.ImportBatch, serializers.ImportBatch
    filterset_class = filters(models.ImportBatch, "search")


class Records(InReview):
    """Records as their sources wrote them; ``kept`` says which stands for a duplicate group."""

    model, serializer_class = models.Record, serializers.Record
    filterset_class = filters(models.Record, "batch", "group", "year", texts=("doi", "pmid"))

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().defer("raw", "search", "sections")


class DuplicateGroups(InReview):
    model, serializer_class = models.DuplicateGroup, serializers.DuplicateGroup


class Decisions(InReview):
    """Your decisions, and those of others on settled items."""

    model, serializer_class = models.Decision, serializers.Decision
    filterset_class = filters(models.Decision, "item", "reviewer", texts=("stage",))


class Reports(InReview):
    model, serializer_class = models.Report, serializers.Report
    filterset_class = filters(models.Report, "record", texts=("retrieval",))


class Studies(InReview):
    model, serializer_class = models.Study, serializers.Study


class StudyReports(InReview):
    model, serializer_class = models.StudyReport, serializers.StudyReport
    filterset_class = filters(models.StudyReport, "study", "report")


class Extractions(InReview):
    """Agreed extractions, your drafts, and those of others once all are complete."""

    model, serializer_class = models.Extraction, serializers.Extraction
    filterset_class = filters(models.Extraction, "study")


class Cohorts(InReview):
    model, serializer_class = models.Cohort, serializers.Cohort
    filterset_class = filters(models.Cohort, "extraction")


class Ratings(InReview):
    """Agreed ratings, your own, and those of others once all are complete."""

    model, serializer_class = models.Rating, serializers.Rating
    filterset_class = filters(models.Rating, "study", "instrument")


class Judgements(InReview):
    model, serializer_class = models.Judgement, serializers.Judgement
    filterset_class = filters(models.Judgement, "rating", texts=("domain", "kind"))


class Answers(InReview):
    model, serializer_class = models.Answer, serializers.Answer
    filterset_class = filters(models.Answer, "rating")


class Plans(InReview):
    model, serializer_class = models.Plan, serializers.Plan


class Jobs(InReview):
    model, serializer_class = models.Job, serializers.Job
    filterset_class = filters(models.Job, texts=("status", "kind"))
