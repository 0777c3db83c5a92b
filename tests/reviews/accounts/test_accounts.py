"""The way in: sign-up with a code, sign-in, limits, zones, mail of local mode."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.utils import timezone

from reviews.accounts.mail import FolderAndTerminal
from reviews.accounts.models import IdempotencyKey, User
from reviews.accounts.tasks import forget_what_is_over
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


def sign_up(client, email="ana@example.org"):
    return client.post(
        "/accounts/signup/", {"email": email, "name": "Ana Lindqvist", "password1": PASSWORD}
    )


def test_signing_up_asks_for_the_mailed_code_and_then_opens(client):
    sign_up(client)
    assert client.get("/reviews/").status_code == 302
    code = re.search(r"^[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}$", mail.outbox[0].body, re.MULTILINE).group()
    client.post("/accounts/confirm-email/", {"code": code})
    assert client.get("/reviews/").status_code == 200
    assert User.objects.get().name == "Ana Lindqvist"


def test_a_mail_comes_from_quadrant_and_says_where_it_runs(client):
    sign_up(client)
    text = mail.outbox[0].body
    assert text.rstrip().endswith("Quadrant, testserver")
    assert "Thank you for using" not in text


def test_a_forgotten_password_ends_where_one_signs_in(client):
    page = client.get("/accounts/password/reset/done/").content.decode()
    assert page.count('href="/accounts/login/"') == 1


def test_the_headings_of_the_account_pages_are_sentences(client):
    sign_up(client)
    page = client.get("/accounts/confirm-email/").content.decode()
    assert "<h1>Enter email verification code</h1>" in page
    client.logout()
    client.force_login(UserFactory())
    page = client.get("/accounts/2fa/").content.decode()
    assert re.findall(r"<h[12][^>]*>([^<]*)<", page) == [
        *("Two-factor authentication", "Authenticator app", "Recovery codes")
    ]


def test_the_page_that_asks_for_the_code_says_where_local_mail_lies(client, settings):
    settings.LOCAL = True
    sign_up(client)
    assert 'href="/mail/"' in client.get("/accounts/confirm-email/").content.decode()
    settings.LOCAL = False
    assert 'href="/mail/"' not in client.get("/accounts/confirm-email/").content.decode()


def test_signing_up_twice_does_not_tell_that_the_address_is_known(client):
    UserFactory(email="ana@example.org")
    known = sign_up(client)
    client.logout()
    unknown = sign_up(client, "tomas@example.org")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert User.objects.filter(email__iexact="ana@example.org").count() == 1


def test_guessing_passwords_is_slowed_down(client):
    user = UserFactory()
    for _ in range(6):
        page = client.post("/accounts/login/", {"login": user.email, "password": "wrong"})
    assert "too many" in page.content.decode().lower()


def test_trying_many_addresses_does_not_wash_out_what_is_counted(client):
    user = UserFactory()
    for _ in range(6):
        client.post("/accounts/login/", {"login": user.email, "password": "wrong"})
    for number in range(700):
        cache.set(f"zz-another-{number}", 1, 300)
    page = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert "too many" in page.content.decode().lower()


def test_sessions_and_answers_that_are_over_are_forgotten(client):
    user = UserFactory()
    client.force_login(user)
    for days, key in ((31, "old"), (1, "new")):
        answered = timezone.now() - timedelta(days=days)
        IdempotencyKey.objects.create(
            user=user, key=key, status=201, answer={}, created_at=answered
        )
    expired = SessionStore()
    expired.set_expiry(-10)
    expired.create()
    forget_what_is_over()
    assert [each.key for each in IdempotencyKey.objects.all()] == ["new"]
    assert [each.session_key for each in Session.objects.all()] == [client.session.session_key]


def test_real_passwords_are_hashed_with_argon2(settings, client):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    sign_up(client)
    assert User.objects.get().password.startswith("argon2")


def test_times_are_shown_in_the_users_zone(client, lead, review):
    review.memberships.update(since=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    lead.time_zone = "Asia/Tokyo"
    lead.save()
    client.force_login(lead)
    assert "2 Mar 2026" in client.get(f"/reviews/{review.pk}/protocol/team/").content.decode()
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_nonsensical_zone_is_refused_and_a_stored_one_does_no_harm(client, lead):
    client.force_login(lead)
    page = client.post("/account/", {"name": "Ana", "time_zone": "Middle/Earth"})
    assert page.context["form"].errors
    User.objects.filter(pk=lead.pk).update(time_zone="../../etc/passwd")
    assert client.get("/account/").status_code == 200


def test_mail_of_local_mode_can_be_read_on_its_page(client, capsys, settings):
    settings.EMAIL_FILE_PATH.mkdir(parents=True, exist_ok=True)
    for number in (1, 2):
        message = EmailMessage(f"Code {number}", "ABC-DEF", None, ["ana@example.org"])
        FolderAndTerminal(file_path=settings.EMAIL_FILE_PATH).send_messages([message])
    page = client.get("/mail/").content.decode()
    assert "Code 1" in page
    assert "Code 2" in page
    assert "ABC-DEF" in capsys.readouterr().err


def test_who_is_signed_out_is_sent_to_sign_in_by_htmx_as_a_whole_page(client, review):
    response = client.post(
        f"/reviews/{review.pk}/protocol/edit/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/reviews/1/"},
    )
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/accounts/login/?next=%2Freviews%2F1%2F"
