"""The stage's pages: what they show, what they refuse, and that nothing shows through."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from reviews.extraction import pinning, services
from reviews.extraction.models import Cohort, Extraction, Pin, TwoByTwo
from reviews.extraction.queries import studies_for, waiting_counts
from reviews.studies.models import Study, StudyReport
from tests.factories import MembershipFactory, ReportFactory, ReviewFactory, StudyFactory
from tests.reviews.extraction.build import JANG, agreed, draft, final, lists, pair
from tests.reviews.studies.test_services import included

pytestmark = pytest.mark.django_db


def of(person):
    client = Client()
    client.force_login(person)
    return client


def at(name, review, **kwargs):
    return reverse(f"extraction:{name}", kwargs={"review_id": review.pk, **kwargs})


def table_data(table, **changes):
    """Return what the form of a table posts."""
    return {
        "version": table.version,
        "index_test": table.index_test_id,
        "target_condition": table.target_condition_id,
        "reference_standard": table.reference_standard_id,
        **dict(zip(("tp", "fp", "fn", "tn"), table.counts, strict=True)),
        "obtained": "reported",
        **changes,
    }


def cohort_data(cohort, **changes):
    return {"version": cohort.version, "name": cohort.name, "role": "single", "unit": "patient"} | (
        changes
    )


def test_an_empty_stage_says_what_to_do_next(review, reviewer):
    page = of(reviewer).get(at("studies", review))
    assert page.status_code == 200
    assert b"No study yet" in page.content


def test_the_list_shows_each_study_and_the_next_step(review, reviewer):
    draft(review, reviewer, study=StudyFactory(review=review, label="Jang 2021"))
    StudyFactory(review=review, label="Choi 2020")
    text = of(reviewer).get(at("studies", review)).content.decode()
    assert "Jang 2021" in text
    assert "Continue" in text
    assert "Extract<span" in text


def test_the_list_stays_flat(review, reviewer, django_assert_max_num_queries):
    for _ in range(60):
        StudyFactory(review=review)
    client = of(reviewer)
    with django_assert_max_num_queries(12):
        page = client.get(at("studies", review))
    assert len(page.context["page"].rows) == 50
    onward = client.get(at("studies", review) + f"?after={page.context['page'].after}")
    assert len(onward.context["page"].rows) == 10


def test_included_reports_are_taken_in_from_the_list(review, reviewer):
    included(review)
    client = of(reviewer)
    assert b"Add them now" in client.get(at("studies", review)).content
    client.post(at("take_in", review))
    assert Study.objects.get(review=review).label == "Jang 2021"


def test_a_study_is_extracted_from_start_to_agreed(review, reviewer):
    review.extractors = 1
    review.save()
    study, links = StudyFactory(review=review), lists(review)
    client = of(reviewer)
    work = client.post(at("start", review, study_id=study.pk))["Location"]
    assert b"Start with a cohort" in client.get(work).content
    extraction = Extraction.objects.get()
    target = at("new_cohort", review, extraction_id=extraction.pk)
    assert client.get(target).status_code == 200
    client.post(
        target, {"name": "Test", "role": "internal", "unit": "patient", "participants": 101}
    )
    cohort = Cohort.objects.get()
    target = at("new_table", review, cohort_id=cohort.pk)
    assert client.get(target).status_code == 200
    data = {name: row.pk for name, row in links.items()} | JANG | {"obtained": "reported"}
    client.post(target, data | {"reported_npv": "86.1%", "tp-page": "3", "tp-quote": "51 of 56"})
    table = TwoByTwo.objects.get()
    assert (table.counts, table.reported) == ((51, 14, 5, 31), {"npv": "86.1%"})
    assert Pin.objects.get().page == 3
    text = client.get(work).content.decode()
    assert "0.911" in text
    assert "Cells add up to the 101 reported" in text
    client.post(at("complete", review, extraction_id=extraction.pk))
    page = client.get(at("study", review, study_id=study.pk)).content.decode()
    assert "0.911" in page
    assert "TP, p. 3" in page
    pin = Pin.objects.get(extraction__final=True)
    assert "51 of 56" in client.get(at("source", review, pin_id=pin.pk)).content.decode()


def test_an_autosave_answers_small_parts_with_the_new_version(review, reviewer):
    _, _, table = draft(review, reviewer)
    answer = of(reviewer).post(
        at("table", review, table_id=table.pk),
        table_data(table, tp=50),
        headers={"HX-Request": "true"},
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="version" value="2"' in text
    assert "<html" not in text
    table.refresh_from_db()
    assert table.tp == 50


def test_a_stale_save_shows_both_texts_and_loses_neither(review, reviewer):
    _, _, table = draft(review, reviewer)
    client, target = of(reviewer), at("table", review, table_id=table.pk)
    client.post(target, table_data(table, notes="from the first tab"))
    answer = client.post(target, table_data(table, notes="from the second tab"))
    assert answer.status_code == 409
    assert b"first" in answer.content
    assert b"second" in answer.content
    table.refresh_from_db()
    assert table.notes == "from the first tab"
    again = client.post(
        target, {**table_data(table), "notes": "from the second tab", "version": table.version}
    )
    assert again.status_code == 302


def test_a_stale_change_of_an_agreed_table_shows_both_texts_and_its_reason(review, reviewer):
    table = TwoByTwo.objects.get(cohort__extraction=final(review, reviewer))
    client, target = of(reviewer), at("table", review, table_id=table.pk)
    assert client.post(target, table_data(table, notes="one", reason="a slip")).status_code == 302
    answer = client.post(target, table_data(table, notes="other", reason="read it again"))
    assert answer.status_code == 409
    assert "read it again" in answer.content.decode()
    table.refresh_from_db()
    again = client.post(target, table_data(table, notes="other", reason="read it again"))
    assert again.status_code == 302


def test_a_stale_change_of_an_agreed_cohort_shows_both_texts(review, reviewer):
    cohort = Cohort.objects.get(extraction=final(review, reviewer))
    client, target = of(reviewer), at("cohort", review, cohort_id=cohort.pk)
    assert client.post(target, cohort_data(cohort, name="A", reason="x")).status_code == 302
    assert client.post(target, cohort_data(cohort, name="B", reason="y")).status_code == 409


@pytest.mark.parametrize("value", ["-1", "1.5", "1000000000000", "", "١٢", "x", "1e3"])
@pytest.mark.parametrize("htmx", [True, False])
def test_a_bad_count_gets_a_sentence_and_keeps_what_was_typed(review, reviewer, value, htmx):
    _, _, table = draft(review, reviewer)
    answer = of(reviewer).post(
        at("table", review, table_id=table.pk),
        table_data(table, tp=value),
        headers={"HX-Request": "true"} if htmx else {},
    )
    assert answer.status_code == (422 if htmx else 400)
    assert "count" in answer.content.decode() or "digits" in answer.content.decode()
    table.refresh_from_db()
    assert table.tp == 51


def test_each_bad_cell_is_named_below_the_table(review, reviewer):
    _, _, table = draft(review, reviewer)
    answer = of(reviewer).post(
        at("table", review, table_id=table.pk), table_data(table, tp="-1", tn="1.5")
    )
    said = re.findall(r'class="two-error"><b>(\w+)</b>.*?</i> (.*?)</li>', answer.content.decode())
    assert said == [("TP", "A count cannot be negative."), ("TN", "A count is a whole number.")]


@pytest.mark.parametrize("field", ["index_test", "target_condition", "reference_standard"])
def test_the_lists_of_another_review_are_no_choices(review, reviewer, field):
    _, cohort, table = draft(review, reviewer)
    foreign = lists(ReviewFactory())[field].pk
    client = of(reviewer)
    for target in (
        at("table", review, table_id=table.pk),
        at("new_table", review, cohort_id=cohort.pk),
    ):
        answer = client.post(target, table_data(table, **{field: foreign}))
        assert answer.status_code == 400
        assert b"Select a valid choice" in answer.content


def test_reports_and_studies_of_another_review_are_no_choices(review, reviewer):
    extraction, _, table = draft(review, reviewer)
    study, other = extraction.study, ReviewFactory()
    client = of(reviewer)
    client.post(
        at("study_reports", review, study_id=study.pk),
        {"report": ReportFactory(review=other).pk, "do": "link"},
    )
    assert not StudyReport.objects.exists()
    client.post(at("merge", review, study_id=study.pk), {"into": StudyFactory(review=other).pk})
    assert Study.objects.filter(pk=study.pk).exists()
    answer = client.post(
        at("pin", review, extraction_id=extraction.pk),
        {"table": table.pk, "field": "tp", "page": 1, "report": ReportFactory(review=other).pk},
    )
    assert answer.status_code == 400
    assert not Pin.objects.exists()


def test_a_value_is_pinned_by_hand(review, reviewer):
    extraction, _, table = draft(review, reviewer)
    report = ReportFactory(review=review)
    StudyReport.objects.create(review=review, study=extraction.study, report=report, primary=True)
    data = {"table": table.pk, "field": "tn", "page": "4", "quote": "31", "report": report.pk}
    of(reviewer).post(at("pin", review, extraction_id=extraction.pk), data)
    assert Pin.objects.get().field == "tn"


def test_the_page_of_a_pin_says_which_value_was_read_there(review, reviewer):
    extraction, cohort, table = draft(review, reviewer)
    for where, field, shown in (
        ({"table": table}, "tp", f"TP of {table.index_test.name}: 51"),
        ({"cohort": cohort}, "unit", f"Unit of {cohort.name}: patient"),
    ):
        pin = pinning.pin_value(extraction, by=reviewer, field=field, page=1, **where)
        assert shown in of(reviewer).get(at("source", review, pin_id=pin.pk)).content.decode()


def every_address(review, extraction, cohort, table, pin):
    study = extraction.study_id
    return [
        ("get", "studies", {}),
        ("get", "new_study", {}),
        ("post", "take_in", {}),
        ("get", "tables_csv", {}),
        ("get", "studies_csv", {}),
        ("get", "solver", {}),
        ("get", "live", {}),
        ("get", "study", {"study_id": study}),
        ("get", "edit_study", {"study_id": study}),
        ("post", "study_reports", {"study_id": study}),
        ("post", "merge", {"study_id": study}),
        ("post", "start", {"study_id": study}),
        ("get", "agree", {"study_id": study}),
        *[("post", name, {"extraction_id": extraction.pk}) for name in ("complete", "reopen")],
        *[("post", name, {"extraction_id": extraction.pk}) for name in ("withdraw", "pin")],
        *[("get", name, {"extraction_id": extraction.pk}) for name in ("work", "new_cohort")],
        *[("post", name, {"cohort_id": cohort.pk}) for name in ("cohort", "delete_cohort")],
        ("get", "new_table", {"cohort_id": cohort.pk}),
        *[("post", n, {"table_id": table.pk}) for n in ("table", "delete_table", "prefer")],
        *[("post", n, {"table_id": table.pk}) for n in ("dismiss",)],
        ("get", "solve", {"table_id": table.pk}),
        ("get", "source", {"pin_id": pin.pk}),
    ]


def test_ones_own_complete_extraction_can_be_opened_while_the_other_is_awaited(review, reviewer):
    extraction, *_ = draft(review, reviewer)
    services.complete_extraction(extraction, by=reviewer)
    work = at("work", review, extraction_id=extraction.pk)
    for page in (at("studies", review), at("study", review, study_id=extraction.study_id)):
        assert f'href="{work}">Complete' in of(reviewer).get(page).content.decode()
    assert of(reviewer).get(work).status_code == 200


def test_a_complete_extraction_is_reopened_only_while_the_other_is_hidden(
    review, reviewer, second_reviewer
):
    extraction, *_ = draft(review, reviewer)
    services.complete_extraction(extraction, by=reviewer)
    work = at("work", review, extraction_id=extraction.pk)
    reopen = at("reopen", review, extraction_id=extraction.pk)
    assert reopen in of(reviewer).get(work).content.decode()
    other, *_ = draft(review, second_reviewer, study=extraction.study, tp=50)
    services.complete_extraction(other, by=second_reviewer)
    words = of(reviewer).get(work).content.decode()
    assert reopen not in words
    assert "shown to each other" in words
    # Agreed by whom or how does not matter here.
    Extraction.objects.create(review=review, study=extraction.study, final=True, status="complete")
    words = of(reviewer).get(work).content.decode()
    assert reopen not in words
    assert "The study has been agreed since" in words


def drafted(review, person, **values):
    extraction, cohort, table = draft(review, person, **values)
    pin = pinning.pin_value(extraction, by=person, field="tp", table=table, page=1)
    return extraction, cohort, table, pin


def test_outsiders_find_nothing(review, reviewer, outsider):
    client = of(outsider)
    for method, name, kwargs in every_address(review, *drafted(review, reviewer)):
        assert getattr(client, method)(at(name, review, **kwargs)).status_code == 404, name


def test_observers_read_and_change_nothing(review, reviewer, observer):
    client = of(observer)
    readable = {"studies", "study", "tables_csv", "studies_csv", "source"}
    for method, name, kwargs in every_address(review, *drafted(review, reviewer)):
        status = getattr(client, method)(at(name, review, **kwargs)).status_code
        assert status == (404 if name == "source" else 200 if name in readable else 403), name


def test_addresses_of_one_review_do_not_open_the_rows_of_another(review, reviewer):
    other = ReviewFactory()
    MembershipFactory(review=other, user=reviewer)
    client = of(reviewer)
    for method, name, kwargs in every_address(other, *drafted(review, reviewer)):
        if kwargs:
            assert getattr(client, method)(at(name, other, **kwargs)).status_code == 404, name


def test_a_draft_leaves_no_trace_for_anyone_else(review, reviewer, second_reviewer, observer, lead):
    """Two worlds which differ only in what the first extractor wrote read alike, byte by byte."""
    study = StudyFactory(review=review, label="Jang 2021")
    links = lists(review)
    draft(review, second_reviewer, study=study, links=links)
    rows = drafted(review, reviewer, study=study, links=links, cohort={"participants": 101})
    before = _world(review, rows, (second_reviewer, observer, lead))
    extraction, cohort, table, _ = rows
    services.edit_cohort(cohort, by=reviewer, version=1, name="Secret", participants=7)
    services.edit_table(table, by=reviewer, version=1, tp=1, notes="Secret", reported={"npv": "1"})
    services.mark_preferred(table, by=reviewer)
    services.dismiss_warning(table, by=reviewer, warning="zero_cells", reason="Secret")
    services.add_cohort(extraction, by=reviewer, name="Secret too")
    pinning.pin_value(extraction, by=reviewer, field="tp", table=table, page=9, quote="Secret")
    assert _world(review, rows, (second_reviewer, observer, lead)) == before
    assert all(b"Secret" not in page for page in before)


def _world(review, rows, people):
    pages = []
    for person in people:
        client = of(person)
        for method, name, kwargs in every_address(review, *rows):
            if method == "get":
                response = client.get(at(name, review, **kwargs))
                body = (
                    b"".join(response.streaming_content) if response.streaming else response.content
                )
                pages.append(_without_tokens(body))
    return pages


def _without_tokens(page):
    """Leave out what differs in every answer: CSRF tokens and the request's id."""
    lines = page.split(b"\n")
    return b"\n".join(
        line for line in lines if b"csrf" not in line.lower() and b"<code>" not in line
    )


