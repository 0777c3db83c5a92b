"""The screening desk: one card after the other, the same at both stages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from reviews.core.errors import DomainError, message_of
from reviews.protocol.models import Review
from reviews.screening import services
from reviews.screening.cards import card_context, remarks_context
from reviews.screening.forms import BIGGEST_ID, DecisionForm, LabelForm
from reviews.screening.models import ScreeningItem


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a stage's cards are shown: the namespace of its addresses, its page and its extras."""

    stage: str
    namespace: str
    page: str
    extras: Callable[[ScreeningItem | None], dict[str, Any]] = lambda item: {}

    def url(self, review: Review, name: str) -> str:
        return reverse(f"{self.namespace}:{name}", args=[review.pk])


def show(request: HttpRequest, review: Review, desk: Desk) -> HttpResponse:
    """Show the reviewer's card: the page, or for htmx the card alone."""
    context = card_context(review, desk.stage, by=request.user)
    context |= desk.extras(context["item"])
    names = ("screen", "decide", "note", "label")
    context["urls"] = {name: desk.url(review, name) for name in names}
    if request.htmx:
        return render(request, "screening/_answer.html", {**context, "oob": True})
    return render(request, desk.page, context)


def decide(request: HttpRequest, review: Review, desk: Desk) -> HttpResponse:
    """Take a verdict, an undo or a skip, and go on to the next card."""
    actions = {"undo": _undo, "skip": _skip}
    act = actions.get(request.POST.get("do", ""), _decide)
    try:
        _keep_note(request, review, desk)
        act(request, review, desk)
    except DomainError as error:
        # A decision kept while offline must hear that it was refused.
        if "Idempotency-Key" in request.headers:
            raise
        messages.error(request, message_of(error))
    return show(request, review, desk) if request.htmx else redirect(desk.url(review, "screen"))


def _keep_note(request: HttpRequest, review: Review, desk: Desk) -> None:
    """Keep a note that was begun on the card, whatever is done with its record."""
    text = request.POST.get("note", "").strip()
    item = posted_item(request, review, desk, "item") if text else None
    if item is not None:
        services.add_note(item, by=request.user, text=text)


def _decide(request: HttpRequest, review: Review, desk: Desk) -> None:
    form = DecisionForm(request.POST, review=review, stage=desk.stage)
    if not form.is_valid():
        raise DomainError(" ".join(text for texts in form.errors.values() for text in texts))
    services.record_decision(by=request.user, **form.cleaned_data)


def _undo(request: HttpRequest, review: Review, desk: Desk) -> None:
    item = posted_item(request, review, desk, "undo")
    if item is None:
        raise DomainError("There is no decision of yours to undo.")
    services.undo_decision(item, by=request.user)


def _skip(request: HttpRequest, review: Review, desk: Desk) -> None:
    item = posted_item(request, review, desk, "item")
    if item is not None:
        services.skip_item(item, by=request.user)


def posted_item(
    request: HttpRequest, review: Review, desk: Desk, name: str
) -> ScreeningItem | None:
    """Return the item the form names, or None where it names none of this stage and review."""
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(BIGGEST_ID))):
        return None
    items = ScreeningItem.objects.in_review(review).filter(stage=desk.stage)
    return items.filter(pk=int(text)).first()


def add_note(request: HttpRequest, review: Review, desk: Desk) -> HttpResponse:
    item = _item_or_404(request, review, desk)
    return _remark(
        request,
        review,
        desk,
        item,
        lambda: services.add_note(item, by=request.user, text=request.POST.get("text", "")),
    )


def toggle_label(request: HttpRequest, review: Review, desk: Desk) -> HttpResponse:
    item = _item_or_404(request, review, desk)
    form = LabelForm(request.POST, review=review)

    def toggle() -> None:
        if not form.is_valid():
            raise DomainError("The protocol has no such label.")
        services.toggle_label(item, form.cleaned_data["label"], by=request.user)

    return _remark(request, review, desk, item, toggle)


def _item_or_404(request: HttpRequest, review: Review, desk: Desk) -> ScreeningItem:
    item = posted_item(request, review, desk, "item")
    return get_object_or_404(ScreeningItem.objects.in_review(review), pk=item.pk if item else 0)


def _remark(
    request: HttpRequest,
    review: Review,
    desk: Desk,
    item: ScreeningItem,
    act: Callable[[], object],
) -> HttpResponse:
    problem = ""
    try:
        act()
    except DomainError as error:
        problem = str(error)
    if not request.htmx:
        if problem:
            messages.error(request, problem)
        return redirect(desk.url(review, "screen"))
    urls = {name: desk.url(review, name) for name in ("note", "label")}
    context = remarks_context(item, by=request.user) | {"urls": urls, "problem": problem}
    context["written"] = request.POST.get("text", "") if problem else ""
    return render(request, "screening/_remarks.html", context)
