"""Decisions, conflicts, retrieval and full-text decisions of the demo."""

from typing import Any

from reviews.accounts.models import User
from reviews.demo import facts
from reviews.demo.cast import Demo, acting
from reviews.demo.load_records import do_waiting_jobs
from reviews.demo.screening import Decision, Settlement
from reviews.fulltext import services as fulltext
from reviews.fulltext.models import Report
from reviews.screening import services
from reviews.screening.models import ScreeningItem, Stage


def screen(demo: Demo) -> None:
    """Screen titles and abstracts, retrieve reports, screen full texts."""
    _decide(demo, Stage.TITLE_ABSTRACT)
    with acting(demo.people["ana"]):
        fulltext.seek_reports(demo.review)
        _retrieve(demo)
    do_waiting_jobs(demo)
    _decide(demo, Stage.FULL_TEXT)


def _decide(demo: Demo, stage: str) -> None:
    items = {
        item.record_id: item
        for item in ScreeningItem.objects.in_review(demo.review).filter(stage=stage)
    }

    def item_of(key: str) -> ScreeningItem:
        return items[demo.records[key].pk]

    reasons = demo.rows["reason"]
    for decision in (each for each in facts.DECISIONS if each.stage == stage):
        by = demo.people[decision.reviewer]
        with acting(by):
            _record(item_of(decision.record), by, decision, reasons)
    for end in (each for each in facts.SETTLEMENTS if each.stage == stage):
        _settle(item_of(end.record), end, demo)


def _record(item: ScreeningItem, by: User, decision: Decision, reasons: dict[str, Any]) -> None:
    services.record_decision(
        item,
        by=by,
        verdict=decision.verdict,
        reason=reasons.get(decision.reason),
        seconds=decision.seconds,
    )
    if decision.note:
        services.add_note(item, by=by, text=decision.note)


def _settle(item: ScreeningItem, end: Settlement, demo: Demo) -> None:
    by, reason = demo.people[end.by], demo.rows["reason"].get(end.reason)
    with acting(by):
        if end.how == "adjudication":
            services.adjudicate(item, by=by, verdict=end.verdict, reason=reason, note=end.note)
            return
        services.propose_consensus(item, by=by, verdict=end.verdict, reason=reason, note=end.note)
    other = demo.people[end.confirmed_by]
    with acting(other):
        services.confirm_consensus(item, by=other)


def _retrieve(demo: Demo) -> None:
    reports = {report.record_id: report for report in Report.objects.in_review(demo.review)}
    for found in facts.RETRIEVALS:
        if found.status != Report.Retrieval.SOUGHT or found.attempts:
            fulltext.set_retrieval(
                reports[demo.records[found.record].pk],
                by=demo.people["ana"],
                retrieval=found.status,
                attempts=found.attempts,
            )