def test_how_it_was_agreed_is_a_sentence(review, reviewer, second_reviewer):
    study = pair(review, reviewer, second_reviewer)
    agreed(study, reviewer, second_reviewer)
    page = of(reviewer).get(at("study", review, study_id=study.pk)).content.decode()
    (sentence,) = re.findall(r"The extraction was ([^<]*)</p>", page)
    assert sentence.strip() == f"proposed by {reviewer}."


def test_nobody_opens_or_writes_in_the_draft_of_another(review, reviewer, lead):
    client = of(lead)
    rows = drafted(review, reviewer)
    for method, name, kwargs in every_address(review, *rows):
        if {"extraction_id", "cohort_id", "table_id", "pin_id"} & set(kwargs) and (
            name != "withdraw"
        ):
            assert getattr(client, method)(at(name, review, **kwargs)).status_code == 404, name


def test_two_drafts_are_compared_and_agreed_on_the_page(review, reviewer, second_reviewer):
    study = pair(review, reviewer, second_reviewer, first={"tp": 50})
    client, target = of(reviewer), at("agree", review, study_id=study.pk)
    page = client.get(target)
    [difference] = page.context["sides"].differences
    assert b"1 value differs" in page.content
    data = {"seen": page.context["sides"].seen}
    refused = client.post(target, data)
    assert refused.status_code == 409
    assert b"still open" in refused.content
    data |= {difference.key: "typed", f"{difference.key}-typed": "49"}
    proposed = client.post(target, data, follow=True)
    assert "Waits for Tomás Ferreira" in proposed.content.decode()
    assert not Extraction.objects.filter(final=True).exists()
    other = of(second_reviewer)
    number = other.get(target).context["standing"].proposal.pk
    confirmed = other.post(target, {"do": "confirm", "agreement": number})
    assert confirmed["Location"] == at("study", review, study_id=study.pk)
    assert TwoByTwo.objects.final().get().tp == 49
    assert client.post(target, data)["Location"] == at("study", review, study_id=study.pk)
    assert Extraction.objects.filter(final=True).count() == 1


