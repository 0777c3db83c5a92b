"""The one Celery task: an id comes in, the job's row says the rest."""

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from celery import shared_task
from celery.signals import worker_ready

from reviews.jobs import services, work
from reviews.jobs.heartbeat import keep_beating

BEAT_SECONDS = 15
CLICK_SECONDS = 2


@shared_task(
    name="jobs.run",
    acks_late=True,
    reject_on_worker_lost=False,
    ignore_result=True,
    soft_time_limit=work.LIMIT_MINUTES * 60,
    time_limit=(work.LIMIT_MINUTES + 5) * 60,
)
def run_job(job_id: int) -> None:
    """Do the job with this id; the message may come twice or after the job has ended."""
    work.do_job(job_id)


_senders = ThreadPoolExecutor(max_workers=4, thread_name_prefix="send")


def send(job_id: int) -> None:
    """Wake a worker, within two seconds or not at all: somebody's click is waiting.

    Redis may accept and never answer, and its client tries several times; so the sending has a
    thread, and the click an end. A message that gets through after all is harmless.
    """
    _senders.submit(run_job.apply_async, [job_id], retry=False).result(timeout=CLICK_SECONDS)


services.send_with(send)


@worker_ready.connect
def _beat(**_kwargs: object) -> None:
    """Let /readyz see that a worker lives."""
    name = f"worker-{socket.gethostname()}-{os.getpid()}"[:60]
    threading.Thread(target=keep_beating, args=[name, BEAT_SECONDS], daemon=True).start()
