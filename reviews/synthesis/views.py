"""Pages: analysis plans."""

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from reviews.core.errors import StaleEdit, shown_on
from reviews.core.versions import stale_page
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.synthesis import plans as rules
from reviews.synthesis import services
from reviews.synthesis.changes import is_stale, newest_runs, tally
from reviews.synthesis.forms import PlanForm
from reviews.synthesis.inputs import inputs_for, names_in, rows_of
from reviews.synthesis.models import Plan, Run


@member_can("view")
def plans(request: HttpRequest, review: Review) -> HttpResponse:
    everything = list(Plan.objects.in_review(review))
    names, rows, runs = names_in(review), rows_of(review), newest_runs(review)
    entries = [
        {
            "plan": plan,
            "sentence": rules.sentence(plan.definition, names),
            "tally": tally(inputs_for(plan.definition, rows)),
            "run": (run := runs.get(plan.pk)),
            "stale": bool(run) and is_stale(plan, run, rows),
        }
        for plan in everything
        if not plan.retired_at
    ]
    context = {
        "entries": entries,
        "retired": [plan for plan in everything if plan.retired_at],
        "tables": len(rows),
        "can_plan": request.membership.can("plan"),
    }
    return render(request, "synthesis/plans.html", context)


@member_can("view")
def plan(request: HttpRequest, review: Review, plan_id: int) -> HttpResponse:
    """Show a plan: what it would pool today, what it leaves out, and its runs."""
    found = get_object_or_404(Plan.objects.in_review(review), pk=plan_id)
    pooled = {arm: F(f"result__fit__{arm}__estimate") for arm in ("sensitivity", "specificity")}
    runs = found.runs.select_related("asked_by", "job").annotate(**pooled).defer("result")
    context = {
        "plan": found,
        "runs": _numbered(list(runs)),
        "can_plan": request.membership.can("plan"),
        "can_run": request.membership.can("run"),
        **_chosen(review, found.definition),
    }
    return render(request, "synthesis/plan.html", context)


def _numbered(runs: list[Run]) -> list[Run]:
    """Number finished runs in the order in which they were asked for."""
    number = 0
    for run in reversed(runs):
        if run.finished_at:
            number += 1
            run.number = number
    return runs


def _chosen(review: Review, definition: rules.Definition) -> dict[str, Any]:
    """Return what a definition says and which tables it takes today."""
    chosen, left_out = rules.choose(rows_of(review), definition)
    sentence = rules.sentence(definition, names_in(review))
    return {"sentence": sentence, "chosen": chosen, "left_out": left_out, "tally": tally(chosen)}


@require_http_methods(["GET", "HEAD", "POST"])
@member_can("plan")
def new(request: HttpRequest, review: Review) -> HttpResponse:
    blank = Plan(review=review)
    if request.method != "POST":
        blank.name, blank.definition = _copied(request, review)
        form = PlanForm(instance=blank)
        context = {"form": form, **_chosen(review, blank.definition)}
        return render(request, "synthesis/form.html", context)
    form = PlanForm(request.POST, instance=blank)
    if form.is_valid() and "preview" not in request.POST:
        with shown_on(form):
            made = services.create_plan(
                review,
                by=request.user,
                name=form.cleaned_data["name"],
                definition=form.definition(),
            )
            return redirect("synthesis:plan", review_id=review.pk, plan_id=made.pk)
    context = {"form": form, **_previewed(review, form)}
    return render(request, "synthesis/form.html", context)


def _copied(request: HttpRequest, review: Review) -> tuple[str, rules.Definition]:
    """Return the name and definition to start from: those of ?copy=, or of the usual plan."""
    copy = request.GET.get("copy", "")
    if not copy.isdecimal() or len(copy) > 18:
        return "", rules.empty_definition()
    model = get_object_or_404(Plan.objects.in_review(review), pk=int(copy))
    if request.GET.get("units") == rules.PATIENT:
        return f"{model.name}, people only"[:120], {**model.definition, "units": rules.PATIENT}
    return f"{model.name}, copy"[:120], model.definition


def _previewed(review: Review, form: PlanForm) -> dict[str, Any]:
    if not form.is_readable:
        return {"unreadable": True}
    try:
        definition = rules.checked(form.definition())
    except rules.BadPlan as error:
        return {"unreadable": True, "reason": str(error)}
    return _chosen(review, definition)


@require_POST
@member_can("plan")
def preview(request: HttpRequest, review: Review) -> HttpResponse:
    """Answer the sentence and the tables of a form that is being filled in."""
    form = PlanForm(request.POST, instance=Plan(review=review))
    return render(request, "synthesis/_preview.html", _previewed(review, form))


@require_http_methods(["GET", "HEAD", "POST"])
@member_can("plan")
def edit(request: HttpRequest, review: Review, plan_id: int) -> HttpResponse:
    found = get_object_or_404(Plan.objects.in_review(review), pk=plan_id)
    if request.method != "POST":
        context = {"plan": found, "form": PlanForm(instance=found)}
        return render(request, "synthesis/form.html", context | _chosen(review, found.definition))
    form = PlanForm(request.POST, instance=found)
    if form.is_valid() and "preview" not in request.POST:
        try:
            with shown_on(form):
                services.edit_plan(
                    found,
                    by=request.user,
                    version=form.cleaned_data["version"] or 0,
                    name=form.cleaned_data["name"],
                    definition=form.definition(),
                )
                messages.success(request, "The plan is saved. Earlier runs stay as they are.")
                return redirect("synthesis:plan", review_id=review.pk, plan_id=plan_id)
        except StaleEdit as error:
            return stale_page(request, form, error)
    context = {"plan": found, "form": form, **_previewed(review, form)}
    return render(request, "synthesis/form.html", context)


@require_POST
@member_can("plan")
def retire(request: HttpRequest, review: Review, plan_id: int) -> HttpResponse:
    found = get_object_or_404(Plan.objects.in_review(review), pk=plan_id)
    services.retire_plan(found, by=request.user)
    messages.success(request, f"{found.name} is retired. It can be taken up again below.")
    return redirect("synthesis:plans", review_id=review.pk)


@require_POST
@member_can("plan")
def restore(request: HttpRequest, review: Review, plan_id: int) -> HttpResponse:
    found = get_object_or_404(Plan.objects.in_review(review), pk=plan_id)
    services.restore_plan(found, by=request.user)
    return redirect("synthesis:plan", review_id=review.pk, plan_id=plan_id)
