"""The X-ray tables of the demo in a review of the test's own."""

import pytest

from reviews.demo import facts
from reviews.protocol.roles import STATISTICIAN
from reviews.synthesis import services
from tests import factories
from tests.reviews.synthesis.pages import finished

FACTORIES = {
    "index_test": (factories.IndexTestFactory, facts.INDEX_TESTS),
    "target_condition": (factories.TargetConditionFactory, facts.TARGET_CONDITIONS),
    "reference_standard": (factories.ReferenceStandardFactory, facts.REFERENCE_STANDARDS),
}


@pytest.fixture
def statistician(review):
    return factories.MembershipFactory(
        review=review, user__name="Jonas Okafor", roles=[STATISTICIAN]
    ).user


@pytest.fixture
def lists(review):
    """Index tests, conditions and standards of the demo, by kind and code."""
    return {
        kind: {
            item["code"]: make(
                review=review, **{key: value for key, value in item.items() if key != "code"}
            )
            for item in items
        }
        for kind, (make, items) in FACTORIES.items()
    }


@pytest.fixture
def tables(review, lists):
    """Every 2x2 table of the demo, final, as the facts state them."""
    made = []
    for study in facts.STUDIES:
        extraction = factories.ExtractionFactory(
            review=review, study__review=review, study__label=study.label
        )
        for cohort in study.cohorts:
            row = factories.CohortFactory(
                review=review,
                extraction=extraction,
                name=cohort.name,
                role=cohort.role,
                unit=cohort.unit,
                participants=cohort.participants,
                units=cohort.units,
                with_condition=cohort.with_condition,
            )
            made += [_table(review, row, table, lists) for table in cohort.tables]
    return made


def _table(review, cohort, table, lists):
    return factories.TwoByTwoFactory(
        review=review,
        cohort=cohort,
        **{kind: lists[kind][getattr(table, kind)] for kind in FACTORIES},
        threshold=table.threshold,
        threshold_value=table.threshold_value,
        tp=table.tp,
        fp=table.fp,
        fn=table.fn,
        tn=table.tn,
        preferred=table.preferred,
    )


@pytest.fixture
def xray(lists):
    """The definition of the demo's X-ray plan."""
    plan = facts.X_RAY_PLAN
    return {
        "modality": plan["modality"],
        "index_tests": [lists["index_test"][code].pk for code in plan["index_tests"]],
        "target_conditions": [
            lists["target_condition"][code].pk for code in plan["target_conditions"]
        ],
        "roles": list(plan["cohort_roles"]),
        "tables": plan["tables"],
    }


@pytest.fixture
def plan(review, lead, tables, xray):
    name = facts.X_RAY_PLAN["name"]
    return services.create_plan(review, by=lead, name=name, definition=xray)


@pytest.fixture
def run(plan, lead):
    """The demo's X-ray plan, run to its end."""
    return finished(plan, lead)


@pytest.fixture
def as_lead(client, lead):
    client.force_login(lead)
    return client
