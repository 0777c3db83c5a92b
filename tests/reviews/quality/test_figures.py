"""Agreed ratings as figures: what shows, to whom, in which files."""

import xml.etree.ElementTree as ET

import pytest
from django.urls import reverse

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.quality import figures
from tests.factories import StudyFactory
from tests.reviews.quality.ratings import agreed, rated

pytestmark = pytest.mark.django_db
SVG = "{http://www.w3.org/2000/svg}"
CODE = "quadas-2"


@pytest.fixture
def study(review):
    return StudyFactory(review=review, label="Fan & <b>2021</b>")


@pytest.fixture
def as_user(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def page(client, reviewer):
    client.force_login(reviewer)
    return client


def address(review, name):
    return reverse("quality:figure", args=[review.pk, CODE, name])


def rate(study, one, other, level):
    judgements = {"index_test.bias": (level, "As the report says.")}
    rated(study, one, judgements=judgements)
    rated(study, other, judgements=judgements)


@pytest.mark.parametrize("name", figures.FILES)
def test_agreed_ratings_are_drawn_and_offered(review, study, page, reviewer, second_reviewer, name):
    rate(study, reviewer, second_reviewer, "high")
    agreed(study, reviewer, second_reviewer)
    matrix = page.get(reverse("quality:matrix", args=[review.pk])).content.decode()
    assert address(review, name) in matrix
    answer = page.get(address(review, name))
    assert answer.status_code == 200
    assert answer["Content-Type"] == bridge.FIGURE_KINDS[name.rsplit(".", 1)[1]]
    assert f'filename="review-{review.pk}-{CODE}-{name}"' in answer["Content-Disposition"]


def test_the_figure_says_what_was_agreed(review, study, page, reviewer, second_reviewer):
    rate(study, reviewer, second_reviewer, "high")
    agreed(study, reviewer, second_reviewer)
    root = ET.fromstring(page.get(address(review, "traffic-light.svg")).content)  # noqa: S314
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert study.label in texts
    assert texts.count("\u2212") == 2  # the judgement and the key
    assert "Index test (risk of bias): 0 low, 0 unclear, 1 high" in root[1].text


def test_nothing_shows_before_it_is_agreed(
    review, study, page, reviewer, second_reviewer, as_user, lead
):
    rate(study, reviewer, second_reviewer, "high")
    matrix = page.get(reverse("quality:matrix", args=[review.pk])).content.decode()
    assert address(review, "bars.svg") not in matrix
    for user in (reviewer, lead):
        answer = as_user(user).get(address(review, "bars.svg"))
        assert answer.status_code == 409
        assert "No study has an agreed rating yet." in answer.content.decode()


def test_an_unagreed_study_beside_an_agreed_one_stays_out(
    review, study, page, reviewer, second_reviewer
):
    other = StudyFactory(review=review, label="Hidden 2020")
    rate(study, reviewer, second_reviewer, "low")
    agreed(study, reviewer, second_reviewer)
    before = page.get(address(review, "traffic-light.svg")).content
    rate(other, reviewer, second_reviewer, "high")
    assert page.get(address(review, "traffic-light.svg")).content == before


@pytest.mark.parametrize("name", ["pie.svg", "bars.gif", "bars"])
def test_an_unknown_figure_is_missing(review, study, page, name):
    assert page.get(address(review, name)).status_code == 404


def test_strangers_find_nothing_and_observers_read(
    review, study, as_user, reviewer, second_reviewer, outsider, observer
):
    rate(study, reviewer, second_reviewer, "low")
    agreed(study, reviewer, second_reviewer)
    assert as_user(outsider).get(address(review, "bars.svg")).status_code == 404
    assert as_user(observer).get(address(review, "bars.svg")).status_code == 200


def test_too_many_studies_are_not_drawn_while_one_waits():
    with pytest.raises(DomainError, match="too many studies"):
        bridge.quality_file([("x", False)], ["a"] * 1001, [["low"]] * 1001, "bars", "svg")
