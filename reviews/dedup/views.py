"""Pages: pairs to judge, groups that can be dissolved, merging by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from reviews.core.errors import DomainError, StaleEdit, shown_on
from reviews.core.paging import Page, page_of
from reviews.dedup import services
from reviews.dedup.forms import MOST, MergeForm
from reviews.dedup.models import DuplicateGroup, PossibleDuplicate
from reviews.dedup.side_by_side import compare, lay_out
from reviews.dedup.verdicts import RULES
from reviews.jobs.models import Job
from reviews.jobs.services import start_job
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.searches.models import Record

SHOWN = 30


@member_can("view")
def index(request: HttpRequest, review: Review) -> HttpResponse:
    """Show the pairs that wait, and the first of them side by side."""
    page = _waiting(request, review)
    pair = page.rows[0] if page.rows else None
    return _pair_page(request, review, page, pair)


@member_can("view")
def pair(request: HttpRequest, review: Review, pair_id: int) -> HttpResponse:
    """Show one pair side by side, judged or not."""
    row = get_object_or_404(PossibleDuplicate.objects.in_review(review).with_records(), pk=pair_id)
    return _pair_page(request, review, _waiting(request, review), row)


@require_POST
@member_can("deduplicate")
def resolve(request: HttpRequest, review: Review, pair_id: int) -> HttpResponse:
    """Take a judgement on a pair, and go on with the next."""
    row = get_object_or_404(PossibleDuplicate.objects.in_review(review), pk=pair_id)
    version = request.POST.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise DomainError("This form is incomplete. Reload the page and try again.")
    resolution = request.POST.get("resolution", "")
    try:
        services.resolve_pair(row, by=request.user, resolution=resolution, version=int(version))
    except StaleEdit:
        messages.warning(request, "Somebody judged this pair meanwhile. This is how it stands now.")
        return redirect("dedup:pair", review_id=review.pk, pair_id=row.pk)
    messages.success(request, SAID.get(resolution, "Taken back: the pair waits again."))
    if not resolution:
        return redirect("dedup:pair", review_id=review.pk, pair_id=row.pk)
    following = PossibleDuplicate.objects.waiting_in(review).after(row).first()
    address = reverse("dedup:list", args=[review.pk])
    if following:
        address = reverse("dedup:pair", args=[review.pk, following.pk])
    return redirect(f"{address}?judged={row.pk}")


SAID = {
    "same": "Merged: one of the two is kept.",
    "linked": "Noted as two reports of one study; both are kept.",
    "different": "Noted as unrelated; both are kept.",
}


@member_can("view")
def groups(request: HttpRequest, review: Review) -> HttpResponse:
    """List what was removed, group by group."""
    found = DuplicateGroup.objects.in_review(review).filter(dissolved_at__isnull=True)
    page = page_of(found.select_related("made_by"), request, size=25)
    members: dict[int, list[Record]] = {group.pk: [] for group in page}
    records = Record.objects.in_review(review).filter(group__in=members).for_list()
    for record in records.order_by("-kept", "id"):
        members[record.group_id].append(record)
    context = {
        "review": review,
        "page": page,
        "groups": [(group, members[group.pk]) for group in page],
        "can_judge": request.membership.can("deduplicate"),
    }
    return render(request, "dedup/groups.html", context)


@member_can("view")
def group(request: HttpRequest, review: Review, group_id: int) -> HttpResponse:
    """Show a group's copies side by side, and each field as it is shown elsewhere."""
    row = get_object_or_404(
        DuplicateGroup.objects.in_review(review).select_related("made_by", "dissolved_by"),
        pk=group_id,
    )
    head = Record.objects.in_review(review).filter(group=row).order_by("-kept", "id").first()
    fields, copies = services.merged_fields(head) if head else ({}, [])
    context = {
        "review": review,
        "group": row,
        "parted": Record.objects.in_review(review).filter(pk__in=row.parted[:MOST]).for_list(),
        "copies": copies[:6],
        "more": max(0, row.records.count() - 6),
        "rows": lay_out(fields, copies[:6]) if head else [],
        "can_judge": request.membership.can("deduplicate"),
    }
    return render(request, "dedup/group.html", context)


