"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.reporting import views

app_name = "reporting"
urlpatterns = [
    path("writeup/", views.writeup, name="writeup"),
    path("activity/", views.activity, name="activity"),
]
