"""Two drafts side by side, only where they differ."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from reviews.core.errors import REFUSALS, message_of
from reviews.extraction import agreeing, consensus
from reviews.extraction.checks import METRICS
from reviews.extraction.compare import ONLY
from reviews.extraction.lookups import study_or_404
from reviews.extraction.models import Cohort, Extraction, TwoByTwo
from reviews.protocol.access import member_can
from reviews.protocol.models import IndexTest, ReferenceStandard, Review, TargetCondition
from reviews.studies.agreements import Standing, number_in
from reviews.studies.models import Study

NOTHING = "\u2013"
LISTS: dict[str, type[Model]] = {
    "index_test": IndexTest,
    "target_condition": TargetCondition,
    "reference_standard": ReferenceStandard,
}
CHOICES = {
    "role": dict(Cohort.Role.choices),
    "unit": dict(Cohort.Unit.choices),
    "obtained": dict(TwoByTwo.Obtained.choices),
}


@member_can("view")
def agree(request: HttpRequest, review: Review, study_id: int) -> HttpResponse:
    """Compare two drafts where they differ; propose, confirm, refuse or settle the final one."""
    membership = request.membership  # type: ignore[attr-defined]
    if not (membership.can("extract") or membership.can("adjudicate")):
        raise PermissionDenied
    study = study_or_404(review, study_id)
    if Extraction.objects.in_review(review).filter(study=study, final=True).exists():
        return redirect("extraction:study", review_id=review.pk, study_id=study.pk)
    sides = agreeing.sides_of(study)
    problem = ""
    if request.method == "POST":
        try:
            return _acted(request, study, sides)
        except REFUSALS as error:
            problem = message_of(error)
    standing = consensus.standing_of(study, sides, viewer=request.user)
    context = {
        "study": study,
        "sides": sides,
        "standing": standing,
        "rows": [_row(request, each, review, standing) for each in sides.differences],
        "names": [_name(draft, request.user) for draft in sides.drafts],
        "problem": problem,
        "answering": bool(request.POST.get("do")),
        "note": request.POST.get("note", ""),
    }
    return render(request, "extraction/agree.html", context, status=409 if problem else 200)


def _acted(request: HttpRequest, study: Study, sides: agreeing.Sides) -> HttpResponse:
    """Do what was asked; a member who extracted nothing of the study settles."""
    do, note = request.POST.get("do", ""), request.POST.get("note", "")
    if do in {"confirm", "refuse"}:
        return _answered(request, study, do, note)
    drafters = {draft.extractor_id for draft in sides.drafts}
    act = consensus.propose_agreement if request.user.pk in drafters else consensus.adjudicate
    agreement = act(
        study,
        by=request.user,
        choices=_posted(request, sides),
        seen=request.POST.get("seen", ""),
        note=note,
    )
    if agreement.in_force_at is None:
        messages.success(request, "Proposed. It holds once the other extractor confirms.")
        return redirect("extraction:agree", review_id=study.review_id, study_id=study.pk)
    messages.success(request, f"{study.label} is agreed.")
    return redirect("extraction:study", review_id=study.review_id, study_id=study.pk)


def _answered(request: HttpRequest, study: Study, do: str, note: str) -> HttpResponse:
    number = number_in(request.POST.get("agreement", ""))
    if do == "confirm":
        consensus.confirm_agreement(study, by=request.user, agreement=number)
        messages.success(request, f"{study.label} is agreed.")
        return redirect("extraction:study", review_id=study.review_id, study_id=study.pk)
    consensus.refuse_agreement(study, by=request.user, agreement=number, note=note)
    messages.success(request, "The proposal is withdrawn. What differs is open again.")
    return redirect("extraction:agree", review_id=study.review_id, study_id=study.pk)


def _posted(request: HttpRequest, sides: agreeing.Sides) -> dict[str, Any]:
    choices: dict[str, Any] = {}
    for each in sides.differences:
        choice = request.POST.get(each.key, "")
        if choice == "typed":
            choices[each.key] = {"value": request.POST.get(f"{each.key}-typed", "")}
        elif choice:
            choices[each.key] = choice
    return choices


def _row(
    request: HttpRequest, difference: Any, review: Review, standing: Standing
) -> dict[str, Any]:
    first = _shown(difference.field, difference.first, review)
    second = _shown(difference.field, difference.second, review)
    choice, typed = _split(standing.start.get(difference.key, ""))
    proposed, proposed_text = _split(standing.proposed.get(difference.key, ""))
    words = {"first": first, "second": second, "keep": "Keep it", "leave": "Leave it out"}
    return {
        "difference": difference,
        "label": _label(difference.field),
        "first": first,
        "second": second,
        "only": difference.field == ONLY,
        "typable": difference.field in agreeing.TEXTS,
        "proposed": words.get(proposed, proposed_text or NOTHING),
        "choice": request.POST.get(difference.key, choice),
        "typed": request.POST.get(f"{difference.key}-typed", typed),
    }


def _split(choice: Any) -> tuple[str, str]:
    """Return what the select of a choice says, and what was typed."""
    return ("typed", str(choice["value"])) if isinstance(choice, dict) else (choice, "")


def _label(field: str) -> str:
    outer, dot, inner = field.partition(".")
    if outer == "reported" and dot:
        return f"{METRICS.get(inner, inner).capitalize()}, as printed"
    if field in agreeing.COUNTS[:4]:
        return field.upper()
    return (inner or outer).replace("_", " ").capitalize()


def _shown(field: str, value: Any, review: Review) -> str:
    if field == ONLY:
        return "In the extraction" if value else "Not there"
    if field in LISTS:
        found = LISTS[field].objects.in_review(review).filter(pk=value).first()
        return str(found or NOTHING)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value is None or value == "":
        return NOTHING
    return str(CHOICES.get(field, {}).get(value, value))


def _name(draft: Extraction, viewer: Any) -> str:
    return "You" if draft.extractor_id == viewer.pk else str(draft.extractor)
