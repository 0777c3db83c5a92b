"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.quality import views

app_name = "quality"
urlpatterns = [
    path("", views.matrix, name="matrix"),
]
