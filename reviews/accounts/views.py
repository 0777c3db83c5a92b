"""A person's own pages, the theme, and the mail of local mode."""

import email
import email.policy
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from reviews.accounts.forms import SettingsForm
from reviews.core.http import no_review

A_YEAR = 365 * 24 * 3600


@no_review
def account_settings(request: HttpRequest) -> HttpResponse:
    """Change name and time zone; the way to password, two-factor and addresses."""
    form = SettingsForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("accounts:settings")
    return render(request, "accounts/settings.html", {"form": form})


@no_review
@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice in a cookie."""
    back = request.POST.get("next") or request.headers.get("Referer", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    # Not redirect(), which takes a word for the name of a view.
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("theme", "")
    if chosen in {"light", "dark", "auto"}:
        response.set_cookie(
            "theme", chosen, max_age=A_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return response


@no_review
@login_not_required
def mail_folder(request: HttpRequest) -> HttpResponse:
    """Show the latest mail; this page exists in local mode only."""
    folder = settings.EMAIL_FILE_PATH
    newest = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    return render(request, "accounts/mail.html", {"mails": [_read(file) for file in newest[:50]]})


def _read(file: Any) -> dict[str, Any]:
    message: Any = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    return {
        "to": message["To"],
        "subject": message["Subject"],
        "date": message["Date"],
        "text": text.split("\n" + "-" * 79)[0],
    }
