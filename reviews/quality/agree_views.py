"""The page of two ratings side by side: propose, confirm, refuse, or settle the agreed one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from reviews.core.errors import REFUSALS, DomainError, message_of, shown_on
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.quality import agreeing, consensus, pages, reading
from reviews.quality.forms import AgreeForm
from reviews.quality.models import ReviewInstrument
from reviews.studies.agreements import number_in
from reviews.studies.models import Agreement, Study


@member_can("view")
def reconcile(request: HttpRequest, review: Review, code: str, study_id: int) -> HttpResponse:
    pages.demand_rater_or_adjudicator(request)
    study = get_object_or_404(reading.studies_of(review), pk=study_id)
    instrument = pages.find_instrument(review, code)
    if reading.agreed_rating(review, study_id, code):
        messages.info(request, "This study has been agreed.")
        return redirect("quality:agreed", review.pk, code, study_id)
    try:
        comparison = agreeing.differences(study, instrument, viewer=request.user)
    except DomainError as error:
        messages.info(request, str(error))
        return redirect("quality:matrix", review.pk)
    if request.POST.get("do") in {"confirm", "refuse"}:
        return _answered(request, study, instrument)
    return _compared(request, study, comparison)


def _compared(request: HttpRequest, study: Study, comparison: agreeing.Comparison) -> HttpResponse:
    instrument = comparison.ratings[0].instrument
    standing = consensus.standing_of(study, comparison, viewer=request.user)
    form = AgreeForm(
        request.POST if request.method == "POST" else None,
        definition=instrument.definition,
        comparison=comparison,
        start=standing.start,
    )
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            return _chosen(request, study, comparison, form)
    context = {
        "review": request.review,  # type: ignore[attr-defined]
        "study": study,
        "instrument": instrument,
        "comparison": comparison,
        "standing": standing,
        "form": form,
        "rows": form.rows(standing.proposed),
        "raters": _names(comparison, request),
        **_judgements(instrument, comparison, request),
    }
    return render(request, "quality/reconcile.html", context, status=422 if form.errors else 200)


def _chosen(
    request: HttpRequest, study: Study, comparison: agreeing.Comparison, form: AgreeForm
) -> HttpResponse:
    """Propose what was chosen, or settle it as somebody who did not rate the study."""
    rated = request.user.pk in {rating.rater_id for rating in comparison.ratings}
    act = consensus.propose_agreement if rated else consensus.adjudicate
    instrument = comparison.ratings[0].instrument
    agreement = act(
        study,
        instrument,
        by=request.user,
        choices=form.choices(),
        seen=request.POST.get("seen"),
        note=form.cleaned_data["note"],
    )
    return _on(request, study, instrument, agreement)


def _answered(request: HttpRequest, study: Study, instrument: ReviewInstrument) -> HttpResponse:
    number = number_in(request.POST.get("agreement", ""))
    by = request.user
    try:
        if request.POST["do"] == "confirm":
            agreement = consensus.confirm_agreement(study, instrument, by=by, agreement=number)
            return _on(request, study, instrument, agreement)
        note = request.POST.get("note", "")
        consensus.refuse_agreement(study, instrument, by=by, agreement=number, note=note)
        messages.success(request, "The proposal is withdrawn. What differs is open again.")
    except REFUSALS as error:
        messages.error(request, message_of(error))
    return redirect("quality:reconcile", study.review_id, instrument.code, study.pk)


def _on(
    request: HttpRequest, study: Study, instrument: ReviewInstrument, agreement: Agreement
) -> HttpResponse:
    if agreement.in_force_at is None:
        messages.success(request, "Proposed. It holds once the other rater confirms.")
        return redirect("quality:reconcile", study.review_id, instrument.code, study.pk)
    messages.success(request, f"The rating of {study} is agreed.")
    return redirect("quality:agreed", study.review_id, instrument.code, study.pk)


def _names(comparison: agreeing.Comparison, request: HttpRequest) -> list[str]:
    return [
        "You" if rating.rater_id == request.user.pk else str(rating.rater)
        for rating in comparison.ratings
    ]


def _judgements(
    instrument: ReviewInstrument, comparison: agreeing.Comparison, request: HttpRequest
) -> dict[str, Any]:
    shown = reading.columns(instrument.definition)
    named = list(zip(_names(comparison, request), comparison.sheets, strict=True))
    shared = agreeing.shared(comparison)
    lines = pages.judgement_rows([*named, ("Agreed", shared)], shown)
    return {"columns": shown, "lines": lines, **pages.widths(shown)}
