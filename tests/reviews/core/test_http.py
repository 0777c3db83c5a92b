"""The door, the security headers, and refusals as pages."""

import pytest
from django.test import Client

from reviews.core.http import CSP, LogIds, unstorable

pytestmark = pytest.mark.django_db


def test_every_page_forbids_what_is_inline(client, lead):
    client.force_login(lead)
    response = client.get("/reviews/")
    assert response["Content-Security-Policy"] == CSP
    assert "unsafe" not in CSP
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"


def test_static_files_and_the_way_to_tls_forbid_it_as_well(client, settings, tmp_path):
    (tmp_path / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    settings.STATIC_ROOT = tmp_path
    response = client.get("/static/drawing.svg")
    assert b"".join(response).startswith(b"<svg")
    response.close()
    assert response["Content-Security-Policy"] == CSP
    assert "no-store" not in response["Cache-Control"]
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/reviews/")
    assert response.status_code == 301
    assert response["Content-Security-Policy"] == CSP


def test_the_requests_number_comes_back_and_a_forged_one_does_not(client, lead):
    client.force_login(lead)
    assert client.get("/reviews/", headers={"X-Request-ID": "abcdef1234"})["X-Request-ID"] == (
        "abcdef1234"
    )
    forged = client.get("/reviews/", headers={"X-Request-ID": "x\ty <script>"})["X-Request-ID"]
    assert len(forged) == 16


@pytest.mark.parametrize("address", ["/reviews/?q=%00", "/reviews/%00/", "/reviews/?%00=1"])
def test_a_nul_byte_in_the_address_is_refused_with_a_sentence(client, lead, address):
    client.force_login(lead)
    response = client.get(address)
    assert response.status_code == 400
    assert "cannot be stored" in response.content.decode()


def test_the_log_of_a_refusal_carries_the_requests_number(client, lead, caplog):
    client.force_login(lead)
    caplog.handler.addFilter(LogIds())
    answer = client.get("/reviews/999999/")
    (line,) = [each for each in caplog.records if each.name == "django.request"]
    assert line.request_id == answer["X-Request-ID"]


def test_a_nul_byte_in_a_form_is_refused_with_a_sentence(client, lead):
    client.force_login(lead)
    response = client.post("/account/", {"name": "An\x00a", "time_zone": "UTC"})
    assert response.status_code == 400
    lead.refresh_from_db()
    assert "\x00" not in lead.name


def test_half_a_surrogate_pair_cannot_be_stored():
    assert unstorable("\ud800")
    assert not unstorable("😀 naïve \u202e")


def test_a_form_without_its_token_is_refused_with_a_sentence(lead):
    client = Client(enforce_csrf_checks=True)
    client.force_login(lead)
    response = client.post("/account/", {"name": "Eve"})
    assert response.status_code == 403
    assert "open too long" in response.content.decode()


def test_a_page_that_is_not_there_says_so(client, lead):
    client.force_login(lead)
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "no such page" in response.content.decode().lower()


def test_signing_in_comes_first(client):
    response = client.get("/reviews/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("back", ["1", "true", "a:b", "\u0661", "%", "reviews.views.x"])
def test_the_theme_form_leads_to_an_address_whatever_it_is_told(client, back):
    assert client.post("/theme/", {"next": back, "theme": "dark"}).status_code == 302


@pytest.mark.parametrize("charset", ["base64", "rot13", "x", "utf-16"])
def test_a_form_in_an_odd_encoding_is_no_mistake_of_ours(client, lead, charset):
    client.force_login(lead)
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    body = b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nAna\r\n--b--\r\n'
    assert client.generic("POST", "/account/", body, content_type=kind).status_code < 500


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example/"])
def test_the_theme_form_leads_nowhere_else(client, address):
    response = client.post("/theme/", {"theme": "dark", "next": address})
    assert response["Location"] == "/"
    assert response.cookies["theme"].value == "dark"


def test_a_form_with_more_text_than_is_taken_is_refused_with_a_sentence(client, lead, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    client.force_login(lead)
    response = client.post("/account/", {"name": "A" * 2000, "time_zone": "UTC"})
    assert response.status_code == 413
    page = response.content.decode()
    assert "more text than a form takes" in page
    assert "What was kept" not in page
