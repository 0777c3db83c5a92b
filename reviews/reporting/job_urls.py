"""Addresses of a review's jobs."""

from django.urls import path

from reviews.reporting import job_pages as views

app_name = "jobs"
urlpatterns = [
    path("<int:job_id>/", views.show, name="show"),
    path("<int:job_id>/cancel/", views.cancel, name="cancel"),
]
