"""The one gate: which member may do what. Every view passes here or says why not."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from reviews.protocol.members import Membership
from reviews.protocol.roles import CAPABILITIES

View = Callable[..., HttpResponse]


def membership_of(user: Any, review_id: int) -> Membership:
    """Return this person's open membership; missing and foreign reviews read alike.

    Raises
    ------
    Http404
    """
    found = (
        Membership.objects.open().filter(review_id=review_id, user=user).select_related("review")
    ).first()
    if found is None:
        raise Http404("No such review.")
    found.user = user
    return found


def member_can(capability: str) -> Callable[[View], View]:
    """Let the view run for members holding ``capability``; hide the review from all others.

    The view receives the review in place of ``review_id``; the request carries ``review`` and
    ``membership``. Who is not signed in was sent to sign-in before (LoginRequiredMiddleware).
    """
    if capability not in CAPABILITIES:
        raise LookupError(f"no such capability: {capability}")

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, review_id: int, **kwargs: Any) -> HttpResponse:
            membership = membership_of(request.user, review_id)
            if not membership.can(capability):
                raise PermissionDenied
            request.membership = membership  # type: ignore[attr-defined]
            request.review = membership.review  # type: ignore[attr-defined]
            return view(request, membership.review, **kwargs)

        gated.capability = capability  # type: ignore[attr-defined]
        return gated

    return decorate