def test_an_agreement_that_contradicts_itself_gets_a_sentence(review, reviewer, second_reviewer):
    study, links = StudyFactory(review=review), lists(review)
    for person, name in ((reviewer, "B"), (second_reviewer, "C")):
        extraction, *_ = draft(review, person, study=study, links=links, named="A")
        services.add_cohort(extraction, by=person, name=name)
        services.complete_extraction(extraction, by=person)
    client, target = of(reviewer), at("agree", review, study_id=study.pk)
    sides = client.get(target).context["sides"]
    typed = {f"{each.key}-typed": "a" for each in sides.differences}
    data = {each.key: "typed" for each in sides.differences} | typed | {"seen": sides.seen}
    answer = client.post(target, data)
    assert answer.status_code == 409
    assert b"already has a cohort of this name" in answer.content
    assert not Extraction.objects.filter(final=True).exists()


def test_the_comparison_stays_closed_until_both_are_in(review, reviewer, second_reviewer):
    extraction, *_ = draft(review, reviewer)
    services.start_extraction(extraction.study, by=second_reviewer)
    answer = of(second_reviewer).get(at("agree", review, study_id=extraction.study_id))
    assert answer.status_code == 409
    assert b"not all complete" in answer.content


def test_the_agreed_extraction_is_corrected_with_a_reason(review, reviewer):
    extraction = final(review, reviewer)
    table = TwoByTwo.objects.final().get()
    client, target = of(reviewer), at("table", review, table_id=table.pk)
    work = client.get(at("work", review, extraction_id=extraction.pk))
    assert b"Every change needs a reason" in work.content
    assert client.post(target, table_data(table, tp=50)).status_code == 400
    client.post(target, table_data(table, tp=50, reason="Erratum"))
    table.refresh_from_db()
    assert (table.tp, table.version) == (50, 2)


