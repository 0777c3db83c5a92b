"""Where records came from, and the records as their sources wrote them."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Cast, Coalesce, Left, Lower, Now

from reviews.core.audit import audited
from reviews.core.composite import InReview, ReviewRow, Versioned
from reviews.core.files import StoredFile
from reviews.jobs.models import Job
from reviews.searches.finding import MOST_NAMED, query_for


class SourceQuerySet(InReview):
    def without_search(self, review):
        return self.filter(review=review, searches__isnull=True).order_by("name")


@audited()
class Source(ReviewRow, Versioned):
    """A database, register or other place that was searched, on a platform."""

    class Kind(models.TextChoices):
        DATABASE = "database", "database"
        REGISTER = "register", "register"
        WEBSITE = "website", "website"
        ORGANISATION = "organisation", "organisation"
        CITATION = "citation", "citation searching"
        CONTACT = "contact", "contact with authors"
        OTHER = "other", "other"

    name = models.CharField(max_length=120)
    platform = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.DATABASE)
    by_hand = models.BooleanField(default=False, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                "review",
                Lower("name"),
                Lower("platform"),
                name="a_source_is_named_once_per_review",
                violation_error_message="The review already has this source.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.platform})" if self.platform else self.name

    @property
    def is_database_or_register(self) -> bool:
        return self.kind in {self.Kind.DATABASE, self.Kind.REGISTER}


DATABASES_AND_REGISTERS = (Source.Kind.DATABASE, Source.Kind.REGISTER)


class SearchQuerySet(InReview):
    def for_list(self, review):
        """Return searches with their source and the number of records they brought."""
        brought = Sum(
            "batches__records_read", filter=Q(batches__committed_at__isnull=False), default=0
        )
        return (
            self.filter(review=review)
            .select_related("source", "update_of__source")
            .annotate(imported=brought)
            .order_by("source__by_hand", "source__name", "run_on", "id")
        )


@audited()
class Search(ReviewRow, Versioned):
    """One dated run of a strategy in a source, documented as PRISMA-S asks."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="searches")
    run_on = models.DateField("date of the search")
    strategy = models.JSONField(default=list, blank=True, help_text="[{line, hits}, ...]")
    limits = models.TextField("limits and restrictions", blank=True)
    filters = models.TextField("published filters used", blank=True)
    peer_review = models.TextField("peer review of the strategy", blank=True)
    hits = models.PositiveIntegerField("records reported by the source", null=True, blank=True)
    update_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="updates"
    )
    difference = models.TextField(
        "why hits and records imported differ",
        blank=True,
        db_default="",
        help_text="In the team's own words.",
    )
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SearchQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        ordering = ["run_on", "id"]

    def __str__(self) -> str:
        return f"{self.source}, {self.run_on:%-d %B %Y}"

    @property
    def missing(self) -> list[str]:
        """Return what PRISMA-S asks for and nobody has written down yet."""
        asked = {"records reported by the source": self.hits is not None}
        if self.source.is_database_or_register:
            asked = {
                "strategy": bool(self.strategy),
                "limits": bool(self.limits),
                "filters": bool(self.filters),
                "peer review": bool(self.peer_review),
                **asked,
            }
        else:
            asked = {"how it was searched": bool(self.strategy or self.notes)}
        imported = getattr(self, "imported", 0)  # as annotated by ``for_list``
        if imported and self.hits is not None and self.hits != imported:
            asked["why hits and imports differ"] = bool(self.difference)
        return [] if self.source.by_hand else [name for name, known in asked.items() if not known]


@audited()
class SearchStatement(ReviewRow, Versioned):
    """What the team says of an item of PRISMA-S that the data cannot say, or not alone."""

    item = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["review", "item"], name="one_statement_per_item_of_prisma_s"
            ),
            models.CheckConstraint(
                condition=Q(item__gte=1, item__lte=16), name="prisma_s_has_sixteen_items"
            ),
        ]

    def __str__(self) -> str:
        return f"PRISMA-S {self.item}"


