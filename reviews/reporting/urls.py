"""Addresses below /reviews/<id>/reporting/."""

from django.urls import path

from reviews.reporting import checklist_views, views, writeup

app_name = "reporting"
urlpatterns = [
    path("flow/", views.flow_diagram, name="flow"),
    path("flow.<str:kind>", writeup.flow_file, name="flow_file"),
    path("waiting/", views.waiting, name="waiting"),
    path("records/<slug:box>/", views.box, name="box"),
    path("records/<slug:box>.<str:kind>", writeup.box_file, name="box_file"),
    path("studies/<slug:which>/", views.studies, name="studies"),
    path("writeup/", writeup.writeup, name="writeup"),
    path("searches.<str:kind>", writeup.strategies, name="strategies"),
    path("prisma-s/", checklist_views.prisma_s, name="prisma_s"),
    path("prisma-s.<str:kind>", checklist_views.prisma_s_file, name="prisma_s_file"),
    path("prisma-s/<slug:checklist_item>/", checklist_views.statement, name="statement"),
    path("activity/", writeup.activity, name="activity"),
    path("activity.csv", writeup.activity_file, name="activity_file"),
]
