"""The pages: who gets in, what they say, and what happens to bad input."""

import pytest
from django.urls import reverse

from reviews.models import Judgement, Rating, ReviewInstrument
from reviews.quality.reading import waiting_counts
from reviews.quality.services import start_rating, tailor_instrument, use_instrument
from tests.factories import IndexTestFactory, ReviewFactory, StudyFactory
from tests.reviews.quality.ratings import agreed, all_answers, all_judgements, draft, rated

pytestmark = pytest.mark.django_db
CODE = "quadas-2"
HIGH = {"index_test.bias": ("high", "Tuned on the test set.")}
STUDY_PAGES = ("rate", "reconcile", "agreed", "revise")
STUDY_POSTS = ("start", "complete", "reopen", "release")


@pytest.fixture
def study(review):
    return StudyFactory(review=review, label="Fan 2021")


@pytest.fixture
def as_user(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def page(as_user, reviewer):
    return as_user(reviewer)


def url(name, study, *more):
    if name in {"matrix"}:
        return reverse(f"quality:{name}", args=[study.review_id])
    if name in {"tailor", "export"}:
        return reverse(f"quality:{name}", args=[study.review_id, CODE])
    return reverse(f"quality:{name}", args=[study.review_id, CODE, study.pk, *more])


def sent(rating, domain, go="save", **changes):
    """Return what the rating page posts for a domain."""
    values = {"version": rating.version, "go": go}
    for key, value in all_answers().items():
        if key.startswith({"patient_selection": "1", "index_test": "2"}[domain]):
            values[f"q-{key}"] = value
    for key, (level, why) in all_judgements().items():
        if key.startswith(domain):
            values |= {f"level-{key}": level, f"why-{key}": why}
    return values | changes


def test_an_empty_review_says_where_studies_come_from(review, page):
    answer = page.get(reverse("quality:matrix", args=[review.pk]))
    assert "No studies to rate yet" in answer.text
    assert not ReviewInstrument.objects.exists()


def test_a_rater_goes_from_the_matrix_through_the_domains_to_complete(study, page, reviewer):
    assert "Rate" in page.get(url("matrix", study)).text
    answer = page.post(url("start", study), follow=True)
    assert answer.redirect_chain[-1][0].endswith("rate/patient_selection/")
    rating = Rating.objects.get(study=study, rater=reviewer)
    answer = page.post(
        url("rate_domain", study, "patient_selection"),
        sent(rating, "patient_selection", "next", **{"q-1.2": "no"}),
    )
    assert answer.url == url("rate_domain", study, "index_test")
    assert "3 of 3 answered" in page.get(answer.url).text
    draft(study, reviewer)
    answer = page.post(
        url("rate_domain", study, "flow_and_timing"),
        {"version": Rating.objects.get().version, "go": "complete"},
    )
    assert answer.url == url("matrix", study)
    assert Rating.objects.get().status == "complete"


def test_a_change_is_saved_by_htmx_with_the_next_version(study, page, reviewer):
    rating = draft(study, reviewer)
    answer = page.post(
        url("rate_domain", study, "index_test"),
        {"version": rating.version, "q-2.1": "no", "level-index_test.bias": "high"},
        headers={"HX-Request": "true"},
    )
    assert "quality/_saved.html" in [each.name for each in answer.templates]
    assert f'value="{rating.version + 1}"' in answer.text
    assert rating.answers.get(item="2.1").value == "no"
    assert rating.judgements.get(domain="index_test", kind="bias").level == "high"


def test_going_on_by_htmx_is_a_redirect(study, page, reviewer):
    rating = draft(study, reviewer)
    answer = page.post(
        url("rate_domain", study, "index_test"),
        sent(rating, "index_test", "next"),
        headers={"HX-Request": "true"},
    )
    assert answer.headers["HX-Redirect"] == url("rate_domain", study, "reference_standard")


def test_completing_too_early_says_what_is_missing_and_keeps_what_was_sent(
    study, page, review, reviewer
):
    rating = start_rating(study, use_instrument(review, by=reviewer), by=reviewer)
    answer = page.post(
        url("rate_domain", study, "index_test"), sent(rating, "index_test", "complete")
    )
    assert answer.status_code == 422
    assert "answer 1.1" in answer.text
    assert rating.answers.count() == 2
    assert 'name="version" id="version" value="2"' in answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"q-2.1": "perhaps"},
        {"level-index_test.bias": "terrible"},
        {"why-index_test.bias": "x" * 5_001},
        {"version": "soon"},
        {"version": "0"},
        {"version": "99999999999999999999"},
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(study, page, reviewer, change):
    rating = draft(study, reviewer)
    values = sent(rating, "index_test", **{"q-2.2": "no"}) | change
    for headers in ({}, {"HX-Request": "true"}):
        answer = page.post(url("rate_domain", study, "index_test"), values, headers=headers)
        assert answer.status_code in {409, 422}
    assert rating.answers.get(item="2.2").value == "yes"


