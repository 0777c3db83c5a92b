"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.protocol import views

app_name = "protocol"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("team/", views.team, name="team"),
]
