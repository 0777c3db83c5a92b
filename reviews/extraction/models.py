"""What extractors read out of reports: cohorts, 2x2 tables, and where each value stands."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from reviews.core.audit import audited
from reviews.core.composite import InReview, ReviewRow, Versioned
from reviews.fulltext.models import Report, ReportFile
from reviews.protocol.models import BLIND_WORK, IndexTest, ReferenceStandard, TargetCondition
from reviews.studies.models import Agreement, AgreementQuerySet, Study

MOST = 1_000_000_000
CELLS = ("tp", "fp", "fn", "tn")
COUNT = {"validators": [MaxValueValidator(MOST)]}


class ExtractionQuerySet(InReview):
    def visible_to(self, viewer):
        """Return the extractions this person may read: final ones, their own drafts,
        and others' drafts once all that are needed are complete.

        This is the only way to other people's drafts.
        """
        return self.filter(Q(final=True) | Q(extractor=viewer) | Q(study__in=self.studies_open()))

    def studies_open(self):
        """Return studies whose drafts are all in: enough complete ones, none still open."""
        drafts = Extraction.objects.filter(final=False, withdrawn_at__isnull=True)
        return (
            drafts.values("study")
            .annotate(
                complete=models.Count("id", filter=Q(status="complete")),
                open=models.Count("id", filter=Q(status="draft")),
                needed=models.Max("review__extractors"),
            )
            .filter(complete__gte=models.F("needed"), open=0)
            .values("study")
        )

    def studies_begun_blind(self, review):
        """Return the names of studies where fewer extractors would open a draft too early."""
        drafts = self.in_review(review).filter(final=False, withdrawn_at__isnull=True)
        begun = drafts.values("study").annotate(
            taken=models.Count("id"), complete=models.Count("id", filter=Q(status="complete"))
        )
        begun = begun.filter(Q(taken__gt=1) | Q(complete__gt=0)).values("study")
        agreed = self.in_review(review).filter(final=True).values("study")
        studies = Study.objects.in_review(review).filter(pk__in=begun)
        hidden = studies.exclude(pk__in=self.studies_open()).exclude(pk__in=agreed)
        return hidden.values_list("label", flat=True)


BLIND_WORK["extractors"] = lambda review: Extraction.objects.studies_begun_blind(review)
AgreementQuerySet.opened[Agreement.Kind.EXTRACTION] = lambda: Q(
    study__in=Extraction.objects.studies_open()
)


@audited()
class Extraction(ReviewRow, Versioned):
    """One extractor's reading of a study, or the agreed final one."""

    class Status(models.TextChoices):
        DRAFT = "draft", "in progress"
        COMPLETE = "complete", "complete"

    study = models.ForeignKey(Study, models.PROTECT, related_name="extractions")
    extractor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    final = models.BooleanField(default=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    characteristics = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    completed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = ExtractionQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["study", "extractor"],
                condition=Q(final=False),
                name="one_draft_per_study_and_extractor",
            ),
            models.UniqueConstraint(
                fields=["study"], condition=Q(final=True), name="one_final_extraction_per_study"
            ),
            models.CheckConstraint(
                condition=Q(final=True, extractor__isnull=True)
                | Q(final=False, extractor__isnull=False),
                name="a_draft_has_an_extractor_and_the_final_has_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{'final' if self.final else 'draft'} extraction of study {self.study_id}"


class OfVisibleExtraction(InReview):
    """Rows below an extraction, blinded as the extraction is."""

    path = "extraction"

    def visible_to(self, viewer):
        return self.filter(
            **{f"{self.path}__in": Extraction.objects.visible_to(viewer).values("pk")}
        )


@audited()
class Cohort(ReviewRow, Versioned):
    """A set of participants on which tests were evaluated."""

    class Role(models.TextChoices):
        DEVELOPMENT = "development", "development (apparent performance)"
        INTERNAL = "internal", "internal validation"
        TEMPORAL = "temporal", "temporal validation"
        EXTERNAL = "external", "external validation"
        SINGLE = "single", "single sample, no model built"

    class Unit(models.TextChoices):
        PATIENT = "patient", "patient"
        IMAGE = "image", "image"
        LESION = "lesion", "lesion"
        HIP = "hip", "hip"
        OTHER = "other", "other"

    extraction = models.ForeignKey(Extraction, models.CASCADE, related_name="cohorts")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=12, choices=Role, default=Role.SINGLE)
    unit = models.CharField("unit of analysis", max_length=8, choices=Unit, default=Unit.PATIENT)
    participants = models.PositiveIntegerField(null=True, blank=True, **COUNT)
    units = models.PositiveIntegerField("units analysed", null=True, blank=True, **COUNT)
    with_condition = models.PositiveIntegerField(null=True, blank=True, **COUNT)
    country = models.CharField(max_length=80, blank=True)
    setting = models.CharField(max_length=200, blank=True)
    overlaps_with = models.TextField(
        blank=True, help_text="Other cohorts or studies that share participants."
    )
    characteristics = models.JSONField(default=dict, blank=True)

    objects = OfVisibleExtraction.as_manager()

    class Meta(ReviewRow.Meta):
        ordering = ["id"]
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                "extraction",
                Lower("name"),
                name="cohort_names_are_unique_in_an_extraction",
                violation_error_message="The study already has a cohort of this name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TwoByTwoQuerySet(InReview):
    def visible_to(self, viewer):
        return self.filter(
            cohort__extraction__in=Extraction.objects.visible_to(viewer).values("pk")
        )

    def final(self):
        """Return the tables that count: those of agreed extractions."""
        return self.filter(cohort__extraction__final=True)

    def with_context(self):
        return self.select_related(
            "cohort__extraction__study", "index_test", "target_condition", "reference_standard"
        )