def test_the_solver_lists_what_fits_and_fills_the_table(review, reviewer):
    _, _, table = draft(review, reviewer, tp=1, fp=1, fn=1, tn=1)
    client, target = of(reviewer), at("solve", review, table_id=table.pk)
    assert client.get(target).status_code == 200
    data = {"n": "101", "sensitivity": "91.1%", "specificity": "68.9%", "ppv": "78.5%"}
    page = client.post(target, data)
    assert page.context["solution"]["solutions"] == [[51, 14, 5, 31]]
    client.post(target, data | {"use": "51-14-5-31"})
    table.refresh_from_db()
    assert (table.counts, table.obtained) == ((51, 14, 5, 31), "solved")
    assert table.solver["count"] == 1
    assert table.solver["input"]["reported"]["ppv"] == "78.5%"
    assert table.reported["sensitivity"] == "91.1%"


def test_one_of_several_solutions_is_assumed_with_a_reason_only(review, reviewer):
    _, _, table = draft(review, reviewer, tp=1, fp=1, fn=1, tn=1)
    client, target = of(reviewer), at("solve", review, table_id=table.pk)
    data = {"n": "462", "sensitivity": "0.8571", "specificity": "0.9384"}
    page = client.post(target, data)
    assert page.context["solution"]["count"] == 2
    data["use"] = page.context["solutions"][0]["use"]
    assert b"Say why you assume" in client.post(target, data).content
    assert client.post(target, data | {"reason": "As in the figure"}).status_code == 302
    assert client.post(target, data | {"reason": "x", "use": "1-2-3-4"}).status_code == 400
    table.refresh_from_db()
    assert table.counts == (48, 25, 8, 381)