@require_POST
@member_can("deduplicate")
def take_out(request: HttpRequest, review: Review, record_id: int) -> HttpResponse:
    """Let one record of a group stand for itself again."""
    row = get_object_or_404(Record.objects.in_review(review), pk=record_id)
    group_id = row.group_id
    services.take_out_record(row, by=request.user)
    messages.success(request, f"Record {row.pk} stands for itself again.")
    if DuplicateGroup.objects.filter(pk=group_id).exists():
        return redirect("dedup:group", review_id=review.pk, group_id=group_id)
    return redirect("searches:record", review_id=review.pk, record_id=row.pk)


@require_POST
@member_can("deduplicate")
def dissolve(request: HttpRequest, review: Review, group_id: int) -> HttpResponse:
    row = get_object_or_404(DuplicateGroup.objects.in_review(review), pk=group_id)
    services.dissolve_group(row, by=request.user)
    messages.success(request, "Taken apart: each record stands for itself again.")
    return redirect("dedup:groups", review_id=review.pk)


@member_can("view")
def judged(request: HttpRequest, review: Review) -> HttpResponse:
    """List the pairs people judged; each judgement can be taken back."""
    found = PossibleDuplicate.objects.in_review(review).exclude(resolution="").with_titles()
    context = {
        "review": review,
        "page": page_of(found, request, size=50),
        "can_judge": request.membership.can("deduplicate"),
    }
    return render(request, "dedup/judged.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_can("deduplicate")
def merge(request: HttpRequest, review: Review) -> HttpResponse:
    """Merge records by their numbers."""
    chosen = [*request.GET.getlist("record")[:MOST], request.GET.get("records", "")[:1_000]]
    initial = {"records": ", ".join(each for each in chosen if each)}
    form = MergeForm(request.POST or None, review=review, initial=initial)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            made = services.merge_records(form.cleaned_data["records"], by=request.user)
            return redirect("dedup:group", review_id=review.pk, group_id=made.pk)
    records = form.named(request.POST.get("records", initial["records"]))
    context = {"review": review, "form": form, "records": records}
    return render(request, "dedup/merge.html", context, status=422 if form.errors else 200)


@member_can("view")
def rules(request: HttpRequest, review: Review) -> HttpResponse:
    can_judge = request.membership.can("deduplicate")
    context = {
        "review": review,
        "rules": RULES,
        "method": services.method_sentence(review),
        "can_judge": can_judge,
    }
    return render(request, "dedup/rules.html", context)


@require_POST
@member_can("deduplicate")
def look_again(request: HttpRequest, review: Review) -> HttpResponse:
    """Compare all records of the review anew."""
    running = Job.objects.in_review(review).active().filter(kind="dedup.find").first()
    job = running or start_job("dedup.find", review=review, by=request.user, anew=True)
    return redirect("jobs:show", review_id=review.pk, job_id=job.pk)


def _waiting(request: HttpRequest, review: Review) -> Page:
    waiting = PossibleDuplicate.objects.waiting_in(review).with_records()
    return page_of(waiting, request, order="-score", size=SHOWN)


def _pair_page(
    request: HttpRequest, review: Review, page: Page, row: PossibleDuplicate | None
) -> HttpResponse:
    judged_id = request.GET.get("judged", "")
    last = None
    if judged_id.isascii() and judged_id.isdigit() and len(judged_id) < 16:
        pairs = PossibleDuplicate.objects.in_review(review).exclude(resolution="")
        last = pairs.filter(pk=judged_id).first()
    waiting = PossibleDuplicate.objects.waiting_in(review)
    context = {
        "review": review,
        "page": page,
        "pair": row,
        "last": last,
        "rows": compare(row.first, row.second) if row else [],
        "later": waiting.after(row).first() if row else None,
        "waiting": services.waiting_counts(review, request.membership)["possible_duplicates"],
        **services.how_removed(review),
        "searching": Job.objects.in_review(review).active().filter(kind="dedup.find").first(),
        "has_records": Record.objects.in_review(review).exists(),
        "can_judge": request.membership.can("deduplicate"),
    }
    return render(request, "dedup/list.html", context)
