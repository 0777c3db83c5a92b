"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.screening import views

app_name = "screening"
urlpatterns = [
    path("", views.overview, name="overview"),
]
