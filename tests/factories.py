"""Rows for tests; related rows are of one review."""

import hashlib

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from reviews import models


class UserFactory(DjangoModelFactory):
    class Meta:
        model = models.User
        skip_postgeneration_save = True

    email = factory.Sequence("person{}@example.org".format)
    name = factory.Sequence("Person {}".format)
    password = factory.django.Password("correct horse battery staple")


class ReviewFactory(DjangoModelFactory):
    """A review with a lead."""

    class Meta:
        model = models.Review
        skip_postgeneration_save = True

    title = factory.Sequence("Review {}".format)
    created_by = factory.SubFactory(UserFactory, name="Lead")

    @factory.post_generation
    def lead(self, create, extracted, **_kwargs):
        if create and extracted is not False:
            models.Membership.objects.create(review=self, user=self.created_by, roles=["lead"])


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = models.Membership

    review = factory.SubFactory(ReviewFactory)
    user = factory.SubFactory(UserFactory)
    roles = factory.LazyFunction(lambda: ["reviewer"])


class InReviewFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    review = factory.SubFactory(ReviewFactory)


def same_review(factory_class, **values):
    return factory.SubFactory(factory_class, review=factory.SelfAttribute("..review"), **values)


class IndexTestFactory(InReviewFactory):
    class Meta:
        model = models.IndexTest

    name = factory.Sequence("Index test {}".format)
    modality = "X-ray"


class TargetConditionFactory(InReviewFactory):
    class Meta:
        model = models.TargetCondition

    name = factory.Sequence("Condition {}".format)


class ReferenceStandardFactory(InReviewFactory):
    class Meta:
        model = models.ReferenceStandard

    name = factory.Sequence("Reference standard {}".format)


class ExclusionReasonFactory(InReviewFactory):
    class Meta:
        model = models.ExclusionReason

    name = factory.Sequence("Reason {}".format)
    position = factory.Sequence(int)


class SourceFactory(InReviewFactory):
    class Meta:
        model = models.Source

    name = factory.Sequence("Database {}".format)


class SearchFactory(InReviewFactory):
    class Meta:
        model = models.Search

    source = same_review(SourceFactory)
    run_on = factory.LazyFunction(lambda: timezone.now().date())


class StoredFileFactory(DjangoModelFactory):
    class Meta:
        model = models.StoredFile

    sha256 = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    size = 1
    media_type = "text/plain"


class ImportBatchFactory(InReviewFactory):
    """A batch whose records are there."""

    class Meta:
        model = models.ImportBatch

    search = same_review(SearchFactory)
    uploaded_by = factory.SelfAttribute("review.created_by")
    committed_at = factory.LazyFunction(timezone.now)
    file_name = "export.ris"


class RecordFactory(InReviewFactory):
    class Meta:
        model = models.Record

    batch = same_review(ImportBatchFactory)
    position = factory.Sequence(lambda n: n + 1)
    title = factory.Sequence("Title {}".format)
    abstract = "An abstract."
    authors = factory.LazyFunction(lambda: ["Jang R", "Choi JH"])
    year = 2021


class ScreeningItemFactory(InReviewFactory):
    """An item with its free slots."""

    class Meta:
        model = models.ScreeningItem
        skip_postgeneration_save = True

    record = same_review(RecordFactory)
    stage = "title_abstract"
    needed = 2

    @factory.post_generation
    def slots(self, create, extracted, **_kwargs):
        if create:
            for number in range(1, self.needed + 1):
                models.Slot.objects.create(
                    review=self.review, item=self, stage=self.stage, number=number, rank=self.rank
                )


class ReportFactory(InReviewFactory):
    class Meta:
        model = models.Report

    record = same_review(RecordFactory)


class StudyFactory(InReviewFactory):
    class Meta:
        model = models.Study

    label = factory.Sequence("Study {}".format)


class ExtractionFactory(InReviewFactory):
    """A final extraction; give an extractor and final=False for a draft."""

    class Meta:
        model = models.Extraction

    study = same_review(StudyFactory)
    final = True
    status = "complete"


class CohortFactory(InReviewFactory):
    class Meta:
        model = models.Cohort

    extraction = same_review(ExtractionFactory)
    name = factory.Sequence("Cohort {}".format)


class TwoByTwoFactory(InReviewFactory):
    class Meta:
        model = models.TwoByTwo

    cohort = same_review(CohortFactory)
    index_test = same_review(IndexTestFactory)
    target_condition = same_review(TargetConditionFactory)
    reference_standard = same_review(ReferenceStandardFactory)
    tp, fp, fn, tn = 20, 5, 4, 71
