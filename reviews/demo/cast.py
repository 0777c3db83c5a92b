"""The people, the review and the lists of the demo, entered as a team would enter them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pghistory
from allauth.account.models import EmailAddress

from reviews.accounts.models import User
from reviews.demo import facts
from reviews.protocol import services, team
from reviews.protocol.models import (
    Criterion,
    ExclusionReason,
    HighlightTerm,
    IndexTest,
    ReferenceStandard,
    Review,
    TargetCondition,
)
from reviews.searches.models import Record

REASON = "Demonstration loaded"
UNDO_SECONDS = 60  # decisions of the demo itself settle at once, those of its readers do not


@dataclass(slots=True)
class Demo:
    """The rows the demo's codes stand for."""

    review: Review
    people: dict[str, User]
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)


def acting(user: User) -> AbstractContextManager[Any]:
    """Record what is done inside as this person's, as a request of theirs would."""
    return pghistory.context(user=user.pk, reason=REASON)


def enter_people(password: str) -> dict[str, User]:
    """Make the accounts; one that exists stays as it is, its password too."""
    people = {}
    for person in facts.PEOPLE:
        user = User.objects.filter(email__iexact=person["email"]).first()
        if user is None:
            user = User.objects.create_user(
                person["email"], password, name=person["name"], time_zone=person["time_zone"]
            )
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        people[person["code"]] = user
    return people


def enter_review(people: dict[str, User]) -> Demo:
    """Start the review, bring the team together, and write the protocol."""
    lead, *others = facts.PEOPLE
    by = people[lead["code"]]
    with acting(by):
        review = services.create_review(by=by, is_demo=True, undo_seconds=0, **facts.REVIEW)
        demo = Demo(review, people)
        _enter_lists(demo, by)
    for person in others:
        _bring_in(review, person, people[person["code"]], by)
    return demo


def _bring_in(review: Review, person: dict[str, Any], user: User, by: User) -> None:
    roles = list(person["roles"])
    with acting(by):
        _, link = team.invite_member(
            review, by=by, email=user.email, roles=roles, site="", silent=True
        )
    with acting(user):
        team.accept_invitation(link.rstrip("/").rsplit("/", 1)[1], by=user)


def _enter_lists(demo: Demo, by: User) -> None:
    for kind, name, description in facts.CRITERIA:
        _add(demo, by, Criterion, name=name, description=description, kind=kind)
    for model, key, entries in (
        (IndexTest, "index_test", facts.INDEX_TESTS),
        (TargetCondition, "target_condition", facts.TARGET_CONDITIONS),
        (ReferenceStandard, "reference_standard", facts.REFERENCE_STANDARDS),
    ):
        demo.rows[key] = {
            entry["code"]: _add(
                demo, by, model, **{name: value for name, value in entry.items() if name != "code"}
            )
            for entry in entries
        }
    there = {row.name: row for row in ExclusionReason.objects.in_review(demo.review)}
    demo.rows["reason"] = {
        code: there.get(name) or _add(demo, by, ExclusionReason, name=name)
        for code, name, _ in facts.EXCLUSION_REASONS
    }
    usual = set(HighlightTerm.objects.in_review(demo.review).values_list("name", flat=True))
    for kind, words in facts.HIGHLIGHT_TERMS.items():
        for word in words:
            if word not in usual:
                _add(demo, by, HighlightTerm, name=word, kind=kind)


def _add(demo: Demo, by: User, model: Any, **values: Any) -> Any:
    return services.add_entry(model(review=demo.review, **values), by=by)
