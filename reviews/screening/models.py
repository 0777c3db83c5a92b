"""Items under screening, the slots reviewers take, and their decisions."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from reviews.core.audit import audited
from reviews.core.composite import InReview, ReviewRow
from reviews.protocol.models import ExclusionReason, Label
from reviews.screening.promises import FAIR_SETTLEMENT, ONLY_KEPT_RECORDS
from reviews.searches.models import Record

USER = settings.AUTH_USER_MODEL


class Stage(models.TextChoices):
    TITLE_ABSTRACT = "title_abstract", "Title and abstract"
    FULL_TEXT = "full_text", "Full text"


class Verdict(models.TextChoices):
    INCLUDE = "include", "include"
    MAYBE = "maybe", "maybe"
    EXCLUDE = "exclude", "exclude"


class ScreeningItemQuerySet(InReview):
    def settled(self):
        """Return items whose outcome shows: nothing about them can be undone any more."""
        return self.filter(settled_at__isnull=False)


@audited(exclude=["rank"])
class ScreeningItem(ReviewRow):
    """A kept record at a stage, awaiting or having its outcome."""

    class Outcome(models.TextChoices):
        PENDING = "pending", "pending"
        CONFLICT = "conflict", "conflict"
        INCLUDED = "included", "included"
        EXCLUDED = "excluded", "excluded"
        AUTOMATION = "automation", "excluded by automation"

    record = models.ForeignKey(Record, models.CASCADE, related_name="items", db_index=False)
    stage = models.CharField(max_length=14, choices=Stage)
    needed = models.PositiveSmallIntegerField(help_text="Decisions needed.")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.PENDING)
    reason = models.ForeignKey(ExclusionReason, models.PROTECT, null=True, related_name="+")
    settles_at = models.DateTimeField(null=True, help_text="When no decision can be undone.")
    settled_at = models.DateTimeField(null=True)
    rank = models.FloatField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    came_from = models.ForeignKey(
        Record,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="The record it was decided on, where a merge of duplicates moved it.",
    )
    moved_at = models.DateTimeField(null=True)

    objects = ScreeningItemQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["record", "stage"], name="one_item_per_record_and_stage"
            ),
            models.CheckConstraint(
                condition=Q(outcome="pending", settled_at__isnull=True)
                | (~Q(outcome="pending") & Q(settled_at__isnull=False)),
                name="an_outcome_shows_when_it_is_settled",
            ),
            models.CheckConstraint(
                condition=Q(reason__isnull=True) | Q(outcome="excluded"),
                name="only_an_exclusion_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(stage="full_text", outcome="excluded") | Q(reason__isnull=False),
                name="a_report_is_excluded_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["review", "stage", "outcome", "id"], name="items_by_outcome"),
            models.Index(
                fields=["settles_at"],
                name="items_about_to_settle",
                condition=Q(settles_at__isnull=False, settled_at__isnull=True),
            ),
        ]
        triggers = ONLY_KEPT_RECORDS

    def __str__(self) -> str:
        return f"{self.record_id} at {self.stage}: {self.outcome}"


class Slot(ReviewRow):
    """One of the decisions an item needs: free, lent to a reviewer, or decided."""

    item = models.ForeignKey(ScreeningItem, models.CASCADE, related_name="slots", db_index=False)
    stage = models.CharField(max_length=14, choices=Stage)
    number = models.PositiveSmallIntegerField()
    rank = models.FloatField(default=0)
    reviewer = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    until = models.DateTimeField(null=True)
    decided = models.BooleanField(default=False)

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(fields=["item", "number"], name="one_slot_per_item_and_number"),
            models.UniqueConstraint(
                fields=["item", "reviewer"], name="one_slot_per_item_and_reviewer"
            ),
            models.CheckConstraint(
                condition=Q(decided=False) | Q(reviewer__isnull=False),
                name="a_decided_slot_has_its_reviewer",
            ),
        ]
        indexes = [
            models.Index(
                fields=["review", "stage", "rank", "item", "number"],
                name="slots_that_wait",
                condition=Q(decided=False),
            ),
            models.Index(
                fields=["reviewer", "item"],
                name="slots_of_a_reviewer",
                condition=Q(reviewer__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"slot {self.number} of item {self.item_id}"


class Skip(ReviewRow):
    """A reviewer put an item off: it comes again when nothing else is left for them."""

    item = models.ForeignKey(ScreeningItem, models.CASCADE, related_name="+", db_index=False)
    reviewer = models.ForeignKey(USER, models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["reviewer", "item"], name="an_item_is_put_off_once_per_reviewer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} put off item {self.item_id}"


class DecisionQuerySet(InReview):
    def visible_to(self, viewer):
        """Return the decisions this person may read: their own, and those on settled items.

        This is the only way to other people's verdicts, reasons and times.
        """
        return self.filter(Q(reviewer=viewer) | Q(item__settled_at__isnull=False))

    def current(self):
        """Return each reviewer's latest decision on each item; withdrawn ones are none."""
        return self.filter(
            revision=models.Subquery(
                Decision.objects.filter(
                    item=models.OuterRef("item"), reviewer=models.OuterRef("reviewer")
                )
                .order_by("-revision")
                .values("revision")[:1]
            )
        ).exclude(verdict=Decision.WITHDRAWN)


