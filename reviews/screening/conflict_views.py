"""Pages: conflicts, how they are settled, and reopening."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from reviews.core.errors import DomainError, shown_on
from reviews.core.paging import page_of
from reviews.protocol.access import member_can
from reviews.protocol.models import Criterion, Review
from reviews.screening import services
from reviews.screening.abilities import abilities
from reviews.screening.cards import record_context
from reviews.screening.conflicts import (
    can_be_settled,
    conflicts_for,
    proposals_on,
    standing_settlement,
)
from reviews.screening.forms import ReopenForm, SettleForm
from reviews.screening.history import verdicts_on
from reviews.screening.models import ScreeningItem, Stage
from reviews.screening.queue import took_part


@member_can("view")
def conflicts(request: HttpRequest, review: Review) -> HttpResponse:
    """List the conflicts this member can do something about."""
    stage = request.GET.get("stage", "")
    stage = stage if stage in Stage.values else ""
    found = conflicts_for(request.membership, stage or None).select_related("record")
    page = page_of(found, request, order="id")
    proposed = proposals_on(page.rows)
    for item in page.rows:
        item.proposal = proposed.get(item.pk)
    base = f"?stage={stage}&" if stage else "?"
    context = {
        "page": page,
        "stage": stage,
        "stages": Stage.choices,
        "next_url": f"{base}after={page.after}" if page.after else "",
        "previous_url": f"{base}before={page.before}" if page.before else "",
    }
    return render(request, "screening/conflicts.html", context)


@member_can("view")
def conflict(request: HttpRequest, review: Review, item_id: int) -> HttpResponse:
    item = _settled_item(review, item_id)
    return _show(request, review, item, SettleForm(review=review, stage=item.stage))


def _settled_item(review: Review, item_id: int) -> ScreeningItem:
    """Return the item if its verdicts may be shown; a pending one has no such page."""
    items = ScreeningItem.objects.in_review(review).settled()
    return get_object_or_404(items.select_related("record__batch__search__source"), pk=item_id)


def _show(
    request: HttpRequest, review: Review, item: ScreeningItem, form: SettleForm, status: int = 200
) -> HttpResponse:
    stage = item.stage
    mine = conflicts_for(request.membership, stage)
    context: dict[str, Any] = {
        **record_context(item.record),
        "item": item,
        "form": form,
        "verdicts": verdicts_on(item, viewer=request.user),
        "settlement": standing_settlement(item),
        "open": can_be_settled(item),
        "part": took_part(item, request.user),
        **abilities(request.membership),
        "criteria": Criterion.objects.in_review(review).filter(retired_at__isnull=True),
        "next": mine.filter(pk__gt=item.pk).order_by("pk").first(),
        "previous": mine.filter(pk__lt=item.pk).order_by("-pk").first(),
    }
    return render(request, "screening/conflict.html", context, status=status)


@require_POST
@member_can("view")
def settle(request: HttpRequest, review: Review, item_id: int) -> HttpResponse:
    """Settle, propose, confirm or refuse, as this member's part in the conflict allows."""
    item = _settled_item(review, item_id)
    part = took_part(item, request.user)
    if not request.membership.can("screen" if part else "adjudicate"):
        raise PermissionDenied
    answers = {"confirm": services.confirm_consensus, "refuse": services.refuse_consensus}
    if answer := answers.get(request.POST.get("do", "")):
        return _answered(request, review, item, answer)
    form = SettleForm(request.POST, review=review, stage=item.stage)
    if form.is_valid():
        act = services.propose_consensus if part else services.adjudicate
        with shown_on(form):
            act(item, by=request.user, **form.cleaned_data)
    if not form.is_valid():
        return _show(request, review, item, form, status=400)
    messages.success(
        request, "Proposed; the others who decided confirm it." if part else "Settled."
    )
    return _next_conflict(request, review, item)


def _answered(request: HttpRequest, review: Review, item: ScreeningItem, answer) -> HttpResponse:
    try:
        answer(item, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("screening:conflict", review_id=review.pk, item_id=item.pk)


def _next_conflict(request: HttpRequest, review: Review, item: ScreeningItem) -> HttpResponse:
    following = conflicts_for(request.membership, item.stage).filter(pk__gt=item.pk)
    if found := following.order_by("pk").first():
        return redirect("screening:conflict", review_id=review.pk, item_id=found.pk)
    return redirect("screening:conflicts", review_id=review.pk)


@require_POST
@member_can("manage")
def reopen(request: HttpRequest, review: Review, item_id: int) -> HttpResponse:
    """Send a settled item back to its reviewers."""
    item = get_object_or_404(ScreeningItem.objects.in_review(review), pk=item_id)
    form = ReopenForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            services.reopen_item(item, by=request.user, reason=form.cleaned_data["reason"])
    if form.is_valid():
        messages.success(request, "Reopened. It is offered to the reviewers again.")
    else:
        messages.error(request, " ".join(text for texts in form.errors.values() for text in texts))
    return redirect("screening:record", review_id=review.pk, record_id=item.record_id)