def test_a_nul_byte_is_refused(study, page, reviewer):
    rating = draft(study, reviewer)
    values = sent(rating, "index_test", **{"why-index_test.bias": "a\x00b"})
    assert page.post(url("rate_domain", study, "index_test"), values).status_code == 400


def test_the_second_of_two_tabs_sees_both_texts_and_can_save_its_own(study, page, reviewer):
    rating = draft(study, reviewer)
    where = url("rate_domain", study, "index_test")
    page.post(where, sent(rating, "index_test", **{"why-index_test.bias": "First tab."}))
    for headers in ({}, {"HX-Request": "true"}):
        answer = page.post(
            where,
            sent(rating, "index_test", **{"why-index_test.bias": "Other tab.", "q-2.1": "no"}),
            headers=headers,
        )
        assert answer.status_code == 409
        assert "First" in answer.text
        assert "Other" in answer.text
    merged = {
        "version": rating.version + 1,
        "q-2.1": "No",  # the page of both texts sends the words of a choice
        "why-index_test.bias": "Both.",
    }
    assert page.post(where, merged).status_code == 302
    assert rating.answers.get(item="2.1").value == "no"
    assert rating.judgements.get(domain="index_test", kind="bias").rationale == "Both."


def test_the_same_form_sent_twice_is_no_conflict(study, page, reviewer):
    rating = draft(study, reviewer)
    values = sent(rating, "index_test", **{"q-2.1": "no"})
    codes = [
        page.post(url("rate_domain", study, "index_test"), values).status_code for _ in range(2)
    ]
    assert codes == [302, 302]


def test_a_complete_rating_is_shown_closed_and_can_be_taken_up_again(study, page, reviewer):
    rated(study, reviewer)
    answer = page.get(url("rate_domain", study, "index_test"))
    assert "Take it up again" in answer.text
    assert "disabled" in answer.text
    page.post(url("reopen", study))
    assert Rating.objects.get().status == "draft"


def test_a_study_can_be_left_to_somebody_else(study, page, reviewer):
    draft(study, reviewer)
    answer = page.post(url("release", study), follow=True)
    assert "What you entered is kept" in answer.text


def reconciled(study, reviewer, second_reviewer):
    rated(study, reviewer, answers={"2.2": "no"}, judgements=HIGH)
    rated(study, second_reviewer)


CHOSEN = {
    "to-2.2": "no",
    "to-index_test.bias": "high",
    "why-index_test.bias": "Agreed: tuned on the test set.",
}


def test_two_ratings_are_reconciled_and_the_agreed_one_is_shown(
    study, page, reviewer, second_reviewer, observer, as_user
):
    reconciled(study, reviewer, second_reviewer)
    answer = page.get(url("reconcile", study))
    assert "2 of 18 items differ." in answer.text
    assert "Tomás Ferreira" in answer.text
    answer = page.post(url("reconcile", study), {"to-2.2": "no"})
    assert answer.status_code == 422
    assert "Choose what you agree on." in answer.text
    assert page.post(url("reconcile", study), CHOSEN).url == url("reconcile", study)
    assert "Waits for Tomás Ferreira" in page.get(url("reconcile", study)).text
    other = as_user(second_reviewer)
    number = other.get(url("reconcile", study)).context["standing"].proposal.pk
    answer = other.post(url("reconcile", study), {"do": "confirm", "agreement": number})
    assert answer.url == url("agreed", study)
    assert "confirmed by Tomás Ferreira" in other.get(answer.url).text
    assert page.post(url("reconcile", study), CHOSEN).url == url("agreed", study)
    assert "Agreed: tuned" in as_user(observer).get(url("agreed", study)).text
    assert Rating.objects.agreed().count() == 1


