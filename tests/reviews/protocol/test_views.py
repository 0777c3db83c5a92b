"""Pages of protocol and team."""

import re

import pytest

from reviews.protocol.models import IndexTest, Review
from tests.factories import IndexTestFactory, MembershipFactory, ReviewFactory

pytestmark = pytest.mark.django_db
EDIT = {
    "title": "New title", "question": "", "population": "", "role_of_test": "", "registration": "",
    "notice": "", "reviewers_title_abstract": 2, "reviewers_full_text": 2, "extractors": 2,
    "raters": 2, "undo_seconds": 60, "target_recall": "0.95", "recall_confidence": "0.95",
}  # fmt: skip


def url(review, rest=""):
    return f"/reviews/{review.pk}/protocol/{rest}"


def test_a_new_user_starts_a_review_and_leads_it(client, outsider):
    client.force_login(outsider)
    response = client.post("/reviews/new/", {"title": "Ultrasound for appendicitis"}, follow=True)
    review = Review.objects.get()
    assert response.redirect_chain[-1][0] == url(review)
    assert "Ultrasound for appendicitis" in response.content.decode()


def test_a_form_sent_twice_starts_one_review(client, outsider):
    client.force_login(outsider)
    once = client.get("/reviews/new/").context["form"]["once"].value()
    sent = {"title": "Ultrasound for appendicitis", "once": str(once)}
    first, second = (client.post("/reviews/new/", sent) for _ in range(2))
    assert first.url == second.url == url(Review.objects.get())
    client.post("/reviews/new/", {"title": "Another", "once": "nonsense"})
    assert Review.objects.count() == 1


def test_the_protocol_can_be_read_by_members_and_edited_by_leads(client, review, lead, observer):
    client.force_login(observer)
    page = client.get(url(review)).content.decode()
    assert "Edit question and rules" not in page
    assert client.get(url(review, "edit/")).status_code == 403
    assert client.post(url(review, "lists/index-tests/new/"), {"name": "CT"}).status_code == 403
    client.force_login(lead)
    assert client.post(url(review, "edit/"), {**EDIT, "version": 1}).status_code == 302
    review.refresh_from_db()
    assert (review.title, review.version) == ("New title", 2)


def test_a_stale_protocol_shows_both_texts_and_loses_nothing(client, review, lead):
    client.force_login(lead)
    client.post(url(review, "edit/"), {**EDIT, "title": "Saved first", "version": 1})
    response = client.post(url(review, "edit/"), {**EDIT, "title": "Mine, later", "version": 1})
    page = response.content.decode()
    assert response.status_code == 409
    assert "Saved" in page
    assert "first" in page
    assert "Mine, later" in page
    assert 'name="version" value="2"' in page
    review.refresh_from_db()
    assert review.title == "Saved first"


def test_the_merged_text_of_a_stale_save_can_be_saved_from_that_page(client, review, lead):
    client.force_login(lead)
    client.post(url(review, "edit/"), {**EDIT, "title": "Saved first", "version": 1})
    page = client.post(url(review, "edit/"), {**EDIT, "title": "Mine", "version": 1})
    shown = {row["name"]: row["yours"] for row in page.context["fields"]}
    fields = {**dict(page.context["hidden"]), **shown}
    assert set(shown) == {"title"}
    response = client.post(page.context["action"], {**fields, "title": "Both", "version": 2})
    assert response.status_code == 302
    review.refresh_from_db()
    assert review.title == "Both"


@pytest.mark.parametrize(
    "bad",
    [{"title": ""}, {"undo_seconds": 601}, {"raters": 3}, {"version": "x"}, {"extractors": -1}],
)
def test_a_bad_protocol_is_refused_with_a_sentence(client, review, lead, bad):
    client.force_login(lead)
    response = client.post(url(review, "edit/"), {**EDIT, "version": 1, **bad})
    assert response.status_code == 200
    assert response.context["form"].errors


