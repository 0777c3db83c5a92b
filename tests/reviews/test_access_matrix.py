"""Every address of the site times everybody who might try it.

An address with a new kind of id, or one outside of reviews that is not listed here, fails the test:
whoever adds it says here what belongs in its place.
"""

import re
from datetime import timedelta

import pytest
from django.db.models import Max
from django.urls import get_resolver
from django.utils import timezone

from reviews import models
from reviews.protocol.checks import every_view
from reviews.protocol.roles import CAPABILITIES, ROLES
from reviews.protocol.tokens import hash_of, new_secret
from tests.factories import (
    CohortFactory,
    ExtractionFactory,
    MembershipFactory,
    ReportFactory,
    ReviewFactory,
    ScreeningItemFactory,
    StoredFileFactory,
    StudyFactory,
    TwoByTwoFactory,
    UserFactory,
)
from tests.reviews.reporting.world import build, run_of

pytestmark = pytest.mark.django_db

IN_REVIEW = "reviews/<int:review_id>/"
# Which row an id stands for. Ids of the API are those of the set's own model.
IDS = {
    "entry_id": models.IndexTest,
    "test_id": models.IndexTest,
    "invitation_id": models.Invitation,
    "membership_id": models.Membership,
    "token_id": models.ApiToken,
    "source_id": models.Source,
    "search_id": models.Search,
    "batch_id": models.ImportBatch,
    "record_id": models.Record,
    "pair_id": models.PossibleDuplicate,
    "group_id": models.DuplicateGroup,
    "item_id": models.ScreeningItem,
    "report_id": models.Report,
    "file_id": models.ReportFile,
    "study_id": models.Study,
    "extraction_id": models.Extraction,
    "cohort_id": models.Cohort,
    "table_id": models.TwoByTwo,
    "pin_id": models.Pin,
    "plan_id": models.Plan,
    "run_id": models.Run,
    "job_id": models.Job,
}
WORDS = {
    "verb": "retire",
    "code": "quadas-2",
    "domain": "index_test",
    "box": "screened",
    "which": "included",
    "name": "result.csv",
    "drawing": "sroc",
    "table": "summary",
    "kind": "csv",
    "checklist_item": "3",
}
LIST_KIND = "index-tests"
# Addresses that belong to no review, and whether somebody not signed in may read them.
OUTSIDE = {
    "": False,
    "reviews/": False,
    "reviews/new/": False,
    "invitations/<str:token>/": False,
    "account/": False,
    "theme/": True,
    "api/v1/schema/": False,
    "api/v1/": False,
    "api/v1/reviews/": False,
    "healthz": True,
    "readyz": True,
    "mail/": True,
}
METHODS = ("get", "post", "put", "patch", "delete")


def _routes():
    """Return the route, its view, and whether it is the API's."""
    found = []
    for route, view in every_view(get_resolver().url_patterns):
        if IN_REVIEW in route:
            found.append((route, view, route.startswith("api/")))
        elif not route.startswith("accounts/"):
            assert route in OUTSIDE, f"Say in OUTSIDE who may read /{route}"
    return found


def _address(route, view, *, review, rows):
    """Fill in the route: this review's id, and ids of the rows of ``rows``."""

    def value(match):
        name = match.group("name") or match.group("named")
        if name == "review_id":
            return str(review.pk)
        if name in {"id", "pk"}:
            return str(rows[view.cls.model])
        if name in IDS:
            return str(rows[IDS[name]])
        assert name in WORDS, f"Say in IDS or WORDS what <{name}> of /{route} stands for"
        return LIST_KIND if name == "kind" and "lists" in route else WORDS[name]

    plain = re.sub(r"[\^$]", "", route)
    pattern = r"<(?:\w+:)?(?P<name>\w+)>|\(\?P<(?P<named>\w+)>[^)]*\)"
    return "/" + re.sub(pattern, value, plain)


@pytest.fixture
def target():
    """A review with a row of everything."""
    return _full(build(3, size=12))


def _full(review):
    lead = review.created_by
    later = timezone.now() + timedelta(days=1)
    record, other = models.Record.objects.filter(review=review).order_by("pk")[:2]
    made = {"review": review}
    models.Invitation.objects.create(
        email="x@example.org",
        roles=["reviewer"],
        token_hash=hash_of(new_secret()),
        invited_by=lead,
        expires_at=later,
        **made,
    )
    models.PossibleDuplicate.objects.create(first=record, second=other, **made)
    report = ReportFactory(record=models.Record.objects.filter(**made, reports=None)[0], **made)
    study = StudyFactory(**made)
    models.StudyReport.objects.create(study=study, report=report, primary=True, **made)
    file = models.ReportFile.objects.create(
        report=report, file=StoredFileFactory(), name="a.pdf", uploaded_by=lead, **made
    )
    cohort = CohortFactory(extraction=ExtractionFactory(study=study, **made), **made)
    table = TwoByTwoFactory(cohort=cohort, **made)
    run_of(review, "MRI", [table.pk])
    models.DuplicateGroup.objects.create(method="by hand", **made)
    models.Pin.objects.create(
        extraction=cohort.extraction, cohort=cohort, field="name", page=1, file=file, **made
    )
    models.Job.objects.create(kind="screening.open", asked_by=lead, **made)
    models.Decision.objects.create(
        item=ScreeningItemFactory(**made),
        stage="title_abstract",
        reviewer=lead,
        revision=1,
        verdict="include",
        **made,
    )
    instrument = models.ReviewInstrument.objects.create(
        code="quadas-2", edition="1", definition={"domains": []}, **made
    )
    rating = models.Rating.objects.create(instrument=instrument, study=study, rater=lead, **made)
    models.Answer.objects.create(rating=rating, item="1.1", value="yes", **made)
    models.Judgement.objects.create(
        rating=rating, domain="patient_selection", kind="bias", level="low", **made
    )
    for model in (models.Criterion, models.HighlightTerm, models.Label):
        model.objects.create(name="Something", **made)
    models.ApiToken.objects.create(
        user=lead,
        name="script",
        prefix="qdt_",
        secret_hash=hash_of(new_secret()),
        expires_at=later,
        **made,
    )
    return review