@pytest.mark.parametrize(
    "data", [{}, {"n": "x"}, {"n": "10"}, {"n": "10", "ppv": "abc"}, {"n": "9" * 9, "ppv": "50%"}]
)
def test_the_solver_refuses_in_sentences(review, reviewer, data):
    client = of(reviewer)
    assert client.post(at("solver", review), data).status_code == 400
    answer = client.post(at("solver", review), data, headers={"HX-Request": "true"})
    assert b"Not solved yet" in answer.content


BOONROD = {"n": "1018", "sensitivity": "87.5%", "specificity": "79.4%"}
BOONROD_INTERVALS = {"sensitivity_ci": "83.1-91.9", "specificity_ci": "(76.6 to 82.2)"}


def test_the_workbench_reads_intervals_and_whatever_else_is_printed(review, reviewer):
    client, target = of(reviewer), at("solver", review)
    assert client.post(target, BOONROD).context["solution"]["count"] > 1
    page = client.post(target, BOONROD | BOONROD_INTERVALS | {"method": "wald"})
    assert page.context["solution"]["solutions"] == [[189, 165, 27, 637]]
    assert b"One table fits" in page.content
    more = {"n": "9", "f1": "0.75", "dor": "12", "youden": "0.55", "n_test_pos": "4", "tp": "3"}
    more |= {"lr_positive": "3.75", "lr_negative": "0.312", "fpr": "0.20", "rounding": "truncated"}
    assert client.post(target, more).context["solution"]["solutions"] == [[3, 1, 1, 4]]


