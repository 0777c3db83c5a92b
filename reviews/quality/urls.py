"""Addresses below /reviews/<id>/quality/."""

from django.urls import path

from reviews.quality import agree_views, rating_views, views

app_name = "quality"
study = "<slug:code>/studies/<int:study_id>/"
urlpatterns = [
    path("", views.matrix, name="matrix"),
    path("<slug:code>/tailor/", views.tailor, name="tailor"),
    path("<slug:code>/ratings.csv", views.export, name="export"),
    path("<slug:code>/figures/<str:name>", views.figure, name="figure"),
    path(f"{study}start/", rating_views.start, name="start"),
    path(f"{study}rate/", rating_views.rate_first, name="rate"),
    path(f"{study}rate/<slug:domain>/", rating_views.rate, name="rate_domain"),
    path(f"{study}rate/<slug:domain>/<int:test_id>/", rating_views.rate, name="rate_test"),
    path(f"{study}complete/", rating_views.complete, name="complete"),
    path(f"{study}reopen/", rating_views.reopen, name="reopen"),
    path(f"{study}release/", rating_views.release, name="release"),
    path(f"{study}reconcile/", agree_views.reconcile, name="reconcile"),
    path(f"{study}agreed/", views.agreed, name="agreed"),
    path(f"{study}agreed/revise/", views.revise, name="revise"),
]
