"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.searches import views

app_name = "searches"
urlpatterns = [
    path("", views.index, name="list"),
]