@pytest.mark.parametrize(
    "totals",
    [
        {"n_pos": "56", "n_neg": "45"},
        {"n": "101", "n_neg": "45"},
        {"n_max": "110", "n_neg": "45", "n_test_pos": "65"},
        {"n": "101", "n_test_neg": "36", "n_pos": "56"},
    ],
    ids=" ".join,
)
def test_the_workbench_takes_every_number_of_participants_the_solver_knows(
    review, reviewer, totals
):
    _, _, table = draft(review, reviewer, tp=1, fp=1, fn=1, tn=1)
    client, target = of(reviewer), at("solve", review, table_id=table.pk)
    data = totals | {"sensitivity": "91.1%", "specificity": "68.9%"}
    page = client.post(target, data)
    assert page.context["solution"]["solutions"] == [[51, 14, 5, 31]]
    client.post(target, data | {"use": "51-14-5-31"})
    again = client.get(target)
    assert again.context["solution"]["count"] == 1
    assert {name: str(again.context["form"][name].value()) for name in totals} == totals


def test_a_bound_on_the_participants_that_is_too_far_gets_a_sentence(review, reviewer):
    data = {"n_max": "5000", "sensitivity": "91.1%"}
    page = of(reviewer).post(at("solver", review), data)
    assert page.status_code == 400
    assert b"the most there can be, from 1 to 300" in page.content