@audited()
class TwoByTwo(ReviewRow, Versioned):
    """One accuracy estimate: participants cross-classified by index test and reference."""

    class Obtained(models.TextChoices):
        REPORTED = "reported", "reported as a table"
        DERIVED = "derived", "derived from reported numbers"
        SOLVED = "solved", "solved from rounded values"

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="tables")
    index_test = models.ForeignKey(IndexTest, models.PROTECT, related_name="+")
    target_condition = models.ForeignKey(TargetCondition, models.PROTECT, related_name="+")
    reference_standard = models.ForeignKey(ReferenceStandard, models.PROTECT, related_name="+")
    threshold = models.CharField(max_length=120, blank=True, help_text="As the report states it.")
    threshold_value = models.DecimalField(
        max_digits=16, decimal_places=6, null=True, blank=True, help_text="As a number."
    )
    reader = models.CharField(max_length=120, blank=True)
    tp = models.PositiveIntegerField("true positives", **COUNT)
    fp = models.PositiveIntegerField("false positives", **COUNT)
    fn = models.PositiveIntegerField("false negatives", **COUNT)
    tn = models.PositiveIntegerField("true negatives", **COUNT)
    indeterminate = models.PositiveIntegerField(null=True, blank=True, **COUNT)
    obtained = models.CharField(max_length=10, choices=Obtained, default=Obtained.REPORTED)
    solver = models.JSONField(default=dict, blank=True, help_text="Input and number of solutions.")
    reported = models.JSONField(
        default=dict, blank=True, help_text='As printed: {"sensitivity": "91.1%", ...}.'
    )
    preferred = models.BooleanField(
        default=False, help_text="The table of its cohort that analyses use first."
    )
    dismissed = models.JSONField(default=dict, blank=True, help_text="{warning: reason}")
    characteristics = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True)

    objects = TwoByTwoQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        verbose_name = "2x2 table"
        ordering = ["cohort", "id"]
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=[
                    "cohort",
                    "index_test",
                    "target_condition",
                    "reference_standard",
                    "threshold",
                    "reader",
                ],
                name="one_table_per_cohort_test_condition_standard_threshold_reader",
                violation_error_message="The cohort already has a table for this test,"
                " condition, reference standard, threshold and reader.",
            ),
            models.CheckConstraint(
                condition=Q(tp__gt=0) | Q(fp__gt=0) | Q(fn__gt=0) | Q(tn__gt=0),
                name="a_table_has_participants",
                violation_error_message="A 2x2 table needs at least one participant.",
            ),
            models.CheckConstraint(
                condition=Q(tp__lte=MOST, fp__lte=MOST, fn__lte=MOST, tn__lte=MOST),
                name="counts_are_at_most_a_billion",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tp}/{self.fp}/{self.fn}/{self.tn}"

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return self.tp, self.fp, self.fn, self.tn


@audited()
class Pin(ReviewRow):
    """Where a value was read: report, page, quote, position on the page."""

    extraction = models.ForeignKey(Extraction, models.CASCADE, related_name="pins")
    cohort = models.ForeignKey(Cohort, models.CASCADE, null=True, related_name="pins")
    table = models.ForeignKey(TwoByTwo, models.CASCADE, null=True, related_name="pins")
    field = models.CharField(max_length=60)
    report = models.ForeignKey(Report, models.PROTECT, null=True, related_name="+")
    file = models.ForeignKey(ReportFile, models.PROTECT, null=True, related_name="+")
    page = models.PositiveSmallIntegerField(null=True)
    quote = models.TextField(max_length=2_000, blank=True)
    rectangles = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfVisibleExtraction.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["extraction", "cohort", "table", "field"],
                nulls_distinct=False,
                name="one_pin_per_value",
            ),
            models.CheckConstraint(
                condition=Q(page__isnull=False) | ~Q(quote=""),
                name="a_pin_names_a_page_or_a_quote",
                violation_error_message="Give the page or the words.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: page {self.page}"

    @property
    def words(self) -> str:
        """The pinned field as people call it: TP, With condition."""
        words = self.field.replace("_", " ")
        return words.upper() if self.field in CELLS else words.capitalize()

    @property
    def value(self) -> object:
        """What the pinned field holds now."""
        row = self.table or self.cohort
        shown = getattr(row, f"get_{self.field}_display", None)
        return shown() if shown else getattr(row, self.field, "")
