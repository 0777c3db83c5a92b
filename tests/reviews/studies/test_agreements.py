"""Those who made drafts agree: one proposes, the other confirms; extractions and ratings alike."""

import threading
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviews.core.errors import DomainError
from reviews.extraction import agreeing, services
from reviews.extraction import consensus as extraction
from reviews.models import Extraction, Rating
from reviews.protocol import team
from reviews.quality import consensus as quality
from reviews.quality.services import tailor_instrument, use_instrument
from reviews.reporting.history import find_events
from reviews.reporting.waiting import waiting_counts
from reviews.studies.models import Agreement, AgreementConfirmation
from tests.factories import MembershipFactory, ReviewFactory, StudyFactory
from tests.reviews.extraction.build import pair
from tests.reviews.quality.ratings import rated

pytestmark = pytest.mark.django_db
WHY = "Tuned on the test set."
KINDS = ("extraction", "rating")


@dataclass
class Case:
    """A study with two drafts that differ, and the way to agree on them."""

    kind: str
    study: Any
    one: Any
    other: Any

    @property
    def before(self):
        if self.kind == "extraction":
            return (self.study,)
        return self.study, use_instrument(self.study.review, by=self.one)

    @property
    def choices(self):
        if self.kind == "extraction":
            return {each.key: "first" for each in agreeing.sides_of(self.study).differences}
        return {"2.2": "no", "index_test.bias": ["high", WHY]}

    @property
    def service(self):
        return extraction if self.kind == "extraction" else quality

    def propose(self, by=None, **more):
        choices = more.pop("choices", self.choices)
        by = by or self.one
        return self.service.propose_agreement(*self.before, by=by, choices=choices, **more)

    def confirm(self, proposal, by=None):
        return self.service.confirm_agreement(
            *self.before, by=by or self.other, agreement=proposal.pk
        )

    def refuse(self, proposal, by=None, note=""):
        who = {"by": by or self.other, "agreement": proposal.pk}
        self.service.refuse_agreement(*self.before, **who, note=note)

    def settle(self, by):
        return self.service.adjudicate(*self.before, by=by, choices=self.choices)

    @property
    def final(self):
        if self.kind == "extraction":
            return Extraction.objects.filter(study=self.study, final=True).first()
        return Rating.objects.agreed().filter(study=self.study).first()

    @property
    def url(self):
        ids = [self.study.review_id, self.study.pk]
        if self.kind == "extraction":
            return reverse("extraction:agree", args=ids)
        return reverse("quality:reconcile", args=[ids[0], "quadas-2", ids[1]])

    def posted(self):
        """Return what the form posts for the choices."""
        if self.kind == "extraction":
            return self.choices | {"seen": agreeing.sides_of(self.study).seen}
        return {"to-2.2": "no", "to-index_test.bias": "high", "why-index_test.bias": WHY}

    def change_a_draft(self):
        """Change what the proposal is about, behind the pages' back."""
        rows = Extraction if self.kind == "extraction" else Rating
        row = rows.objects.filter(study=self.study).first()
        rows.objects.filter(pk=row.pk).update(version=row.version + 1)


def case_of(kind, review, one, other, differ=True):
    if kind == "extraction":
        study = pair(review, one, other, first={"tp": 50} if differ else {})
    else:
        study = StudyFactory(review=review, label="Fan 2021")
        high = {"index_test.bias": ("high", WHY)}
        rated(study, one, **({"answers": {"2.2": "no"}, "judgements": high} if differ else {}))
        rated(study, other)
    return Case(kind, study, one, other)


@pytest.fixture(params=KINDS)
def case(request, review, reviewer, second_reviewer):
    return case_of(request.param, review, reviewer, second_reviewer)


def client_of(person):
    client = Client()
    client.force_login(person)
    return client


def waits_for(case, person, name):
    review = case.study.review
    return waiting_counts(review, review.memberships.get(user=person)).get(name, 0)


# ---- proposing and confirming ----


def test_a_proposal_holds_only_once_the_other_confirms(case):
    proposal = case.propose(note="We read table 2 again.")
    assert (proposal.how, proposal.in_force_at, case.final) == ("consensus", None, None)
    confirmed = case.confirm(proposal)
    assert confirmed.in_force_at is not None
    assert case.final.agreed_by == case.one
    assert list(proposal.confirmations.values_list("by", flat=True)) == [case.other.pk]


def test_nobody_confirms_their_own_proposal(case):
    proposal = case.propose()
    with pytest.raises(DomainError, match="You proposed this yourself"):
        case.confirm(proposal, by=case.one)
    assert case.final is None