class ImportBatchQuerySet(InReview):
    def committed(self):
        """Return batches whose records are part of the review."""
        return self.filter(committed_at__isnull=False)

    def with_file(self):
        return self.select_related("file", "job", "search__source", "uploaded_by")

    def staged(self):
        """Return batches on their way in, or left behind by a job that ended badly."""
        return self.filter(committed_at__isnull=True, withdrawn_at__isnull=True)

    def abandoned(self):
        """Return staged batches whose job will not finish them."""
        ended = [Job.Status.FAILED, Job.Status.CANCELLED]
        long_ago = Now() - timedelta(hours=1)
        return self.staged().filter(
            Q(job__status__in=ended) | Q(job__isnull=True, created_at__lt=long_ago)
        )


@audited()
class ImportBatch(ReviewRow):
    """One uploaded file of a search's results, kept byte for byte."""

    search = models.ForeignKey(Search, models.PROTECT, related_name="batches")
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=255, blank=True)
    format = models.CharField(max_length=20, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    mapping = models.JSONField(default=dict, blank=True, help_text="Column to field, for CSV.")
    records_read = models.PositiveIntegerField(default=0)
    problem_count = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list, help_text="[{line, reason, text}], the first 1,000.")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    committed_at = models.DateTimeField(null=True, help_text="Null while records are staged.")
    withdrawn_at = models.DateTimeField(null=True, help_text="Failed, cancelled or taken back.")

    objects = ImportBatchQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["search", "file"],
                condition=Q(withdrawn_at__isnull=True),
                name="the_same_file_once_per_search",
                violation_error_message="This file has been imported into this search already.",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name or "added by hand"

    @property
    def state(self) -> str:
        """Return coming, in, failed, cancelled or withdrawn."""
        ended = self.job.status if self.job else ""
        if self.committed_at and not self.withdrawn_at:
            return "in"
        if ended in {Job.Status.FAILED, Job.Status.CANCELLED}:
            return str(ended)
        # A refused file is withdrawn a moment before its job ends: until then it is on its way.
        over = ended in {"", Job.Status.SUCCEEDED}
        return "withdrawn" if self.withdrawn_at and over else "coming"


def is_doi(words: str) -> bool:
    return words.startswith("10.") and "/" in words and " " not in words


def is_pmid(words: str) -> bool:
    return words.isascii() and words.isdigit() and 5 <= len(words) <= 9


class RecordQuerySet(InReview):
    def in_review(self, review):
        """Return the review's records; those still being imported are not there yet."""
        return self.filter(review=review, batch__committed_at__isnull=False)

    def kept(self):
        """Return one record per report: those not merged into another."""
        return self.filter(kept=True)

    def removed_as_duplicates(self):
        """Return the copies of records that are kept elsewhere in their group."""
        return self.filter(kept=False)

    def count_removed(self, review) -> int:
        """Count the duplicates removed, from the small index that holds only these."""
        return self.filter(review=review).removed_as_duplicates().count()

    def identified_from(self, *kinds: str):
        """Return records from sources of these kinds."""
        return self.filter(batch__search__source__kind__in=kinds)

    def identified_otherwise(self):
        """Return records from other methods than databases and registers."""
        return self.exclude(batch__search__source__kind__in=DATABASES_AND_REGISTERS)

    def counted_with_databases(self):
        """Return records that count under databases and registers in the flow diagram.

        A record from elsewhere counts there too, if a copy of it came from a database.
        """
        searched = Q(batch__search__source__kind__in=DATABASES_AND_REGISTERS)
        copies = Record.objects.filter(searched, group=models.OuterRef("group"))
        return self.filter(searched | models.Exists(copies))

    def with_source(self):
        return self.select_related("batch__search__source")

    def for_list(self):
        """Return records as lists show them: without their long texts."""
        return self.with_source().defer("raw", "abstract", "sections", "keywords", "mesh", "search")

    def matching(self, words: str):
        """Return records found by words, by a DOI or by a PubMed number."""
        words = words.strip()
        if is_doi(words):
            return self.annotate(doi_start=Left("doi", 200)).filter(doi_start=words.lower()[:200])
        if is_pmid(words):
            return self.annotate(pmid_start=Left("pmid", 40)).filter(pmid_start=words)
        return self.filter(search=query_for(words))

    def new_with(self, search):
        """Return the records of an update no copy of which came with an earlier search."""
        before = Q(batch__search__run_on__lt=search.run_on) | Q(batch__search=search.update_of_id)
        earlier = Record.objects.in_review(search.review_id).filter(
            before, group=models.OuterRef("group")
        )
        return self.filter(batch__search=search).exclude(models.Exists(earlier))

    def of_years(self, first: int | None, last: int | None):
        """Return records of these years; where there is a bound, none without a year."""
        if first is None and last is None:
            return self
        years = (max(1, first or 1), 9999 if last is None else last)
        return self.with_year().filter(known_year__range=years)

    def with_year(self):
        """Name the year ``known_year``, 0 where there is none, as the index has it."""
        return self.annotate(known_year=KNOWN_YEAR)


