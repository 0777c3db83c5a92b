"""The same gate as the pages', for programs."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from reviews.protocol.access import membership_of
from reviews.protocol.members import ApiToken


class MemberCan(BasePermission):
    """Ask for the view's ``capability``, or for one per action in ``capabilities``.

    Outsiders get 404 like everybody who asks for what does not exist. A token is good for its
    own review alone, and for reading alone unless its scope says otherwise.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if getattr(view, "no_review", False):
            return bool(request.user and request.user.is_authenticated)
        if not request.user or not request.user.is_authenticated:
            return False
        review_id = view.kwargs["review_id"]
        token = request.auth if isinstance(request.auth, ApiToken) else None
        if token and token.review_id != review_id:
            raise Http404("No such review.")
        membership = membership_of(request.user, review_id)
        if token and request.method not in SAFE_METHODS and token.scope != ApiToken.Scope.WRITE:
            raise PermissionDenied("This token may only read.")
        view.membership, view.review = membership, membership.review
        return membership.can(capability_of(view))


def capability_of(view: Any) -> str:
    """Return what this action of the view demands."""
    per_action = getattr(view, "capabilities", {})
    return per_action.get(getattr(view, "action", None)) or view.capability
