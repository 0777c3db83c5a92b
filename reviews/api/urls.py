"""Addresses of the API."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

# The scheme registers itself with the description by being imported.
from reviews.api import acting, reading, schema  # noqa: F401

SETS = {
    "index-tests": reading.IndexTests,
    "target-conditions": reading.TargetConditions,
    "reference-standards": reading.ReferenceStandards,
    "criteria": reading.Criteria,
    "exclusion-reasons": reading.ExclusionReasons,
    "sources": reading.Sources,
    "searches": reading.Searches,
    "batches": reading.Batches,
    "records": reading.Records,
    "duplicate-groups": reading.DuplicateGroups,
    "items": acting.Items,
    "decisions": reading.Decisions,
    "reports": reading.Reports,
    "studies": reading.Studies,
    "study-reports": reading.StudyReports,
    "extractions": reading.Extractions,
    "cohorts": reading.Cohorts,
    "tables": acting.Tables,
    "ratings": reading.Ratings,
    "judgements": reading.Judgements,
    "answers": reading.Answers,
    "plans": reading.Plans,
    "runs": acting.Runs,
    "jobs": reading.Jobs,
}

router = SimpleRouter(use_regex_path=False)
for name, views in SETS.items():
    router.register(f"v1/reviews/<int:review_id>/{name}", views, basename=name)

app_name = "api"
urlpatterns = [
    path("v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    # A page for people: who is signed out signs in first, where programs get 401.
    path(
        "v1/",
        login_required(SpectacularSwaggerSplitView.as_view(url_name="api:schema")),
        name="docs",
    ),
    path("v1/reviews/", reading.MyReviews.as_view({"get": "list"}), name="reviews"),
    path(
        "v1/reviews/<int:review_id>/",
        reading.OneReview.as_view({"get": "retrieve"}),
        name="review",
    ),
    *router.urls,
]
