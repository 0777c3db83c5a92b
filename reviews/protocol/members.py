"""Who belongs to a review, who was invited, and the tokens members hand to programs."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from reviews.core.audit import audited
from reviews.core.composite import InReview, ReviewRow, Versioned
from reviews.protocol import roles as role_rules
from reviews.protocol.models import Review

ROLE_NAMES = list(role_rules.ROLES)

KEEP_A_LEAD = """
IF NOT EXISTS (SELECT 1 FROM reviews_membership
               WHERE review_id = OLD.review_id AND until IS NULL AND 'lead' = ANY(roles))
   AND EXISTS (SELECT 1 FROM reviews_review WHERE id = OLD.review_id) THEN
    RAISE EXCEPTION 'a review keeps at least one lead'
        USING ERRCODE = '23514', CONSTRAINT = 'a_review_keeps_at_least_one_lead';
END IF;
RETURN NULL;
"""


def _roles() -> ArrayField:
    return ArrayField(models.CharField(max_length=20, choices=list(role_rules.ROLES.items())))


class MembershipQuerySet(InReview):
    def open(self):
        """Return memberships that have not ended."""
        return self.filter(until__isnull=True)

    def who_can(self, capability: str):
        return self.open().filter(roles__overlap=sorted(role_rules.CAPABILITIES[capability]))


@audited()
class Membership(ReviewRow, Versioned):
    """A person's place in a review: a set of roles, from one day to another."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships", db_index=False
    )
    roles = _roles()
    since = models.DateTimeField(db_default=Now(), editable=False)
    until = models.DateTimeField(null=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["user", "review"],
                condition=Q(until__isnull=True),
                name="one_open_membership_per_person_and_review",
                violation_error_message="This person is already a member of the review.",
            ),
            models.CheckConstraint(
                condition=Q(roles__contained_by=ROLE_NAMES) & Q(roles__len__gt=0),
                name="a_member_has_known_roles",
                violation_error_message="Choose at least one role.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="a_review_keeps_a_lead",
                when=pgtrigger.After,
                operation=pgtrigger.Update | pgtrigger.Delete,
                timing=pgtrigger.Deferred,
                func=KEEP_A_LEAD,
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} ({', '.join(self.roles)})"

    def can(self, capability: str) -> bool:
        return role_rules.can(self.roles, capability)

    @property
    def role_names(self) -> str:
        return role_rules.names(self.roles)

    @property
    def is_lead(self) -> bool:
        return self.can("manage")


@audited(exclude=["token_hash", "email"])
class Invitation(ReviewRow):
    """A link that makes its receiver a member, once, before it expires."""

    email = models.EmailField("e-mail address")
    roles = _roles()
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                "review",
                Lower("email"),
                condition=Q(used_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_invitation_per_address",
                violation_error_message="This address has an open invitation already.",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, used_by__isnull=True)
                | Q(used_at__isnull=False, used_by__isnull=False),
                name="a_used_invitation_names_its_user",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}, until {self.expires_at:%Y-%m-%d}"

    @property
    def role_names(self) -> str:
        return role_rules.names(self.roles)


@audited(exclude=["secret_hash", "last_used_at"])
class ApiToken(ReviewRow):
    """A secret a member hands to a program; only its hash is kept."""

    class Scope(models.TextChoices):
        READ = "read", "read"
        WRITE = "write", "read and write"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80, help_text="What the program is.")
    prefix = models.CharField(max_length=12, editable=False)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(max_length=6, choices=Scope, default=Scope.READ)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(ReviewRow.Meta):
        verbose_name = "API token"
        constraints = [
            *ReviewRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="a_token_expires_after_it_is_made"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
