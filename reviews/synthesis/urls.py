"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.synthesis import views

app_name = "synthesis"
urlpatterns = [
    path("", views.plans, name="plans"),
]
