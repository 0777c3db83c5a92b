"""Every change is recorded, whoever made it and however."""

import uuid

import pytest
from django.apps import apps
from django.db import DatabaseError, InternalError, connection, transaction

from reviews.core.http import request_id
from reviews.protocol.models import Label, Review
from tests.factories import ReviewFactory

pytestmark = pytest.mark.django_db
Event = apps.get_model("reviews", "ReviewEvent")

UNTRACKED = {
    "Job": "machinery",
    "Fingerprint": "computed from a record",
    "Heartbeat": "machinery",
    "IdempotencyKey": "answers already given",
    "Skip": "put off, not decided",
    "Slot": "leases",
    "StoredFile": "immutable, content-addressed",
    "User": "holds passwords and addresses",
}


def test_every_table_people_decide_or_edit_in_is_tracked():
    models = [
        model
        for model in apps.get_app_config("reviews").get_models()
        if not hasattr(model, "pgh_tracked_model")
    ]
    tracked = {
        model.pgh_tracked_model
        for model in apps.get_app_config("reviews").get_models()
        if hasattr(model, "pgh_tracked_model")
    }
    assert {model.__name__ for model in models if model not in tracked} == set(UNTRACKED)


def test_no_secret_enters_the_audit():
    fields = {
        field.name
        for model in apps.get_app_config("reviews").get_models()
        if hasattr(model, "pgh_tracked_model")
        for field in model._meta.fields
    }
    assert fields.isdisjoint({"password", "token_hash", "secret_hash", "email"})


def test_bulk_updates_and_raw_sql_are_recorded(review):
    Review.objects.filter(pk=review.pk).update(title="By update")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE reviews_review SET title = 'By SQL' WHERE id = %s", [review.pk])
    assert list(
        Event.objects.filter(pgh_obj=review.pk).order_by("pgh_id").values_list("title", flat=True)
    ) == [review.title, "By update", "By SQL"]


def test_an_event_cannot_be_changed_or_removed(review):
    event = Event.objects.filter(pgh_obj=review.pk).first()
    for change in (lambda: event.delete(), lambda: Event.objects.update(title="Forged")):
        with pytest.raises((InternalError, DatabaseError)), transaction.atomic():
            change()


def test_a_request_names_the_person_and_its_number(client, lead, review, rf):
    from django.http import HttpResponse

    from reviews.core.audit import HistoryContext
    from reviews.core.http import RequestId

    def view(request):
        Label.objects.create(review=review, name="From a request")
        view.number = request_id()
        return HttpResponse()

    request = rf.post("/somewhere/")
    request.user = lead
    RequestId(HistoryContext(view))(request)
    event = apps.get_model("reviews", "LabelEvent").objects.get(name="From a request")
    assert event.pgh_context.metadata["user"] == lead.pk
    assert event.pgh_context.metadata["request"] == view.number


def test_replaying_the_events_gives_the_rows_as_they_are():
    reviews = [ReviewFactory(title=str(uuid.uuid4())) for _ in range(5)]
    for review in reviews[:3]:
        Review.objects.filter(pk=review.pk).update(question="Changed", version=2)
    newest: dict[int, object] = {}
    for event in Event.objects.order_by("pgh_id"):
        newest[event.pgh_obj_id] = (event.title, event.question, event.version)
    assert newest == {
        row.pk: (row.title, row.question, row.version) for row in Review.objects.all()
    }