def test_lists_are_added_to_edited_moved_and_retired(client, review, lead):
    client.force_login(lead)
    client.post(url(review, "lists/index-tests/new/"), {"name": "CT", "modality": "CT"})
    entry = IndexTest.objects.get()
    client.post(url(review, f"lists/index-tests/{entry.pk}/"), {"name": "CT scan", "version": 1})
    client.post(url(review, f"lists/index-tests/{entry.pk}/retire/"))
    entry.refresh_from_db()
    assert (entry.name, entry.retired_at is None) == ("CT scan", False)


def test_the_same_name_twice_is_a_sentence_on_the_form(client, review, lead):
    IndexTestFactory(review=review, name="CT")
    client.force_login(lead)
    response = client.post(url(review, "lists/index-tests/new/"), {"name": "ct"})
    assert "already has one of this name" in response.content.decode()


def test_a_reason_for_no_stage_is_refused_with_a_sentence(client, review, lead):
    client.force_login(lead)
    response = client.post(url(review, "lists/reasons/new/"), {"name": "Of no use"})
    assert "at which stage" in response.content.decode()


@pytest.mark.parametrize("rest", ["", "edit/", "team/", "lists/reasons/new/"])
def test_outsiders_find_nothing(client, review, outsider, rest):
    client.force_login(outsider)
    assert client.get(url(review, rest)).status_code == 404


def test_ids_of_another_review_are_not_found(client, review, lead):
    other = ReviewFactory()
    entry = IndexTestFactory(review=other)
    member = MembershipFactory(review=other)
    client.force_login(lead)
    assert client.get(url(review, f"lists/index-tests/{entry.pk}/")).status_code == 404
    assert client.get(url(review, f"lists/nonsense/{entry.pk}/")).status_code == 404
    assert client.post(url(review, f"lists/index-tests/{entry.pk}/up/")).status_code == 404
    assert client.get(url(review, f"team/{member.pk}/")).status_code == 404
    assert client.post(url(review, f"team/{member.pk}/end/")).status_code == 404


def test_a_member_can_leave_and_cannot_remove_another(client, review, reviewer, observer):
    client.force_login(observer)
    other = review.memberships.get(user=reviewer)
    own = review.memberships.get(user=observer)
    assert client.post(url(review, f"team/{other.pk}/end/")).status_code == 409
    page = client.get(url(review, "team/")).content.decode()
    # No single click ends a membership: the button is folded away.
    assert re.search(r"<summary>Leave</summary>\s*<form[^>]*/end/", page)
    assert client.post(url(review, f"team/{own.pk}/end/")).status_code == 302
    assert client.get(url(review)).status_code == 404


def test_an_invitation_is_accepted_on_its_page(client, review, lead, outsider):
    client.force_login(lead)
    page = client.post(
        url(review, "team/invite/"), {"email": outsider.email, "roles": ["observer"]}
    )
    link = page.context["link"].removeprefix("http://testserver")
    client.force_login(outsider)
    assert "invites you" in client.get(link).content.decode()
    assert client.post(link, follow=True).redirect_chain[-1][0] == f"/reviews/{review.pk}/"
    assert client.get(link).status_code == 404


def test_lists_cost_the_same_for_any_number_of_entries(
    client, review, lead, django_assert_max_num_queries
):
    IndexTestFactory.create_batch(30, review=review)
    MembershipFactory.create_batch(10, review=review)
    client.force_login(lead)
    with django_assert_max_num_queries(12):
        client.get(url(review))
    with django_assert_max_num_queries(12):
        client.get(url(review, "team/"))


@pytest.mark.parametrize("recall", ["7", "-0.1"])
def test_a_recall_beyond_all_records_is_refused(client, review, lead, recall):
    client.force_login(lead)
    response = client.post(url(review, "edit/"), {**EDIT, "target_recall": recall, "version": 1})
    assert "target_recall" in response.context["form"].errors
    review.refresh_from_db()
    assert review.version == 1
