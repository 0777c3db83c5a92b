"""Members, invitations, tokens."""

import re
import threading
import time
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from reviews.core.errors import DomainError, StaleEdit
from reviews.protocol import team
from reviews.protocol.members import ApiToken, Invitation, Membership
from reviews.protocol.models import Review
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def invite(review, by, email="new@example.org", roles=("reviewer",)):
    return team.invite_member(
        review, by=by, email=email, roles=list(roles), site="http://testserver"
    )


def secret_of(link):
    return link.rstrip("/").rsplit("/", 1)[1]


def test_an_invitation_is_mailed_and_makes_its_receiver_a_member_once(
    review, lead, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        _, link = invite(review, lead)
    assert link in mail.outbox[0].body
    newcomer = UserFactory()
    assert team.accept_invitation(secret_of(link), by=newcomer).roles == ["reviewer"]
    with pytest.raises(DomainError, match="used, withdrawn, or has expired"):
        team.accept_invitation(secret_of(link), by=UserFactory())


def test_the_link_is_kept_only_as_a_hash(review, lead):
    invitation, link = invite(review, lead)
    row = Invitation.objects.filter(pk=invitation.pk).values().get()
    assert secret_of(link) not in str(row)


def test_an_expired_or_withdrawn_invitation_opens_nothing(review, lead):
    expired, link = invite(review, lead)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert team.find_invitation(secret_of(link)) is None
    renewed, link = invite(review, lead)
    assert renewed.pk != expired.pk
    team.withdraw_invitation(renewed, by=lead)
    assert team.find_invitation(secret_of(link)) is None


@pytest.mark.django_db(transaction=True)
def test_an_invitation_withdrawn_while_it_is_accepted_opens_nothing(review, lead):
    invitation, link = invite(review, lead)
    newcomer, refused = UserFactory(), []

    def accept():
        try:
            team.accept_invitation(secret_of(link), by=newcomer)
        except DomainError as error:
            refused.append(str(error))
        finally:
            connection.close()

    thread = threading.Thread(target=accept)
    with transaction.atomic():
        Review.objects.select_for_update().get(pk=review.pk)
        thread.start()
        wait_for_a_lock()
        Invitation.objects.filter(pk=invitation.pk).update(withdrawn_at=timezone.now())
    thread.join()
    assert refused == ["This invitation was used, withdrawn, or has expired. Ask for another."]
    assert not Membership.objects.filter(user=newcomer).exists()


def wait_for_a_lock():
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits for the lock")


def test_who_leads_no_more_has_no_way_back_by_a_link_they_kept(review, lead):
    other = MembershipFactory(review=review, roles=["lead"])
    _, kept = invite(review, other.user, "second@example.org", ["lead"])
    _, theirs = invite(review, lead, "third@example.org")
    team.change_roles(other, by=lead, roles=["observer"], version=other.version)
    with pytest.raises(DomainError, match="used, withdrawn, or has expired"):
        team.accept_invitation(secret_of(kept), by=UserFactory())
    team.change_roles(other, by=lead, roles=["lead"], version=other.version + 1)
    _, kept = invite(review, other.user, "second@example.org", ["lead"])
    team.end_membership(other, by=lead)
    with pytest.raises(DomainError, match="used, withdrawn, or has expired"):
        team.accept_invitation(secret_of(kept), by=other.user)
    assert team.accept_invitation(secret_of(theirs), by=UserFactory())


def test_who_is_a_member_already_is_not_invited(review, lead, reviewer):
    with pytest.raises(DomainError, match="already a member"):
        invite(review, lead, email=reviewer.email.upper())


def test_the_last_lead_can_neither_leave_nor_step_down(review, lead):
    membership = review.memberships.get(user=lead)
    with pytest.raises(DomainError, match="at least one lead"):
        team.end_membership(membership, by=lead)
    with pytest.raises(DomainError, match="at least one lead"):
        team.change_roles(membership, by=lead, roles=["observer"], version=1)
    MembershipFactory(review=review, roles=["lead"])
    team.end_membership(membership, by=lead)
    assert not Membership.objects.open().filter(user=lead).exists()


def test_a_removed_member_may_come_back_and_their_tokens_do_not(review, lead, reviewer):
    token, _ = team.create_token(review, by=reviewer, name="R", scope="read", days=1)
    team.end_membership(review.memberships.get(user=reviewer), by=lead)
    token.refresh_from_db()
    assert token.revoked_at is not None
    _, link = invite(review, lead, email=reviewer.email)
    team.accept_invitation(secret_of(link), by=reviewer)
    assert Membership.objects.filter(review=review, user=reviewer).count() == 2


def test_roles_changed_from_an_old_page_are_refused(review, lead, reviewer):
    membership = review.memberships.get(user=reviewer)
    team.change_roles(membership, by=lead, roles=["reviewer", "adjudicator"], version=1)
    with pytest.raises(StaleEdit):
        team.change_roles(membership, by=lead, roles=["observer"], version=1)


def test_unknown_roles_are_no_roles(review, lead, reviewer):
    with pytest.raises(DomainError, match="at least one role"):
        team.change_roles(
            review.memberships.get(user=reviewer), by=lead, roles=["owner"], version=1
        )


def test_a_token_is_shown_once_and_stored_as_a_hash(client, review, lead):
    client.force_login(lead)
    page = client.post(
        f"/reviews/{review.pk}/protocol/team/tokens/",
        {"name": "R script", "scope": "read", "days": 30},
    ).content.decode()
    secret = re.search(r"qdt_[\w-]+</code>", page).group().removesuffix("</code>")
    assert secret not in str(ApiToken.objects.values().get())
    assert secret not in client.get(f"/reviews/{review.pk}/protocol/team/").content.decode()
