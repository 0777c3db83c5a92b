"""The pages of duplicates: judging, taking back, merging by hand."""

import pytest
from django.urls import reverse

from reviews.dedup import services
from reviews.models import DuplicateGroup, PossibleDuplicate, Record
from tests.factories import RecordFactory
from tests.reviews.dedup.build import TITLE, copies, doubtful, find, kept

pytestmark = pytest.mark.django_db
PAGES = ["list", "groups", "judged", "rules"]


def url(name, review, *args):
    return reverse(f"dedup:{name}", args=[review.pk, *args])


@pytest.mark.parametrize("name", [*PAGES, "merge"])
def test_an_outsider_finds_nothing(client, review, outsider, name):
    client.force_login(outsider)
    assert client.get(url(name, review)).status_code == 404


def test_an_observer_reads_and_does_not_judge(client, review, observer):
    pair = doubtful(review)
    client.force_login(observer)
    page = client.get(url("list", review))
    assert page.status_code == 200
    assert "Same report: keep one" not in page.content.decode()
    assert client.get(url("merge", review)).status_code == 403
    for name, pk in [("resolve", pair.pk), ("dissolve", 1)]:
        assert client.post(url(name, review, pk)).status_code == 403
    assert client.post(url("find", review)).status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_review_says_what_comes_next(client, review, reviewer, name):
    client.force_login(reviewer)
    assert client.get(url(name, review)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_list_costs_the_same_for_any_number_of_rows(
    client, review, reviewer, django_assert_max_num_queries, name
):
    for n in range(20):
        copies(review, 2, title=f"{TITLE} {n}", doi=f"10.1/{n}")
        one, other = copies(review, 2, title=f"A different title altogether {n}", doi="")
        PossibleDuplicate.objects.create(
            review=review,
            first=one,
            second=other,
            score=n / 20,
            resolution="different" if n % 2 else "",
        )
    find(review)
    client.force_login(reviewer)
    with django_assert_max_num_queries(12):
        assert client.get(url(name, review)).status_code == 200


def judge(client, review, pair, resolution, version=1):
    given = {"resolution": resolution, "version": version}
    return client.post(url("resolve", review, pair.pk), given, follow=True)


def test_a_pair_is_shown_with_its_differences_judged_and_taken_back(client, review, reviewer):
    pair = doubtful(review)
    client.force_login(reviewer)
    page = client.get(url("list", review)).content.decode()
    assert '<mark class="diff">arXiv</mark>' in page
    for key in "rdus":
        assert f'data-key="{key}"' in page
    page = judge(client, review, pair, "same")
    assert "Merged" in page.content.decode()
    assert "Take it back" in page.content.decode()
    assert len(kept(review)) == 1
    judge(client, review, pair, "", version=2)
    assert len(kept(review)) == 2


def test_a_pair_judged_in_another_tab_is_not_judged_twice(client, review, reviewer):
    pair = doubtful(review)
    client.force_login(reviewer)
    judge(client, review, pair, "linked")
    page = judge(client, review, pair, "same")
    assert "meanwhile" in page.content.decode()
    assert len(kept(review)) == 2


@pytest.mark.parametrize(
    ("resolution", "version"),
    [("nonsense", 1), ("same", ""), ("same", "x"), ("same", "9" * 30), ("same", "²")],
)
def test_a_judgement_that_cannot_be_read_changes_nothing(
    client, review, reviewer, resolution, version
):
    pair = doubtful(review)
    client.force_login(reviewer)
    assert judge(client, review, pair, resolution, version).status_code == 409
    assert len(kept(review)) == 2


def test_another_reviews_ids_are_as_if_missing(client, review, reviewer):
    other = RecordFactory().review
    pair = doubtful(other)
    group = services.merge_records([pair.first, pair.second], by=other.created_by)
    client.force_login(reviewer)
    assert client.get(url("pair", review, pair.pk)).status_code == 404
    assert client.get(url("group", review, group.pk)).status_code == 404
    assert client.post(url("resolve", review, pair.pk)).status_code == 404
    assert client.post(url("dissolve", review, group.pk)).status_code == 404
    (mine,) = copies(review, 1)
    page = client.post(url("merge", review), {"records": f"{mine.pk}, {pair.first_id}"})
    assert page.status_code == 422
    assert "no record" in page.content.decode()
    assert client.get(url("list", review), {"judged": pair.pk}).status_code == 200


@pytest.mark.parametrize("written", ["", "1", "one two", "9999999999999999999", "1,²", "a" * 2000])
def test_merging_by_hand_refuses_what_is_no_pair_of_records(client, review, reviewer, written):
    client.force_login(reviewer)
    assert client.post(url("merge", review), {"records": written}).status_code == 422


def test_records_are_merged_by_hand_and_taken_apart(client, review, reviewer):
    one, other = copies(review, 2, doi="")
    client.force_login(reviewer)
    client.post(url("merge", review), {"records": f"{one.pk} {other.pk}"})
    group = DuplicateGroup.objects.get()
    page = client.get(url("group", review, group.pk)).content.decode()
    assert "merged by" in page
    assert f"Record {other.pk}" in page
    client.post(url("dissolve", review, group.pk))
    assert len(kept(review)) == 2
    assert client.post(url("dissolve", review, group.pk)).status_code == 409


def test_a_record_shows_where_its_copies_are(client, review, reviewer):
    one, other = copies(review)
    find(review)
    client.force_login(reviewer)
    page = client.get(reverse("searches:record", args=[review.pk, one.pk])).content.decode()
    assert f"Record {other.pk}" in page
    removed = reverse("searches:records", args=[review.pk]) + "?copies=removed"
    assert len(client.get(removed).context["page"]) == Record.objects.count_removed(review) == 1


def test_one_record_is_taken_out_on_the_groups_page(client, review, reviewer):
    one, _, three = copies(review, 3)
    find(review)
    group = DuplicateGroup.objects.get()
    client.force_login(reviewer)
    assert "Take out<span class" in client.get(url("group", review, group.pk)).content.decode()
    page = client.post(url("take_out", review, three.pk))
    assert page["Location"] == url("group", review, group.pk)
    assert client.post(url("take_out", review, three.pk)).status_code == 409
    page = client.post(url("take_out", review, one.pk))
    assert page["Location"] == reverse("searches:record", args=[review.pk, one.pk])
    assert len(kept(review)) == 3


def test_another_reviews_record_cannot_be_taken_out(client, review, reviewer, observer):
    foreign = copies(RecordFactory().review, 1)[0]
    client.force_login(reviewer)
    assert client.post(url("take_out", review, foreign.pk)).status_code == 404
    client.force_login(observer)
    assert client.post(url("take_out", review, foreign.pk)).status_code == 403


def test_a_dissolved_group_shows_its_records_and_the_way_back(client, review, reviewer):
    records = copies(review)
    find(review)
    client.force_login(reviewer)
    group = DuplicateGroup.objects.get()
    client.post(url("dissolve", review, group.pk))
    page = client.get(url("group", review, group.pk)).content.decode()
    for record in records:
        assert f"record={record.pk}" in page
    assert "Merge them again" in page
    page = client.get(url("merge", review), {"record": [each.pk for each in records]})
    assert page.context["form"].initial["records"] == ", ".join(str(each.pk) for each in records)
    assert len(page.context["records"]) == 2


def test_records_are_chosen_in_the_list_and_merged(client, review, reviewer, observer):
    one, other = copies(review, doi="")
    client.force_login(reviewer)
    page = client.get(reverse("searches:records", args=[review.pk])).content.decode()
    assert f'name="record" value="{one.pk}"' in page
    assert "Merge the chosen" in page
    chosen = client.get(url("merge", review), {"record": [one.pk, other.pk]})
    written = chosen.context["form"].initial["records"]
    client.post(url("merge", review), {"records": written})
    assert len(kept(review)) == 1
    client.force_login(observer)
    page = client.get(reverse("searches:records", args=[review.pk])).content.decode()
    assert "Merge the chosen" not in page


def test_only_words_that_differ_are_marked(client, review, reviewer):
    one, other = copies(review, doi="")
    Record.objects.filter(pk=other.pk).update(title=TITLE.upper() + ".", journal="Bone")
    Record.objects.filter(pk=one.pk).update(journal="Radiology")
    pair = PossibleDuplicate.objects.create(review=review, first=one, second=other)
    client.force_login(reviewer)
    page = client.get(url("pair", review, pair.pk)).content.decode()
    assert '<mark class="diff">Bone</mark>' in page
    assert page.count('class="diff"') == 3  # both journals, and the legend


def test_the_method_stands_on_the_rules_page_and_in_the_appendix(client, review, reviewer):
    copies(review)
    find(review)
    client.force_login(reviewer)
    assert "matching rules, version" in client.get(url("rules", review)).content.decode()
    text = client.get(reverse("reporting:strategies", args=[review.pk, "txt"]))
    said = b"".join(text.streaming_content) if text.streaming else text.content
    assert "De-duplication" in said.decode()
    assert "1 duplicate records were removed" in said.decode()