def _rows(review):
    """Return the id of one row of every kind in the review."""
    wanted = set(IDS.values()) | {
        view.cls.model for route, view, api in _routes() if api and hasattr(view.cls, "model")
    }
    rows = {}
    for model in wanted:
        rows[model] = model._default_manager.filter(review=review).aggregate(n=Max("pk"))["n"]
        assert rows[model], f"the review of this test has no {model.__name__}"
    return rows


def _token(user, review, scope):
    secret = new_secret()
    models.ApiToken.objects.create(
        user=user,
        review=review,
        name="script",
        prefix=secret[:12],
        secret_hash=hash_of(secret),
        scope=scope,
        expires_at=timezone.now() + timedelta(days=1),
    )
    return {"authorization": f"Bearer {secret}"}


def _former(review):
    membership = MembershipFactory(review=review, roles=["lead", "reviewer"])
    models.Membership.objects.filter(pk=membership.pk).update(until=timezone.now())
    return membership.user


STRANGERS = {
    "anonymous": lambda review: (None, {}),
    "outsider": lambda review: (UserFactory(), {}),
    "former member": lambda review: (_former(review), {}),
    "lead of another review": lambda review: (ReviewFactory().created_by, {}),
    "token of another review": lambda review: (
        None,
        _token(review.created_by, _other_review_of(review.created_by), "write"),
    ),
}


def _other_review_of(lead):
    return ReviewFactory(created_by=lead)


def _asked(client, address, *, api, headers):
    for method in METHODS if api else METHODS[:2]:
        kind = "application/json" if api else "application/x-www-form-urlencoded"
        options = {} if method == "get" else {"content_type": kind}
        yield method, getattr(client, method)(address, headers=headers, **options).status_code


@pytest.mark.parametrize("who", STRANGERS)
def test_no_stranger_gets_anything_of_a_review(client, target, who):
    user, headers = STRANGERS[who](target)
    if user:
        client.force_login(user)
    rows, cells = _rows(target), 0
    # To somebody not signed in, and to pages that know no tokens, the answer is the way in.
    refused = {401, 302, 405} if user is None else {404, 405}
    for route, view, api in _routes():
        address = _address(route, view, review=target, rows=rows)
        allowed = {401, 404, 405} if headers and api else refused
        for method, status in _asked(client, address, api=api, headers=headers):
            assert status in allowed, (who, method, address, status)
            cells += 1
    assert cells > 300


@pytest.mark.parametrize("role", ROLES)
def test_no_member_reaches_rows_of_another_review(client, target, role):
    home = _full(build(4, size=12))
    user = MembershipFactory(review=home, roles=[role]).user
    client.force_login(user)
    rows, cells = _rows(target), 0
    for route, view, api in _routes():
        if not re.search(r"<int:(?!review_id)|entry_id", route):
            continue
        address = _address(route, view, review=home, rows=rows)
        for method, status in _asked(client, address, api=api, headers={}):
            assert status in {400, 403, 404, 405}, (role, method, address, status)
            cells += 1
    assert cells > 150


@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_the_capability_is_refused(client, target, role):
    user = MembershipFactory(review=target, roles=[role]).user
    client.force_login(user)
    rows, cells = _rows(target), 0
    for route, view, api in _routes():
        if api or role in CAPABILITIES[view.capability]:
            continue
        address = _address(route, view, review=target, rows=rows)
        for method, status in _asked(client, address, api=api, headers={}):
            assert status in {403, 405}, (role, method, address, status)
            cells += 1
    assert cells or role == "lead"


def test_a_token_for_reading_changes_nothing(client, target):
    headers = _token(target.created_by, target, "read")
    rows, cells = _rows(target), 0
    for route, view, api in _routes():
        if not api:
            continue
        address = _address(route, view, review=target, rows=rows)
        answers = dict(_asked(client, address, api=True, headers=headers))
        # 409: the run of this test holds no tables.
        assert answers.pop("get") in {200, 405, 409}, address
        assert set(answers.values()) <= {403, 405}, (address, answers)
        cells += len(answers)
    assert cells > 100


def test_outside_of_reviews_only_the_listed_addresses_answer_anybody(client):
    for route, open_to_all in OUTSIDE.items():
        address = "/" + route.replace("<str:token>", "nonsense")
        status = client.get(address).status_code
        if not open_to_all:
            assert status in {302, 401, 403, 404}, (address, status)
