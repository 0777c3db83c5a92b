"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.synthesis import run_views, views

app_name = "synthesis"
urlpatterns = [
    path("", views.plans, name="plans"),
    path("new/", views.new, name="new"),
    path("preview/", views.preview, name="preview"),
    path("<int:plan_id>/", views.plan, name="plan"),
    path("<int:plan_id>/edit/", views.edit, name="edit"),
    path("<int:plan_id>/retire/", views.retire, name="retire"),
    path("<int:plan_id>/restore/", views.restore, name="restore"),
    path("<int:plan_id>/run/", run_views.start, name="start"),
    path("<int:plan_id>/runs/<int:run_id>/", run_views.run, name="run"),
    path(
        "<int:plan_id>/runs/<int:run_id>/figures/<slug:drawing>/",
        run_views.figure,
        name="figure",
    ),
    path("<int:plan_id>/runs/<int:run_id>/<str:name>", run_views.export, name="export"),
]