def test_values_in_the_fold_open_it(review, reviewer):
    client, target = of(reviewer), at("solver", review)
    opened = '<details class="fold mt-2" open>'
    assert opened not in client.get(target).content.decode()
    assert opened not in client.post(target, BOONROD | {"method": "any"}).content.decode()
    assert opened in client.post(target, BOONROD | {"lr_positive": "4.2"}).content.decode()


def test_the_workbench_says_what_would_decide_between_a_few_tables(review, reviewer):
    data = {"n": "462", "sensitivity": "0.8571", "specificity": "0.9384"}
    page = of(reviewer).post(at("solver", review), data)
    rows = {row["fact"]: row["values"] for row in page.context["deciding"]}
    assert rows["n_pos"] == ["56", "105"]
    assert rows["ppv"] == ["0.658", "0.804"]
    assert "sensitivity" not in rows
    assert "Any one of these would decide" in page.content.decode()


def test_the_workbench_says_what_the_report_may_have_meant(review, reviewer):
    """Fan 2021 has its groups the other way round; the printed counts of BONE-Net fit nothing."""
    data = {"n": "70", "n_pos": "49", "sensitivity": "0.714", "specificity": "0.939"}
    words = of(reviewer).post(at("solver", review), data).content.decode()
    assert "The figures fit if the groups with and without the condition are exchanged" in words
    cells = {"tp": "36", "fp": "2", "fn": "8", "tn": "26", "specificity": "94.7%"}
    words = of(reviewer).post(at("solver", review), cells).content.decode()
    assert "give 0.9286 for specificity, the report prints 94.7%. That is their PPV." in words


def test_what_was_solved_with_intervals_is_there_when_the_workbench_is_opened_again(
    review, reviewer
):
    _, _, table = draft(review, reviewer, tp=1, fp=1, fn=1, tn=1)
    client, target = of(reviewer), at("solve", review, table_id=table.pk)
    data = BOONROD | BOONROD_INTERVALS | {"n_test_pos": "354", "method": "wald"}
    client.post(target, data | {"use": "189-165-27-637"})
    page = client.get(target)
    assert page.context["solution"]["count"] == 1
    kept = {name: page.context["form"][name].value() for name in data}
    assert {name: str(value) for name, value in kept.items()} == data
    table.refresh_from_db()
    assert table.reported == {"sensitivity": "87.5%", "specificity": "79.4%"}


def test_agreed_tables_that_were_solved_are_listed(
    review, reviewer, second_reviewer, django_assert_max_num_queries
):
    final(review, reviewer, obtained="solved", solver={"count": 2, "reason": "As in the figure"})
    draft(review, second_reviewer, obtained="solved", solver={"count": 1}, tp=7)
    client = of(reviewer)
    with django_assert_max_num_queries(10):
        page = client.get(at("solver", review))
    assert [table.counts for table in page.context["earlier"]] == [(51, 14, 5, 31)]
    assert "2, this one assumed: As in the figure" in page.content.decode()


