"""Two drafts side by side, only where they differ; and the solver of 2x2 tables."""

from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from reviews import bridge
from reviews.core.errors import REFUSALS, DomainError, message_of, shown_on
from reviews.extraction import agreeing, services
from reviews.extraction.checks import METRICS
from reviews.extraction.compare import ONLY
from reviews.extraction.forms import SolverForm
from reviews.extraction.lookups import study_or_404, table_or_404
from reviews.extraction.models import Cohort, Extraction, TwoByTwo
from reviews.protocol.access import member_can
from reviews.protocol.models import IndexTest, ReferenceStandard, Review, TargetCondition

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


@member_can("extract")
def agree(request: HttpRequest, review: Review, study_id: int) -> HttpResponse:
    """Settle each difference by one draft's value or another, and make the final extraction."""
    study = study_or_404(review, study_id)
    if Extraction.objects.in_review(review).filter(study=study, final=True).exists():
        return redirect("extraction:study", review_id=review.pk, study_id=study.pk)
    sides = agreeing.sides_of(study)
    problem = ""
    if request.method == "POST":
        choices = _posted(request, sides)
        try:
            agreeing.agree_extraction(
                study, by=request.user, choices=choices, seen=request.POST.get("seen", "")
            )
        except REFUSALS as error:
            problem = message_of(error)
        else:
            messages.success(request, f"{study.label} is agreed.")
            return redirect("extraction:study", review_id=review.pk, study_id=study.pk)
    context = {
        "study": study,
        "sides": sides,
        "rows": [_row(request, each, review) for each in sides.differences],
        "names": [_name(draft, request.user) for draft in sides.drafts],
        "problem": problem,
    }
    return render(request, "extraction/agree.html", context, status=409 if problem else 200)


def _posted(request: HttpRequest, sides: agreeing.Sides) -> dict[str, Any]:
    choices: dict[str, Any] = {}
    for each in sides.differences:
        choice = request.POST.get(each.key, "")
        if choice == "typed":
            choices[each.key] = {"value": request.POST.get(f"{each.key}-typed", "")}
        elif choice:
            choices[each.key] = choice
    return choices


def _row(request: HttpRequest, difference: Any, review: Review) -> dict[str, Any]:
    return {
        "difference": difference,
        "label": _label(difference.field),
        "first": _shown(difference.field, difference.first, review),
        "second": _shown(difference.field, difference.second, review),
        "only": difference.field == ONLY,
        "typable": difference.field in agreeing.TEXTS,
        "choice": request.POST.get(difference.key, ""),
        "typed": request.POST.get(f"{difference.key}-typed", ""),
    }


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


@member_can("extract")
def solver(request: HttpRequest, review: Review) -> HttpResponse:
    """Find the counts behind printed percentages, for no table in particular."""
    return _solve(request, None)


@member_can("extract")
def solve(request: HttpRequest, review: Review, table_id: int) -> HttpResponse:
    """Find the counts of a table, and use one of the solutions."""
    return _solve(request, table_or_404(request, review, table_id))


def _solve(request: HttpRequest, table: TwoByTwo | None) -> HttpResponse:
    form = _solver_form(request, _of(table))
    solution, picked = None, request.POST.get("use", "")
    if form.is_bound and form.is_valid():
        with shown_on(form):
            solution = bridge.solve_two_by_two(
                n=form.cleaned_data["n"],
                n_pos=form.cleaned_data["n_pos"],
                reported=form.reported(),
            )
            if picked and table:
                return _use(request, table, form, solution, picked)
    context = {
        "form": form,
        "table": table,
        "solution": solution,
        "solutions": _described(solution),
        "action": request.path,
    }
    template = "extraction/_solutions.html" if request.htmx else "extraction/solver.html"
    failed = request.method == "POST" and form.errors and not request.htmx
    return render(request, template, context, status=400 if failed else 200)


def _solver_form(request: HttpRequest, known: dict[str, Any]) -> SolverForm:
    """Return the form; what is known of a table is solved at once."""
    if request.method == "POST":
        return SolverForm(request.POST)
    enough = known.get("n") and any(known.get(name) for name in METRICS)
    return SolverForm(known) if enough else SolverForm(initial=known)


def _of(table: TwoByTwo | None) -> dict[str, Any]:
    """Start from what the table or its cohort already says is printed."""
    if table is None:
        return {}
    kept = table.solver.get("input", {}) if table.solver else {}
    reported = kept.get("reported") or table.reported or {}
    cohort = table.cohort
    total = cohort.units if cohort.units is not None else cohort.participants
    return {"n": kept.get("n", total), "n_pos": kept.get("n_pos", cohort.with_condition)} | {
        name: reported.get(name, "") for name in METRICS
    }


def _described(solution: dict[str, Any] | None) -> list[dict[str, Any]]:
    names = ("tp", "fp", "fn", "tn")
    tables = solution["tables"][:20] if solution else []
    return [
        {
            "counts": dict(zip(names, cells, strict=True)),
            "text": ", ".join(map(str, cells)),
            "use": "-".join(map(str, cells)),
            "diseased": cells[0] + cells[2],
            "prevalence": (cells[0] + cells[2]) / sum(cells),
            **_predictive(cells),
            "accuracy": bridge.intervals(*cells),
        }
        for cells in tables
    ]


def _predictive(cells: list[int]) -> dict[str, float | None]:
    tp, fp, fn, tn = cells
    return {
        "ppv": tp / (tp + fp) if tp + fp else None,
        "npv": tn / (tn + fn) if tn + fn else None,
        "correct": (tp + tn) / sum(cells),
    }


def _use(
    request: HttpRequest, table: TwoByTwo, form: SolverForm, solution: dict[str, Any], picked: str
) -> HttpResponse:
    """Fill the table with a solution; the input and the number of solutions stay beside it."""
    cells = next((c for c in solution["tables"] if "-".join(map(str, c)) == picked), None)
    if cells is None:
        raise DomainError("This table does not fit what is printed. Solve again.")
    reason = request.POST.get("reason", "").strip()
    if solution["count"] > 1 and not reason:
        raise DomainError("Several tables fit. Say why you assume this one.")
    services.edit_table(
        table,
        by=request.user,
        version=table.version,
        reason=reason or "Solved from the printed values",
        **dict(zip(("tp", "fp", "fn", "tn"), cells, strict=True)),
        obtained=TwoByTwo.Obtained.SOLVED,
        reported=table.reported | form.reported(),
        solver={"input": form.facts(), "count": solution["count"], "reason": reason},
    )
    messages.success(request, f"The table is now {', '.join(map(str, cells))}, solved.")
    extraction = table.cohort.extraction
    response = redirect("extraction:work", review_id=table.review_id, extraction_id=extraction.pk)
    response["Location"] += f"?table={table.pk}"
    return response