def test_a_second_proposal_waits_until_the_first_is_answered(case):
    proposal = case.propose()
    for by in (case.one, case.other):
        with pytest.raises(DomainError, match="proposed already"):
            case.propose(by=by)
    case.refuse(proposal)
    assert case.propose(by=case.other).by == case.other


def test_what_is_refused_keeps_its_reason_and_leaves_the_difference(case):
    proposal = case.propose()
    case.refuse(proposal, note="The threshold differs.")
    proposal.refresh_from_db()
    assert (proposal.revoked_by, proposal.revoked_why) == (case.other, "The threshold differs.")
    assert proposal.revoked_at is not None
    with pytest.raises(DomainError, match="No consensus is proposed"):
        case.confirm(proposal)
    assert case.final is None


def test_one_takes_ones_own_proposal_back(case):
    proposal = case.propose()
    case.refuse(proposal, by=case.one)
    assert case.propose().pk != proposal.pk


def test_a_proposal_that_could_not_be_written_is_refused_at_once(case):
    choices = (
        {} if case.kind == "extraction" else {"2.2": "perhaps", "index_test.bias": ["low", ""]}
    )
    with pytest.raises(DomainError):
        case.propose(choices=choices)
    assert not Agreement.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_differs_one_click_suffices(kind, review, reviewer, second_reviewer):
    case = case_of(kind, review, reviewer, second_reviewer, differ=False)
    text = client_of(reviewer).get(case.url).content.decode()
    assert "One click is enough" in text
    assert case.propose(choices={}).in_force_at is not None
    assert case.final.agreed_by == reviewer


def test_a_rating_both_share_is_not_corrected_by_one_alone(review, reviewer, second_reviewer):
    case = case_of("rating", review, reviewer, second_reviewer, differ=False)
    proposal = case.propose(choices={"1.1": "no"})
    assert proposal.in_force_at is None
    text = client_of(second_reviewer).get(case.url).content.decode()
    assert "<b>No</b>" in text
    case.confirm(proposal)
    assert case.final.answers.get(item="1.1").value == "no"


def test_who_has_left_the_review_is_not_asked(case, lead):
    membership = case.study.review.memberships.get(user=case.other)
    team.end_membership(membership, by=lead)
    text = client_of(case.one).get(case.url).content.decode()
    assert "Tomás Ferreira can no longer be asked, so your choice is enough." in text
    assert case.propose().in_force_at is not None
    assert case.final is not None


# ---- adjudicating ----


def test_an_adjudicator_who_took_no_part_settles_at_once_and_a_proposal_gives_way(
    case, adjudicator
):
    proposal = case.propose()
    settled = case.settle(adjudicator)
    assert (settled.how, settled.in_force_at is not None) == ("adjudication", True)
    assert case.final.agreed_by == adjudicator
    proposal.refresh_from_db()
    assert proposal.revoked_by == adjudicator
    with pytest.raises(DomainError, match="agreed already"):
        case.confirm(proposal)


def test_who_made_a_draft_does_not_adjudicate(case):
    case.study.review.memberships.filter(user=case.one).update(roles=["lead"])
    with pytest.raises(DomainError, match="You had a draft"):
        case.settle(case.one)


def test_who_neither_drafted_nor_adjudicates_settles_nothing(case, observer, outsider):
    third = MembershipFactory(review=case.study.review).user
    proposal = case.propose()
    for by in (third, observer, outsider):
        for act in (case.settle, case.propose, lambda by: case.confirm(proposal, by=by)):
            with pytest.raises(DomainError):
                act(by)
        with pytest.raises(DomainError):
            case.refuse(proposal, by=by)
    assert case.final is None
    assert Agreement.objects.proposed().get() == proposal


# ---- what changes meanwhile ----


def test_a_draft_that_changed_revokes_the_proposal(case):
    proposal = case.propose()
    case.change_a_draft()
    assert (
        "What Ana Lindqvist proposed fell." in client_of(case.other).get(case.url).content.decode()
    )
    with pytest.raises(DomainError, match="no longer holds"):
        case.confirm(proposal)
    proposal.refresh_from_db()
    assert proposal.revoked_at is not None
    assert case.final is None


def test_an_outdated_proposal_gives_way_to_a_new_one(case):
    proposal = case.propose()
    case.change_a_draft()
    renewed = case.propose(by=case.other)
    assert Agreement.objects.proposed().get() == renewed
    with pytest.raises(DomainError, match="changed while you read"):
        case.confirm(proposal, by=case.one)
    case.confirm(renewed, by=case.one)
    assert case.final is not None


def test_what_was_read_is_what_is_confirmed(case):
    first = case.propose()
    case.refuse(first, by=case.one)
    case.propose()
    with pytest.raises(DomainError, match="changed while you read"):
        case.confirm(first)
    assert case.final is None