def test_live_intervals_are_exact_and_stay_quiet_without_counts(review, reviewer):
    client = of(reviewer)
    text = client.get(at("live", review), JANG).content.decode()
    assert "0.911" in text
    assert "0.804 to 0.970" in text
    for bad in ({}, {**JANG, "tp": "x"}, {**JANG, "tp": ""}):
        assert b"not all counts yet" in client.get(at("live", review), bad).content
    zero = {"tp": 0, "fp": 1, "fn": 0, "tn": 1}
    assert b"nobody with the condition" in client.get(at("live", review), zero).content


def test_the_csv_has_a_row_per_agreed_table_and_runs_no_formula(review, reviewer, second_reviewer):
    final(review, reviewer, named="=1+1", threshold="-0.5", notes="@x")
    review.extractors = 2
    review.save()
    draft(review, second_reviewer)
    body = b"".join(of(reviewer).get(at("tables_csv", review)).streaming_content).decode()
    lines = body.splitlines()
    assert len(lines) == 2
    assert "'=1+1" in lines[1]
    assert "'-0.5" in lines[1]
    assert ",51,14,5,31," in lines[1]
    body = b"".join(of(reviewer).get(at("studies_csv", review)).streaming_content).decode()
    assert len(body.splitlines()) == 3


def test_a_warning_is_kept_with_a_reason_and_shown_again_on_the_page(review, reviewer):
    _, _, table = draft(review, reviewer, cohort={"with_condition": 45})
    client, target = of(reviewer), at("dismiss", review, table_id=table.pk)
    work = at("work", review, extraction_id=table.cohort.extraction_id)
    assert "45 with the condition and 56 without" in client.get(work).content.decode()
    assert client.post(target, {"warning": "groups_swapped"}).status_code == 409
    client.post(target, {"warning": "groups_swapped", "why-groups_swapped": "Authors confirmed"})
    assert b"Kept: Authors confirmed" in client.get(work).content
    client.post(target, {"again": "groups_swapped"})
    assert b"Kept: Authors confirmed" not in client.get(work).content


def test_what_is_known_of_a_table_is_solved_at_once(review, reviewer):
    printed = {"sensitivity": "91.1%", "specificity": "68.9%", "ppv": "78.5%"}
    *_, table = draft(review, reviewer, cohort={"participants": 101}, reported=printed)
    page = of(reviewer).get(at("solve", review, table_id=table.pk))
    assert page.context["solution"]["solutions"] == [[51, 14, 5, 31]]


def test_double_submits_make_one_row(review, reviewer):
    study = StudyFactory(review=review)
    client = of(reviewer)
    for _ in range(2):
        client.post(at("start", review, study_id=study.pk))
    extraction = Extraction.objects.get()
    for _ in range(2):
        data = {"name": "Test", "role": "single", "unit": "patient"}
        client.post(at("new_cohort", review, extraction_id=extraction.pk), data)
    assert Cohort.objects.count() == 1


def test_what_waits_is_counted_for_the_member(review, reviewer, second_reviewer, observer):
    pair(review, reviewer, second_reviewer)
    StudyFactory(review=review)
    mine = review.memberships.get(user=reviewer)
    assert waiting_counts(review, mine) == {"extract": 1, "agree": 1, "confirm": 0}
    theirs = review.memberships.get(user=observer)
    assert waiting_counts(review, theirs) == {"extract": 0, "agree": 0, "confirm": 0}


def test_a_lead_frees_a_place_without_seeing_the_draft(review, reviewer, lead):
    extraction, *_ = draft(review, reviewer)
    client = of(lead)
    assert (
        b"Free the place" in client.get(at("study", review, study_id=extraction.study_id)).content
    )
    client.post(at("withdraw", review, extraction_id=extraction.pk))
    extraction.refresh_from_db()
    assert extraction.withdrawn_at is not None
    assert studies_for(review, lead).get().can_start


def test_agreeing_happens_once_however_it_is_called(review, reviewer, second_reviewer):
    study = pair(review, reviewer, second_reviewer)
    agreed(study, reviewer, second_reviewer)
    assert of(reviewer).get(at("agree", review, study_id=study.pk)).status_code == 302