def test_an_adjudicator_may_agree_and_an_uninvolved_reviewer_may_only_look(
    study, reviewer, second_reviewer, adjudicator, review, as_user
):
    reconciled(study, reviewer, second_reviewer)
    third = as_user(adjudicator)
    assert "Settle the rating" in third.get(url("reconcile", study)).text
    assert third.post(url("reconcile", study), CHOSEN).url == url("agreed", study)


def test_the_agreed_rating_is_revised_with_a_reason(study, page, reviewer, second_reviewer, review):
    reconciled(study, reviewer, second_reviewer)
    use_instrument(review, by=reviewer)
    choices = {"2.2": "no", "index_test.bias": ("high", "Because.")}
    agreed(study, reviewer, second_reviewer, choices)
    assert page.get(url("revise", study)).status_code == 200
    change = {"version": 1, "level-index_test.bias": "unclear", "why-index_test.bias": "A reply."}
    answer = page.post(url("revise", study), change)
    assert answer.status_code == 422
    answer = page.post(url("revise", study), change | {"reason": "The authors replied."})
    assert answer.url == url("agreed", study)
    of_domain = Judgement.objects.filter(rating__agreed=True, domain="index_test", kind="bias")
    assert of_domain.get(rating__study=study).level == "unclear"
    stale = change | {"reason": "Again.", "why-index_test.bias": "Something else."}
    assert page.post(url("revise", study), stale).status_code == 409


def test_the_lead_tailors_and_two_tabs_see_both_texts(study, lead, as_user):
    tab = as_user(lead)
    assert tab.get(url("tailor", study)).status_code == 200
    change = {"version": 1, "text-2.1": "Was the model run blind to DXA?", "asked-1.2": "Left out"}
    assert tab.post(url("tailor", study), change).status_code == 302
    instrument = ReviewInstrument.objects.get()
    first, second = instrument.definition["domains"][:2]
    assert second["questions"][0]["text"] == "Was the model run blind to DXA?"
    assert [q["asked"] for q in first["questions"]] == [True, False, True]
    answer = tab.post(url("tailor", study), change | {"text-2.1": "Blind to the result?"})
    assert answer.status_code == 409
    assert "Blind to the result?" in answer.text
    assert tab.post(url("tailor", study), {"version": 2, "text-2.1": "  "}).status_code == 422


def test_a_question_of_the_review_is_asked_and_said_to_be_its_own(study, lead, as_user, reviewer):
    new = {"version": 1, "new-index_test": "Was the model tested on unseen people?"}
    as_user(lead).post(url("tailor", study), new)
    client = as_user(reviewer)
    client.post(url("start", study))
    answer = client.get(url("rate_domain", study, "index_test"))
    assert "Added by this review." in answer.text
    assert 'name="q-2.own1"' in answer.text


def test_each_index_test_has_its_page_where_they_are_rated_apart(
    review, study, page, lead, reviewer
):
    instrument = use_instrument(review, by=lead)
    tailor_instrument(instrument, by=lead, version=1, questions={}, per_index_test=True)
    test = IndexTestFactory(review=review, name="Panoramic radiograph")
    page.post(url("start", study))
    where = url("rate_test", study, "index_test", test.pk)
    assert "Index test: Panoramic radiograph" in page.get(where).text
    page.post(where, {"version": 1, f"q-2.1@{test.pk}": "yes"})
    assert Rating.objects.get().answers.get().index_test == test
    foreign = IndexTestFactory()
    assert page.get(url("rate_test", study, "index_test", foreign.pk)).status_code == 404


# ---- the gate ----


@pytest.mark.parametrize("name", ["matrix", "tailor", "export", *STUDY_PAGES, *STUDY_POSTS])
def test_an_outsider_finds_nothing(study, outsider, as_user, name):
    client = as_user(outsider)
    method = client.post if name in STUDY_POSTS else client.get
    assert method(url(name, study)).status_code == 404


@pytest.mark.parametrize("name", ["tailor", "rate", "reconcile", "revise", *STUDY_POSTS])
def test_an_observer_reads_only(study, observer, as_user, name):
    client = as_user(observer)
    method = client.post if name in STUDY_POSTS else client.get
    assert method(url(name, study)).status_code == 403
    for allowed in ("matrix", "export"):
        assert client.get(url(allowed, study)).status_code == 200