def test_drafts_shown_to_each_other_cannot_be_withdrawn_so_the_proposal_stands(
    review, reviewer, second_reviewer
):
    case = case_of("extraction", review, reviewer, second_reviewer)
    proposal = case.propose()
    draft = case.study.extractions.get(extractor=second_reviewer)
    with pytest.raises(DomainError, match="stay as they are"):
        services.withdraw_extraction(draft, by=second_reviewer)
    assert proposal in Agreement.objects.visible_to(second_reviewer)
    proposal.refresh_from_db()
    assert proposal.revoked_at is None


def test_a_proposal_is_hidden_while_a_draft_it_is_about_is_open(review, reviewer, second_reviewer):
    case = case_of("extraction", review, reviewer, second_reviewer)
    case.propose(note="SECRET")
    case.study.extractions.filter(extractor=second_reviewer).update(status="draft")
    for viewer in (second_reviewer, reviewer):
        assert not Agreement.objects.visible_to(viewer).exists()
        events, _ = find_events(review, viewer, stage="Studies", size=200)
        assert not [each for each in events if each.model is Agreement]


def test_a_tailored_instrument_revokes_the_proposal(review, lead, reviewer, second_reviewer):
    case = case_of("rating", review, reviewer, second_reviewer)
    proposal = case.propose()
    tailor_instrument(case.before[1], by=lead, version=1, questions={"2.1": {"text": "New words?"}})
    with pytest.raises(DomainError, match="no longer holds"):
        case.confirm(proposal)


# ---- what waits ----


def test_what_waits_to_be_confirmed_is_counted_for_whom_it_waits(case):
    confirm = "extractions_to_confirm" if case.kind == "extraction" else "ratings_to_confirm"
    agree = "to_agree" if case.kind == "extraction" else "to_reconcile"
    assert [waits_for(case, each, agree) for each in (case.one, case.other)] == [1, 1]
    proposal = case.propose()
    assert [waits_for(case, each, agree) for each in (case.one, case.other)] == [0, 0]
    assert [waits_for(case, each, confirm) for each in (case.one, case.other)] == [0, 1]
    listed = "extraction:studies" if case.kind == "extraction" else "quality:matrix"
    where = reverse(listed, args=[case.study.review_id])
    assert "Confirm or refuse" in client_of(case.other).get(where).content.decode()
    assert "awaits the other" in client_of(case.one).get(where).content.decode()
    case.confirm(proposal)
    assert waits_for(case, case.other, confirm) == 0


# ---- the pages ----


def test_on_the_page_one_proposes_and_the_other_confirms(case):
    one, other = client_of(case.one), client_of(case.other)
    assert "It holds once Tomás Ferreira confirms." in one.get(case.url).content.decode()
    text = one.post(case.url, case.posted() | {"note": "Table 2."}, follow=True).content.decode()
    assert "Waits for Tomás Ferreira" in text
    assert "Take it back" in text
    assert "Propose the consensus" not in text
    text = other.get(case.url).content.decode()
    for words in ("Ana Lindqvist", "Table 2.", "Confirm</button>", "Refuse</button>", "Proposed"):
        assert words in text
    number = Agreement.objects.get().pk
    answer = other.post(case.url, {"do": "confirm", "agreement": number}, follow=True)
    text = answer.content.decode()
    assert "is agreed." in text
    assert "proposed by Ana Lindqvist, confirmed by Tomás Ferreira" in text
    assert case.final is not None
    again = other.post(case.url, {"do": "confirm", "agreement": number})
    assert again.status_code == 302
    assert AgreementConfirmation.objects.count() == 1


def test_on_the_page_the_other_refuses_and_says_why(case):
    proposal = case.propose()
    data = {"do": "refuse", "agreement": proposal.pk, "note": "See <table> 3."}
    answer = client_of(case.other).post(case.url, data, follow=True)
    assert "The proposal is withdrawn." in answer.content.decode()
    text = client_of(case.one).get(case.url).content.decode()
    assert "Tomás Ferreira refused what Ana Lindqvist proposed." in text
    assert "See &lt;table&gt; 3." in text
    assert "selected" in text  # the form starts from what was proposed


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "9" * 30, "\u0661"])
def test_a_proposal_that_is_none_gets_a_sentence(case, number):
    case.propose()
    data = {"do": "confirm", "agreement": number}
    answer = client_of(case.other).post(case.url, data, follow=True)
    assert "changed while you read it" in answer.content.decode()
    assert case.final is None


def test_a_proposal_of_another_review_is_none(case):
    foreign = ReviewFactory()
    people = [each.user for each in MembershipFactory.create_batch(2, review=foreign)]
    elsewhere = case_of(case.kind, foreign, *people).propose()
    case.propose()
    data = {"do": "confirm", "agreement": elsewhere.pk}
    client_of(case.other).post(case.url, data)
    client_of(case.other).post(case.url, data | {"do": "refuse"})
    elsewhere.refresh_from_db()
    assert (elsewhere.in_force_at, elsewhere.revoked_at, case.final) == (None, None, None)


