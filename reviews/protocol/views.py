"""Pages of the protocol: the review, its question, rules and lists."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from reviews.core.errors import StaleEdit, shown_on
from reviews.core.http import no_review
from reviews.core.versions import stale_page
from reviews.protocol import services
from reviews.protocol.access import member_can
from reviews.protocol.forms import LISTS, NewReviewForm, ReviewForm, entry_form
from reviews.protocol.models import ListRow, Review


@no_review
def front_door(request: HttpRequest) -> HttpResponse:
    return redirect("home")


@no_review
def new_review(request: HttpRequest) -> HttpResponse:
    """Start a review; its creator leads it."""
    form = NewReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            review = services.create_review(by=request.user, **form.cleaned_data)
            messages.success(request, "The review is there, and you lead it.")
            return redirect("protocol:overview", review_id=review.pk)
    return render(request, "protocol/new_review.html", {"form": form})


@member_can("view")
def overview(request: HttpRequest, review: Review) -> HttpResponse:
    """Show the protocol: the question, the rules, and every list in its order."""
    lists = [
        {"kind": kind, "title": title, "entries": model.objects.in_review(review)}
        for kind, (model, _, title) in LISTS.items()
    ]
    return render(request, "protocol/overview.html", {"review": review, "lists": lists})


@member_can("manage")
def edit(request: HttpRequest, review: Review) -> HttpResponse:
    """Edit the question and the rules."""
    form = ReviewForm(request.POST or None, instance=review)
    if request.method == "POST" and form.is_valid():
        fields = [name for name in form.fields if name != "version"]
        try:
            with shown_on(form):
                services.update_review(
                    review, by=request.user, version=form.cleaned_data["version"], fields=fields
                )
                messages.success(request, "Saved.")
                return redirect("protocol:overview", review_id=review.pk)
        except StaleEdit as error:
            return stale_page(request, form, error)
    return render(request, "protocol/edit.html", {"review": review, "form": form})


def _entry(review: Review, kind: str, entry_id: int) -> ListRow:
    if kind not in LISTS:
        raise Http404("No such list.")
    return get_object_or_404(LISTS[kind][0].objects.in_review(review), pk=entry_id)


@member_can("manage")
def add_entry(request: HttpRequest, review: Review, kind: str) -> HttpResponse:
    """Append to one of the lists."""
    if kind not in LISTS:
        raise Http404("No such list.")
    model, _, title = LISTS[kind]
    form = entry_form(kind)(request.POST or None, instance=model(review=review))
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            services.add_entry(form.instance, by=request.user)
            return _back_to_list(review, kind)
    context = {"review": review, "form": form, "title": title, "kind": kind}
    return render(request, "protocol/entry.html", context)


@member_can("manage")
def edit_entry(request: HttpRequest, review: Review, kind: str, entry_id: int) -> HttpResponse:
    """Change one entry of a list."""
    entry = _entry(review, kind, entry_id)
    form = entry_form(kind)(request.POST or None, instance=entry)
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            with shown_on(form):
                services.edit_entry(entry, by=request.user, version=version, fields=LISTS[kind][1])
                return _back_to_list(review, kind)
        except StaleEdit as error:
            return stale_page(request, form, error)
    context = {"review": review, "form": form, "title": LISTS[kind][2], "kind": kind}
    return render(request, "protocol/entry.html", {**context, "entry": entry})


@require_POST
@member_can("manage")
def change_entry(
    request: HttpRequest, review: Review, kind: str, entry_id: int, verb: str
) -> HttpResponse:
    """Retire, restore or move an entry."""
    entry = _entry(review, kind, entry_id)
    if verb in {"up", "down"}:
        services.move_entry(entry, by=request.user, up=verb == "up")
    elif verb == "retire":
        services.retire_entry(entry, by=request.user)
    else:
        services.restore_entry(entry, by=request.user)
    return _back_to_list(review, kind)


def _back_to_list(review: Review, kind: str) -> HttpResponse:
    response = redirect("protocol:overview", review_id=review.pk)
    response["Location"] += f"#{kind}"
    return response
