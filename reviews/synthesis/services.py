"""Write plans, run them once per state of the data, and tell what has changed since."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.core.versions import save_version
from reviews.jobs.models import Job
from reviews.jobs.services import start_job
from reviews.protocol.models import Review
from reviews.synthesis import plans
from reviews.synthesis.inputs import hash_of, input_hash, inputs_for, names_in, rows_of
from reviews.synthesis.models import Plan, Run

OPTIONS = {"model": "bivariate", "level": 0.95}
NO_RESULT = "This run has no result yet."
RETIRED = "This plan is retired. Take it up again before you change or run it."


@transaction.atomic
def create_plan(review: Review, *, by: Any, name: str, definition: dict[str, Any]) -> Plan:
    """Write down a new analysis plan."""
    plan = Plan(
        review=review, name=name.strip(), definition=_checked(review, definition), created_by=by
    )
    plan.full_clean(exclude=["locked_at", "retired_at"])
    plan.save()
    return plan


@transaction.atomic
def edit_plan(plan: Plan, *, by: Any, version: int, name: str, definition: dict[str, Any]) -> Plan:
    """Change a plan; runs already made keep the definition they were made with."""
    plan = Plan.objects.select_related("review").get(pk=plan.pk)
    if plan.retired_at:
        raise DomainError(RETIRED)
    plan.name, plan.definition = name.strip(), _checked(plan.review, definition)
    return save_version(plan, version=version, fields=["name", "definition"])


@transaction.atomic
def retire_plan(plan: Plan, *, by: Any) -> None:
    """Put a plan aside; its runs stay readable."""
    _set_retired(plan, Now())


@transaction.atomic
def restore_plan(plan: Plan, *, by: Any) -> None:
    """Take a retired plan up again."""
    _set_retired(plan, None)


def _set_retired(plan: Plan, when: Any) -> None:
    changing = Plan.objects.filter(pk=plan.pk, retired_at__isnull=when is not None)
    changing.update(retired_at=when, version=F("version") + 1)


def _checked(review: Review, definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition that is whole and names only what this review has."""
    try:
        whole = plans.checked(definition)
    except plans.BadPlan as error:
        raise DomainError(str(error)) from error
    names = names_in(review)
    for kind in plans.LISTS:
        if not set(whole[kind]) <= set(names[kind]):
            raise DomainError("The plan names something this review does not have.")
    return whole


@transaction.atomic
def start_run(plan: Plan, *, by: Any) -> Run:
    """Freeze today's tables and have a worker pool them; what was run already is returned."""
    # The lock makes the second of two clicks see the first one's run.
    plan = Plan.objects.select_for_update(of=("self",)).select_related("review").get(pk=plan.pk)
    if plan.retired_at:
        raise DomainError(RETIRED)
    inputs = inputs_for(plan.definition, rows_of(plan.review))
    if not inputs:
        raise DomainError("No 2x2 table fits this plan yet, so there is nothing to pool.")
    key = {
        "plan_version": plan.version,
        "input_hash": input_hash(inputs),
        "options_hash": hash_of(OPTIONS),
        "engine_version": bridge.engine_version(),
    }
    if (known := _known_run(plan, key)) is not None:
        return known
    run = Run.objects.create(
        review=plan.review,
        plan=plan,
        definition=plan.definition,
        inputs=inputs,
        options=OPTIONS,
        asked_by=by,
        **key,
    )
    run.job = start_job("synthesis.run", review=plan.review, by=by, run_id=run.pk)
    run.save(update_fields=["job"])
    return run


def _known_run(plan: Plan, key: dict[str, Any]) -> Run | None:
    same = plan.runs.filter(**key)
    finished = same.filter(finished_at__isnull=False).first()
    live = same.filter(
        finished_at__isnull=True, job__in=Job.objects.active().filter(cancel_requested=False)
    )
    return finished or live.first()


def finish_run(run: Run, *, result: dict[str, Any], seconds: float) -> None:
    """Keep a result, once; call it where the job ends."""
    Run.objects.filter(pk=run.pk, finished_at__isnull=True).update(
        result=result, seconds=seconds, finished_at=Now()
    )
