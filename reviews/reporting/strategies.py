"""The searches as PRISMA-S asks for them: who searched what, when, how, with how many hits."""

from collections.abc import Iterator
from typing import Any

from reviews.dedup.services import method_sentence
from reviews.protocol.models import Review
from reviews.searches.models import Search

HEADER = (
    *("source", "platform", "kind", "date", "hits", "limits", "filters", "peer review"),
    *("update of", "notes", "strategy"),
)


def _searches(review: Review):
    found = Search.objects.in_review(review).select_related("source", "update_of__source")
    return found.order_by("run_on", "id")


def _lines(search: Search) -> Iterator[str]:
    """Yield the strategy's lines, numbered, each with its hits where they are known."""
    for number, line in enumerate(search.strategy, start=1):
        if isinstance(line, dict):
            hits = line.get("hits")
            yield f"{number} {line.get('line', '')}" + (f" ({hits})" if hits is not None else "")
        else:
            yield f"{number} {line}"


def strategy_rows(review: Review) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
    """Return the header and a row per search."""
    return HEADER, (
        (
            search.source.name,
            search.source.platform,
            search.source.get_kind_display(),
            search.run_on.isoformat(),
            search.hits,
            search.limits,
            search.filters,
            search.peer_review,
            str(search.update_of or ""),
            search.notes,
            "\n".join(_lines(search)),
        )
        for search in _searches(review)
    )


def strategy_text(review: Review) -> Iterator[str]:
    """Yield the appendix as plain text."""
    yield f"Search strategies: {review.title}\n"
    for search in _searches(review):
        yield f"\n{search.source} ({search.source.get_kind_display()})\n"
        yield f"Searched on {search.run_on:%-d %B %Y}\n"
        for label, value in (
            ("Records", search.hits),
            ("Limits", search.limits),
            ("Filters", search.filters),
            ("Peer review", search.peer_review),
            ("Update of", search.update_of),
            ("Notes", search.notes),
        ):
            if value not in (None, ""):
                yield f"{label}: {value}\n"
        for line in _lines(search):
            yield f"  {line}\n"
    yield f"\nDe-duplication\n{method_sentence(review)}\n"
