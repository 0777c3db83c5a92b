"""The application's database role can work, and cannot touch the audit trail."""

from contextlib import contextmanager

import pghistory
import pgtrigger
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

from reviews.core.audit_lock import event_tables, lock_audit
from reviews.protocol import services
from reviews.protocol.models import Label, Review
from tests.factories import ReviewFactory, UserFactory

ROLE = "quadrant_app_of_a_test"


@contextmanager
def as_application():
    """Do what is inside with the rights of the application's role."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.fixture
def review(db):
    """Everything here is rolled back, the role and its rights included."""
    review = ReviewFactory()
    lock_audit(role=ROLE)
    lock_audit(role=ROLE)  # idempotent
    return review


def refused(statement):
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return True


def test_the_role_works_and_what_it_does_is_recorded_with_its_context(review):
    user = UserFactory()
    with as_application(), pghistory.context(user=user.pk):
        services.create_review(by=user, title="By the application")
        Label.objects.create(review=review, name="ours")
    event = apps.get_model("reviews", "LabelEvent").objects.get(name="ours")
    assert event.pgh_context.metadata["user"] == user.pk


@pytest.mark.parametrize("table", ["reviews_reviewevent", "pghistory_context"])
def test_the_role_can_neither_forge_change_drop_nor_silence_the_trail(review, table):
    with as_application():
        assert refused(f"INSERT INTO {table} SELECT * FROM {table}")
        assert refused(f"UPDATE {table} SET id = id")
        assert refused(f"DELETE FROM {table}")
        assert refused(f"TRUNCATE {table}")
        assert refused(f"DROP TABLE {table}")
        assert refused("ALTER TABLE reviews_review DISABLE TRIGGER ALL")
        assert refused("SET session_replication_role = replica")
        assert refused("CREATE TABLE hole (id int)")


def test_the_role_can_hang_no_tracking_trigger_on_a_table_of_its_own(review):
    """The functions run as the owner: on a temporary table they would record what never was."""
    with as_application():
        assert refused("CREATE TEMPORARY TABLE label (LIKE reviews_label)")
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT TEMPORARY ON DATABASE {connection.settings_dict['NAME']} TO {ROLE}")
        cursor.execute(
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE tgrelid = 'reviews_label'::regclass AND tgname LIKE '%insert_insert%'"
        )
        ((name, trigger),) = cursor.fetchall()
        forged = trigger.replace("public.reviews_label", "label").replace(name, "forged", 1)
        with as_application():
            cursor.execute("CREATE TEMPORARY TABLE label (LIKE reviews_label)")
            assert refused(forged)


def test_asking_pgtrigger_to_look_away_changes_nothing(review):
    with as_application(), pgtrigger.ignore():
        Review.objects.filter(pk=review.pk).update(title="Unseen?")
    assert apps.get_model("reviews", "ReviewEvent").objects.filter(title="Unseen?").exists()


def test_every_event_table_is_known(review):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'reviews_%event'")
        there = {name for (name,) in cursor.fetchall()}
    assert there <= set(event_tables())
    assert there
