"""Pages of all ratings: the matrix, the instrument, the agreed rating, the export."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from reviews.core.errors import StaleEdit, shown_on
from reviews.core.paging import page_of
from reviews.core.tables import attachment, download
from reviews.core.versions import stale_page
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.quality import agreeing, figures, pages, reading, services
from reviews.quality.exports import lines_of
from reviews.quality.forms import ReviseForm, TailorForm
from reviews.quality.instruments import DEFAULT
from reviews.quality.models import Rating
from reviews.studies.agreements import agreement_in_force
from reviews.studies.models import Agreement


@member_can("view")
def matrix(request: HttpRequest, review: Review) -> HttpResponse:
    instrument = pages.find_instrument(review, DEFAULT)
    page = page_of(reading.studies_of(review), request, order="label")
    shown = reading.columns(instrument.definition)
    rows = reading.matrix_rows(page.rows, instrument, request.membership)  # type: ignore[attr-defined]
    here = reverse("quality:matrix", args=[review.pk])
    context = {
        "review": review,
        "instrument": instrument,
        "definition": instrument.definition,
        "columns": shown,
        **pages.widths(shown),
        "rows": [(row, row.cells(shown)) for row in rows],
        "questions": sum(
            q["asked"] for each in instrument.definition["domains"] for q in each["questions"]
        ),
        "bars": reading.summary(instrument, viewer=request.user),
        "figures": figures.offered(),
        "taken_on": reading.taken_on(instrument),
        "previous_url": f"{here}?before={page.before}" if page.before else "",
        "next_url": f"{here}?after={page.after}" if page.after else "",
        "may_rate": request.membership.can("rate"),  # type: ignore[attr-defined]
        "may_tailor": request.membership.can("manage"),  # type: ignore[attr-defined]
    }
    return render(request, "quality/matrix.html", context)


@member_can("manage")
def tailor(request: HttpRequest, review: Review, code: str) -> HttpResponse:
    instrument = pages.find_instrument(review, code)
    form = TailorForm(request.POST if request.method == "POST" else None, instance=instrument)
    if request.method == "POST" and form.is_valid():
        try:
            with shown_on(form):
                services.tailor_instrument(
                    services.use_instrument(review, by=request.user, code=code),
                    by=request.user,
                    version=form.cleaned_data["version"],
                    questions=form.questions(),
                    added=form.added(),
                    per_index_test=form.per_index_test(),
                )
                messages.success(request, "Saved. Ratings from now on show the new wording.")
                return redirect("quality:tailor", review.pk, code)
        except StaleEdit as error:
            return stale_page(request, form, error)
    context = {"review": review, "instrument": instrument, "form": form}
    return render(request, "quality/tailor.html", context, status=422 if form.errors else 200)


@member_can("export")
def export(request: HttpRequest, review: Review, code: str) -> HttpResponse:
    lines = lines_of(pages.find_instrument(review, code), viewer=request.user)
    return download(lines, f"review-{review.pk}-{code}.csv")


@member_can("export")
def figure(request: HttpRequest, review: Review, code: str, name: str) -> HttpResponse:
    instrument = pages.find_instrument(review, code)
    if name not in figures.FILES:
        raise Http404("No such figure.")
    drawn, content_type = figures.draw(instrument, name, viewer=request.user)
    return attachment(drawn, content_type, f"review-{review.pk}-{code}-{name}")


@member_can("view")
def agreed(request: HttpRequest, review: Review, code: str, study_id: int) -> HttpResponse:
    rating = _agreed(review, code, study_id)
    sheet = services.sheets_of([rating], viewer=request.user)[rating.pk]
    names = pages.test_names(review)
    definition = rating.instrument.definition
    context = {
        "review": review,
        "rating": rating,
        "definition": definition,
        "code": code,
        "parts": reading.read_out(definition, sheet, names),
        "agreement": agreement_in_force(
            rating.study, kind=Agreement.Kind.RATING, instrument=rating.instrument.code
        ),
        "may_revise": agreeing.may_revise(rating.study, rating.instrument, by=request.user),
    }
    return render(request, "quality/agreed.html", context)


@member_can("view")
def revise(request: HttpRequest, review: Review, code: str, study_id: int) -> HttpResponse:
    pages.demand_rater_or_adjudicator(request)
    rating = _agreed(review, code, study_id)
    sheet = services.sheets_of([rating], viewer=request.user)[rating.pk]
    form = ReviseForm(
        request.POST if request.method == "POST" else None,
        definition=rating.instrument.definition,
        sections=reading.sections_of(rating.instrument.definition, sheet),
        sheet=sheet,
        version=rating.version,
    )
    if request.method == "POST" and form.is_valid():
        try:
            with shown_on(form):
                agreeing.revise_agreed(
                    rating,
                    by=request.user,
                    version=form.cleaned_data["version"],
                    answers=form.answers(),
                    judgements=form.judgements(),
                    reason=form.cleaned_data["reason"],
                )
                messages.success(request, "Saved. The old text stays in the history.")
                return redirect("quality:agreed", review.pk, code, study_id)
        except StaleEdit as error:
            return pages.stale_rating(request, form, error)
    context = {"review": review, "rating": rating, "code": code, "form": form}
    return render(request, "quality/revise.html", context, status=422 if form.errors else 200)


def _agreed(review: Review, code: str, study_id: int) -> Rating:
    rating = reading.agreed_rating(review, study_id, code)
    if rating is None:
        raise Http404("Not agreed.")
    return rating