def test_a_note_that_cannot_be_stored_gets_a_sentence(case):
    proposal = case.propose()
    data = {"do": "refuse", "agreement": proposal.pk, "note": "a\x00b"}
    answer = client_of(case.other).post(case.url, data, follow=True)
    assert "cannot be stored" in answer.content.decode()
    case.refuse(proposal)
    answer = client_of(case.one).post(case.url, case.posted() | {"note": "a\x00b"})
    assert answer.status_code == 400
    assert "cannot be stored" in answer.content.decode()
    assert not Agreement.objects.proposed().exists()


def test_outsiders_find_nothing_and_observers_read_only(case, outsider, observer):
    proposal = case.propose()
    for data in ({}, {"do": "confirm", "agreement": proposal.pk}):
        assert client_of(outsider).post(case.url, data).status_code == 404
        assert client_of(observer).post(case.url, data).status_code == 403
    assert client_of(outsider).get(case.url).status_code == 404
    assert client_of(observer).get(case.url).status_code == 403


def test_an_adjudicator_alone_settles_on_the_page(case):
    person = MembershipFactory(review=case.study.review, roles=["adjudicator"]).user
    client = client_of(person)
    assert "You took no part in this study" in client.get(case.url).content.decode()
    assert client.post(case.url, case.posted()).status_code == 302
    assert Agreement.objects.get().how == "adjudication"


def test_a_third_extractor_looks_and_is_offered_nothing(case):
    case.propose()
    third = client_of(MembershipFactory(review=case.study.review).user)
    text = third.get(case.url).content.decode()
    assert "Those who made the drafts agree" in text
    for words in ("Confirm</button>", "Refuse</button>", "Propose the consensus"):
        assert words not in text
    assert third.post(case.url, case.posted()).status_code in {409, 422}
    assert case.final is None


def test_the_page_with_a_proposal_takes_few_queries(case, django_assert_max_num_queries):
    case.propose()
    client = client_of(case.other)
    with django_assert_max_num_queries(16 if case.kind == "extraction" else 12):
        assert client.get(case.url).status_code == 200


# ---- what the database promises ----


def test_one_agreement_stands_and_an_adjudication_holds_at_once(case):
    proposal = case.propose()
    values = {
        "review": case.study.review,
        "study": case.study,
        "kind": proposal.kind,
        "instrument": proposal.instrument,
        "seen": "",
        "by": case.one,
    }
    with pytest.raises(IntegrityError, match="one_agreement_stands"), transaction.atomic():
        Agreement.objects.create(**values, how="consensus", in_force_at=timezone.now())
    Agreement.objects.update(revoked_at=timezone.now())
    with pytest.raises(IntegrityError, match="holds_at_once"), transaction.atomic():
        Agreement.objects.create(**values, how="adjudication")
    AgreementConfirmation.objects.create(
        review=case.study.review, agreement=proposal, by=case.other
    )
    with pytest.raises(IntegrityError, match="confirms_an_agreement_once"), transaction.atomic():
        AgreementConfirmation.objects.create(
            review=case.study.review, agreement=proposal, by=case.other
        )


# ---- at once ----


def at_once(*functions):
    """Run the functions together, each on a connection of its own; return what they raised."""
    barrier, raised = threading.Barrier(len(functions)), []

    def run(function):
        try:
            barrier.wait(timeout=10)
            function()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[each]) for each in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


@pytest.mark.django_db(transaction=True)
def test_of_two_proposals_at_once_one_stands(case):
    before, choices = case.before, case.choices

    def propose(by):
        return lambda: case.service.propose_agreement(*before, by=by, choices=choices)

    [error] = at_once(propose(case.one), propose(case.other))
    assert "proposed already" in str(error)
    assert Agreement.objects.standing().count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_confirmations_at_once_one_writes_the_final(case):
    proposal = case.propose()
    raised = at_once(lambda: case.confirm(proposal), lambda: case.confirm(proposal))
    assert [type(error) for error in raised] == [DomainError]
    assert AgreementConfirmation.objects.count() == 1
    assert case.final is not None


@pytest.mark.django_db(transaction=True)
def test_of_a_confirmation_and_a_settlement_at_once_one_holds(case, adjudicator):
    proposal = case.propose()
    [error] = at_once(lambda: case.confirm(proposal), lambda: case.settle(adjudicator))
    assert isinstance(error, DomainError)
    assert Agreement.objects.standing().filter(in_force_at__isnull=False).count() == 1
    assert case.final is not None
