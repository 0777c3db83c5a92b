"""Jobs of this stage."""

import time

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.jobs.registry import job_kind
from reviews.jobs.work import Work
from reviews.synthesis import services
from reviews.synthesis.inputs import COUNTS
from reviews.synthesis.models import Run
from reviews.synthesis.plans import compared_by


@job_kind("synthesis.run")
def pool_tables(work: Work) -> None:
    """Fit the model to a run's frozen tables and keep the result."""
    run = Run.objects.in_review(work.review).filter(pk=work.arguments["run_id"]).first()
    if run is None:
        raise DomainError("The run no longer exists.")
    if run.finished_at:
        return
    if run.engine_version != bridge.engine_version():
        raise DomainError(
            f"The run was asked of version {run.engine_version} of the statistics, this worker"
            f" has {bridge.engine_version()}. Run the plan again."
        )
    started = time.monotonic()
    result = bridge.analyse_tables(
        [tuple(row[name] for name in COUNTS) for row in run.inputs],
        [row["label"] for row in run.inputs],
        model=run.options["model"],
        compare=compared_by(run.definition, run.inputs),
        progress=work.progress,
    )
    seconds = time.monotonic() - started
    with work.final():
        services.finish_run(run, result=result, seconds=seconds)
