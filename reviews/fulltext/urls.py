"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.fulltext import views

app_name = "fulltext"
urlpatterns = [
    path("", views.index, name="list"),
]
