"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.dedup import views

app_name = "dedup"
urlpatterns = [
    path("", views.index, name="list"),
]
