"""Deny by default: a page without a declared capability stops the site from starting."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import Error
from django.urls import URLPattern, URLResolver, get_resolver

# Their views guard themselves: sign-in pages, and the API's description.
GUARDED_ELSEWHERE = ("allauth.", "drf_spectacular.")


def every_view(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the route and the view of every URL pattern."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from every_view(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def declares(view: Any) -> bool:
    """Return True if the view names a capability, or says that it belongs to no review."""
    owner = getattr(view, "cls", None) or getattr(view, "view_class", None) or view
    if getattr(owner, "__module__", "").startswith(GUARDED_ELSEWHERE):
        return True
    return any(
        getattr(each, mark, None)
        for each in (view, owner)
        for mark in ("capability", "capabilities", "no_review")
    )


def every_view_is_gated(app_configs: Any = None, **_kwargs: Any) -> list[Error]:
    """Report each view that declares nothing."""
    return [
        Error(
            f"/{route} declares no capability.",
            hint="Put @member_can(...) on the view, or @no_review if it belongs to no review.",
            id="reviews.E001",
        )
        for route, view in every_view(get_resolver().url_patterns)
        if not declares(view)
    ]
