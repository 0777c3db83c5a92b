"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.extraction import views

app_name = "extraction"
urlpatterns = [
    path("", views.studies, name="studies"),
]