@pytest.mark.parametrize("name", [*STUDY_PAGES, *STUDY_POSTS])
def test_a_study_of_another_review_is_missing(study, page, name):
    foreign = StudyFactory(review=ReviewFactory())
    where = reverse(f"quality:{name}", args=[study.review_id, CODE, foreign.pk])
    method = page.post if name in STUDY_POSTS else page.get
    assert method(where).status_code == 404


@pytest.mark.parametrize("name", ["rate", "start", "reconcile"])
def test_an_unknown_instrument_is_missing(study, page, name):
    where = reverse(f"quality:{name}", args=[study.review_id, "quadas-9", study.pk])
    method = page.post if name == "start" else page.get
    assert method(where).status_code == 404


def test_an_unknown_domain_is_missing(study, page, reviewer):
    draft(study, reviewer)
    assert page.get(url("rate_domain", study, "astrology")).status_code == 404


def test_a_rating_not_begun_sends_to_where_it_begins(study, page):
    answer = page.get(url("rate_domain", study, "index_test"), follow=True)
    assert "You have not started to rate this study." in answer.text
    assert page.post(url("complete", study)).status_code == 404


# ---- exports, counts, queries ----


def test_the_csv_has_the_agreed_ratings_and_no_formula(
    review, study, page, reviewer, second_reviewer
):
    type(study).objects.filter(pk=study.pk).update(label="=Fan 2021")
    evil = {"index_test.bias": ("high", "=HYPERLINK(1)")}
    rated(study, reviewer, judgements=evil)
    rated(study, second_reviewer, judgements=evil)
    assert "Fan" not in b"".join(page.get(url("export", study))).decode()
    agreed(study, reviewer, second_reviewer)
    text = b"".join(page.get(url("export", study))).decode()
    assert "'=Fan 2021" in text
    assert "'=HYPERLINK(1)" in text
    assert ",=" not in text


def test_what_waits_is_counted_for_each_person(
    review, study, reviewer, second_reviewer, adjudicator, observer
):
    other = StudyFactory(review=review)
    reconciled(study, reviewer, second_reviewer)
    draft(other, reviewer)

    def waits_for(user):
        return tuple(waiting_counts(review, review.memberships.get(user=user)).values())

    assert waits_for(reviewer) == (1, 1, 0)
    assert waits_for(second_reviewer) == (1, 1, 0)
    assert waits_for(adjudicator) == (1, 0, 0)
    assert waits_for(observer) == (0, 0, 0)
    draft(other, second_reviewer)
    assert waits_for(adjudicator) == (0, 0, 0)


def test_the_matrix_takes_no_more_queries_for_more_studies(
    review, lead, reviewer, second_reviewer, as_user, django_assert_max_num_queries
):
    use_instrument(review, by=lead)
    for _ in range(5):
        study = StudyFactory(review=review)
        reconciled(study, reviewer, second_reviewer)
        choices = {"2.2": "no", "index_test.bias": ("high", "Because.")}
        agreed(study, reviewer, second_reviewer, choices)
        draft(StudyFactory(review=review), reviewer)
        StudyFactory(review=review)
    client = as_user(reviewer)
    with django_assert_max_num_queries(12):
        answer = client.get(reverse("quality:matrix", args=[review.pk]))
    assert answer.text.count("Agreed\n") == 5
    assert answer.text.count("Continue") == 5
    assert "How the agreed studies were judged" in answer.text


def test_the_matrix_goes_on_page_by_page(review, page):
    for number in range(60):
        StudyFactory(review=review, label=f"Study {number:03}")
    answer = page.get(reverse("quality:matrix", args=[review.pk]))
    assert "Study 049" in answer.text
    assert "Study 050" not in answer.text
    assert "Study 050" in page.get(answer.context["next_url"]).text


@pytest.mark.parametrize("name", ["rate_domain", "reconcile", "agreed", "revise"])
def test_every_page_of_a_study_takes_few_queries(
    review, study, page, reviewer, second_reviewer, name, django_assert_max_num_queries
):
    reconciled(study, reviewer, second_reviewer)
    if name in {"agreed", "revise"}:
        choices = {"2.2": "no", "index_test.bias": ("high", "Because.")}
        use_instrument(review, by=reviewer)
        agreed(study, reviewer, second_reviewer, choices)
    where = url(name, study, "index_test") if name == "rate_domain" else url(name, study)
    with django_assert_max_num_queries(12):
        assert page.get(where).status_code == 200