@audited()
class Decision(ReviewRow):
    """One reviewer's verdict on one item; a changed mind is a new revision."""

    WITHDRAWN = "withdrawn"

    item = models.ForeignKey(
        ScreeningItem, models.PROTECT, related_name="decisions", db_index=False
    )
    stage = models.CharField(max_length=14, choices=Stage)
    reviewer = models.ForeignKey(USER, models.PROTECT, related_name="+")
    revision = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=10, choices=[*Verdict.choices, (WITHDRAWN, "withdrawn")])
    reason = models.ForeignKey(ExclusionReason, models.PROTECT, null=True, related_name="+")
    seconds = models.PositiveIntegerField(null=True, help_text="Time spent, as the page saw it.")
    idempotency_key = models.UUIDField(default=uuid.uuid4)
    created_at = models.DateTimeField(db_default=Now())

    objects = DecisionQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["item", "reviewer", "revision"],
                name="one_decision_per_item_reviewer_and_revision",
            ),
            models.UniqueConstraint(
                fields=["reviewer", "idempotency_key"], name="a_decision_is_taken_once"
            ),
            models.CheckConstraint(
                condition=~Q(stage="full_text", verdict="exclude") | Q(reason__isnull=False),
                name="a_full_text_exclusion_has_a_reason",
                violation_error_message="Excluding a report at full text needs a reason.",
            ),
            models.CheckConstraint(
                condition=~Q(stage="full_text", verdict="maybe"),
                name="no_maybe_at_full_text",
                violation_error_message="At full text a report is included or excluded.",
            ),
            models.CheckConstraint(
                condition=Q(reason__isnull=True) | Q(verdict="exclude"),
                name="only_an_exclusion_gives_a_reason",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="decisions_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} on {self.item_id}: {self.verdict}"


@audited()
class Settlement(ReviewRow):
    """How a conflict ended: by an adjudicator who took no part, or by the deciders' consensus."""

    class How(models.TextChoices):
        ADJUDICATION = "adjudication", "adjudication"
        CONSENSUS = "consensus", "consensus"

    item = models.ForeignKey(ScreeningItem, models.PROTECT, related_name="settlements")
    how = models.CharField(max_length=12, choices=How)
    verdict = models.CharField(
        max_length=10, choices=[(Verdict.INCLUDE, "include"), (Verdict.EXCLUDE, "exclude")]
    )
    reason = models.ForeignKey(ExclusionReason, models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    in_force_at = models.DateTimeField(null=True, help_text="Null while a consensus is proposed.")
    revoked_at = models.DateTimeField(null=True, help_text="Refused, replaced or reopened.")

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(revoked_at__isnull=True),
                name="one_settlement_stands_per_item",
                violation_error_message="A settlement of this conflict has been proposed already.",
            ),
            models.CheckConstraint(
                condition=~Q(how="adjudication") | Q(in_force_at__isnull=False),
                name="an_adjudication_holds_at_once",
            ),
        ]
        triggers = FAIR_SETTLEMENT

    def __str__(self) -> str:
        return f"{self.how} of item {self.item_id}: {self.verdict}"


@audited()
class Confirmation(ReviewRow):
    """A decider's agreement to a proposed consensus."""

    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="confirmations")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["settlement", "by"], name="a_decider_confirms_a_settlement_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by_id} confirms {self.settlement_id}"


@audited()
class Reopening(ReviewRow):
    """A lead sent a settled item back to its reviewers, and said why."""

    item = models.ForeignKey(ScreeningItem, models.PROTECT, related_name="reopenings")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    reason = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"item {self.item_id} reopened"


class OwnOrSettledQuerySet(InReview):
    def visible_to(self, viewer):
        """Return what this person wrote, and what others wrote on settled items."""
        return self.filter(Q(author=viewer) | Q(item__settled_at__isnull=False))


@audited()
class Note(ReviewRow):
    """What a reviewer noted on an item; hidden from others as the decision is."""

    # What people wrote is not deleted with an import that is taken back: the import stays.
    item = models.ForeignKey(ScreeningItem, models.PROTECT, related_name="notes")
    author = models.ForeignKey(USER, models.PROTECT, related_name="+")
    text = models.TextField(max_length=5_000)
    created_at = models.DateTimeField(db_default=Now())

    objects = OwnOrSettledQuerySet.as_manager()

    def __str__(self) -> str:
        return self.text[:50]


@audited()
class LabelUse(ReviewRow):
    """A label a reviewer put on an item; hidden from others as the decision is."""

    item = models.ForeignKey(ScreeningItem, models.PROTECT, related_name="labels")
    label = models.ForeignKey(Label, models.PROTECT, related_name="+")
    author = models.ForeignKey(USER, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = OwnOrSettledQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["item", "label", "author"], name="a_label_is_put_once_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label_id} on {self.item_id}"
