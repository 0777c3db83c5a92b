"""Everything that changes who belongs to a review, and their tokens."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from reviews.core.errors import DomainError, StaleEdit
from reviews.protocol.members import ApiToken, Invitation, Membership
from reviews.protocol.models import Review
from reviews.protocol.roles import LEAD, ROLES
from reviews.protocol.tokens import hash_of, new_secret

INVITATION_DAYS = 14
NOT_OPEN = "This invitation was used, withdrawn, or has expired. Ask for another."
LAST_LEAD = "A review keeps at least one lead: make somebody else a lead first."


def _known(roles: list[str]) -> list[str]:
    chosen = [role for role in ROLES if role in set(roles)]
    if not chosen:
        raise DomainError("Choose at least one role.")
    return chosen


@transaction.atomic
def invite_member(
    review: Review, *, by, email: str, roles: list[str], site: str, silent: bool = False
) -> tuple[Invitation, str]:
    """Invite somebody, by mail unless silent; returns the invitation and its link, once."""
    Review.objects.select_for_update().get(pk=review.pk)
    if Membership.objects.open().filter(review=review, user__email__iexact=email).exists():
        raise DomainError("This person is already a member of the review.")
    Invitation.objects.in_review(review).filter(
        email__iexact=email, used_at__isnull=True, expires_at__lt=Now(), withdrawn_at__isnull=True
    ).update(withdrawn_at=Now())
    secret = new_secret()
    invitation = Invitation(
        review=review,
        email=email,
        roles=_known(roles),
        token_hash=hash_of(secret),
        invited_by=by,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    invitation.full_clean(exclude=["review", "invited_by"])
    invitation.save()
    link = f"{settings.SITE_URL or site}/invitations/{secret}/"
    if not silent:
        transaction.on_commit(lambda: _mail(invitation, link))
    return invitation, link


def _mail(invitation: Invitation, link: str) -> None:
    send_mail(
        f"Quadrant: {invitation.invited_by} invites you to a review",
        f"{invitation.invited_by} invites you to the review\n\n  {invitation.review.title}\n\n"
        f"Open this link to join it, within {INVITATION_DAYS} days:\n\n  {link}\n\n"
        "If you have no account yet, you can make one on the way.\n",
        None,
        [invitation.email],
        fail_silently=True,
    )


def find_invitation(secret: str) -> Invitation | None:
    """Return the open invitation behind a link, if there is one."""
    return (
        Invitation.objects.filter(
            token_hash=hash_of(secret),
            used_at__isnull=True,
            withdrawn_at__isnull=True,
            expires_at__gt=Now(),
        )
        .select_related("review", "invited_by")
        .first()
    )


@transaction.atomic
def accept_invitation(secret: str, *, by) -> Membership:
    """Become a member, once."""
    invitation = find_invitation(secret)
    if invitation is None:
        raise DomainError(NOT_OPEN)
    Review.objects.select_for_update().get(pk=invitation.review_id)
    # It may have been used or withdrawn while the lock was waited for.
    taken = Invitation.objects.filter(
        pk=invitation.pk, used_at__isnull=True, withdrawn_at__isnull=True
    ).update(used_at=Now(), used_by=by)
    if not taken:
        raise DomainError(NOT_OPEN)
    if Membership.objects.open().filter(review=invitation.review, user=by).exists():
        raise DomainError("You are already a member of this review.")
    return Membership.objects.create(review=invitation.review, user=by, roles=invitation.roles)


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by) -> None:
    if not Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True).update(
        withdrawn_at=Now()
    ):
        raise DomainError("This invitation has been used; end the membership instead.")


@transaction.atomic
def change_roles(membership: Membership, *, by, roles: list[str], version: int) -> Membership:
    """Give a member other roles; their tokens and sessions obey at once."""
    membership = _locked(membership)
    if membership.version != version:
        raise StaleEdit(membership)
    roles = _known(roles)
    if LEAD not in roles:
        _demand_another_lead(membership)
        _withdraw_invitations_of(membership)
    membership.roles, membership.version = roles, version + 1
    membership.save(update_fields=["roles", "version"])
    return membership


@transaction.atomic
def end_membership(membership: Membership, *, by) -> None:
    """Take somebody out; what they decided stays, their tokens and open invitations end."""
    membership = _locked(membership)
    if membership.until is not None:
        raise DomainError("This membership has already ended.")
    _demand_another_lead(membership)
    _withdraw_invitations_of(membership)
    Membership.objects.filter(pk=membership.pk).update(until=Now())
    ApiToken.objects.in_review(membership.review_id).filter(
        user=membership.user, revoked_at__isnull=True
    ).update(revoked_at=Now())


def _locked(membership: Membership) -> Membership:
    Review.objects.select_for_update().get(pk=membership.review_id)
    return Membership.objects.select_for_update().get(pk=membership.pk)


def _withdraw_invitations_of(membership: Membership) -> None:
    """A lead saw the links of their invitations: kept, one would be a way back in."""
    Invitation.objects.in_review(membership.review_id).filter(
        invited_by=membership.user_id, used_at__isnull=True, withdrawn_at__isnull=True
    ).update(withdrawn_at=Now())


def _demand_another_lead(membership: Membership) -> None:
    others = Membership.objects.open().filter(review=membership.review_id, roles__contains=[LEAD])
    if LEAD in membership.roles and not others.exclude(pk=membership.pk).exists():
        raise DomainError(LAST_LEAD)


@transaction.atomic
def create_token(review: Review, *, by, name: str, scope: str, days: int) -> tuple[ApiToken, str]:
    """Make a token; its secret is returned now and never again."""
    secret = new_secret()
    token = ApiToken(
        review=review,
        user=by,
        name=name,
        scope=scope,
        prefix=secret[:10],
        secret_hash=hash_of(secret),
        expires_at=timezone.now() + timedelta(days=days),
    )
    token.full_clean(exclude=["review", "user"])
    token.save()
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, by) -> None:
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=Now())
