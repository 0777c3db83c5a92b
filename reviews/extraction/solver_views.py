"""The workbench: the counts behind what a report prints."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from reviews import bridge
from reviews.core.errors import DomainError, shown_on
from reviews.extraction import services
from reviews.extraction.checks import METRICS
from reviews.extraction.lookups import table_or_404
from reviews.extraction.models import CELLS, TwoByTwo
from reviews.extraction.solver_form import SolverForm
from reviews.protocol.access import member_can
from reviews.protocol.models import Review

SHOWN = 20
MOST_COMPARED = 4


@member_can("extract")
def solver(request: HttpRequest, review: Review) -> HttpResponse:
    """Find the counts behind printed percentages, for no table in particular."""
    return _solve(request, review, None)


@member_can("extract")
def solve(request: HttpRequest, review: Review, table_id: int) -> HttpResponse:
    """Find the counts of a table, and use one of the solutions."""
    return _solve(request, review, table_or_404(request, review, table_id))


def _solve(request: HttpRequest, review: Review, table: TwoByTwo | None) -> HttpResponse:
    form = _solver_form(request, _of(table))
    solution, picked = None, request.POST.get("use", "")
    if form.is_bound and form.is_valid():
        with shown_on(form):
            solution = bridge.solve_two_by_two(**form.facts())
            if picked and table:
                return _use(request, table, form, solution, picked)
    context = {
        "form": form,
        "table": table,
        "solution": solution,
        "solutions": _described(solution),
        "deciding": _deciding(solution, form),
        "action": request.path,
    }
    if not request.htmx:
        context["earlier"] = _solved_earlier(request, review)
    template = "extraction/_solutions.html" if request.htmx else "extraction/solver.html"
    failed = request.method == "POST" and form.errors and not request.htmx
    return render(request, template, context, status=400 if failed else 200)


def _solver_form(request: HttpRequest, known: dict[str, Any]) -> SolverForm:
    """Return the form; what is known of a table is solved at once."""
    if request.method == "POST":
        return SolverForm(request.POST)
    enough = any(known.get(name) for name in ("n", "n_neg", "n_max"))
    enough = enough and any(known.get(name) for name in METRICS)
    return SolverForm(known) if enough else SolverForm(initial=known)


def _of(table: TwoByTwo | None) -> dict[str, Any]:
    """Start from what the table or its cohort already says is printed."""
    if table is None:
        return {}
    cohort = table.cohort
    total = cohort.units if cohort.units is not None else cohort.participants
    said = {"n": total, "n_pos": cohort.with_condition, "reported": table.reported or {}}
    kept = table.solver.get("input") if table.solver else None
    return SolverForm.from_facts(kept or said)


def _deciding(solution: dict[str, Any] | None, form: SolverForm) -> list[dict[str, Any]]:
    """Return what the report might say besides that would decide between a few tables."""
    if not solution or not 1 < solution["count"] <= MOST_COMPARED:
        return []
    given = {name for name, value in form.cleaned_data.items() if value not in (None, "")}
    return [row for row in bridge.deciding(solution["solutions"]) if row["fact"] not in given]


def _solved_earlier(request: HttpRequest, review: Review) -> list[TwoByTwo]:
    visible = TwoByTwo.objects.in_review(review).visible_to(request.user)
    solved = visible.filter(obtained=TwoByTwo.Obtained.SOLVED, cohort__extraction__final=True)
    return list(solved.with_context().order_by("-pk")[:SHOWN])


def _described(solution: dict[str, Any] | None) -> list[dict[str, Any]]:
    names = CELLS
    tables = solution["solutions"][:SHOWN] if solution else []
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
    cells = next((c for c in solution["solutions"] if "-".join(map(str, c)) == picked), None)
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
        **dict(zip(CELLS, cells, strict=True)),
        obtained=TwoByTwo.Obtained.SOLVED,
        reported=table.reported | form.checked(),
        solver={"input": form.facts(), "count": solution["count"], "reason": reason},
    )
    messages.success(request, f"The table is now {', '.join(map(str, cells))}, solved.")
    extraction = table.cohort.extraction
    response = redirect("extraction:work", review_id=table.review_id, extraction_id=extraction.pk)
    response["Location"] += f"?table={table.pk}"
    return response