KNOWN_YEAR = Coalesce("year", 0, output_field=models.IntegerField())


@audited(inserts=False, exclude=["search"])
class Record(ReviewRow):
    """A title and abstract as indexed in a source, with the text it was read from."""

    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="records", db_index=False)
    position = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    title = models.TextField(blank=True)
    abstract = models.TextField(blank=True)
    sections = models.JSONField(default=list, help_text="[[label, text], ...] where structured.")
    authors = models.JSONField(default=list, help_text='["Jang R", ...]')
    year = models.SmallIntegerField(null=True)
    journal = models.TextField(blank=True)
    volume = models.TextField(blank=True)
    issue = models.TextField(blank=True)
    pages = models.TextField(blank=True)
    doi = models.TextField(blank=True, help_text="Normalised: lower case, without address.")
    pmid = models.TextField(blank=True)
    accessions = models.JSONField(default=dict, help_text="{database: number}")
    issn = models.TextField(blank=True)
    keywords = models.JSONField(default=list)
    mesh = models.JSONField(default=list)
    language = models.TextField(blank=True)
    type = models.TextField(blank=True)
    url = models.TextField(blank=True)
    raw = models.TextField(blank=True)
    line = models.PositiveIntegerField(default=0, help_text="First line in the file.")
    group = models.ForeignKey(
        "reviews.DuplicateGroup", models.SET_NULL, null=True, related_name="records"
    )
    kept = models.BooleanField(default=True)
    # PostgreSQL refuses a tsvector over 1 MB: the ends of huge fields are not searched.
    search = models.GeneratedField(
        expression=SearchVector(Left("title", 10_000), weight="A", config="english")
        + SearchVector(Left("abstract", 200_000), weight="B", config="english")
        # The list as its JSON text, whose marks are no words; by the dictionary of the questions.
        + SearchVector(
            Left(Cast("authors", models.TextField()), 20_000), weight="C", config="english"
        )
        + SearchVector(Left("journal", 1_000), weight="D", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = RecordQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["batch", "position"], name="one_record_per_batch_and_position"
            ),
            models.UniqueConstraint(
                fields=["group"], condition=Q(kept=True), name="one_kept_record_per_group"
            ),
            models.CheckConstraint(
                condition=Q(kept=True) | Q(group__isnull=False),
                name="a_record_without_a_group_is_kept",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="records_by_words"),
            models.Index("review", Left("doi", 200), name="records_by_doi", condition=~Q(doi="")),
            models.Index("review", Left("pmid", 40), name="records_by_pmid", condition=~Q(pmid="")),
            models.Index(fields=["review", "id"], name="records_removed", condition=Q(kept=False)),
            models.Index("review", KNOWN_YEAR.desc(), F("id").desc(), name="records_by_year"),
            models.Index(
                fields=["review", "id"], name="records_without_abstract", condition=Q(abstract="")
            ),
            models.Index(
                fields=["review", "id"],
                name="records_without_identifiers",
                condition=Q(doi="", pmid=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"record {self.pk} without a title"

    @property
    def authors_short(self) -> str:
        names = self.authors
        return "; ".join(names[:MOST_NAMED]) + (" and others" if len(names) > MOST_NAMED else "")

    @property
    def citation(self) -> str:
        """Return first author and year, as a reviewer would call the record."""
        first = self.authors[0].split(",")[0].strip() if self.authors else "No author"
        surname = first.rsplit(" ", 1)[0] if first.rsplit(" ", 1)[-1].isupper() else first
        return f"{surname} {self.year or 'without year'}"
