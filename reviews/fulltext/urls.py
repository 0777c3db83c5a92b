"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.fulltext import views

app_name = "fulltext"
urlpatterns = [
    path("", views.index, name="list"),
    path("reports/<int:report_id>/", views.report, name="report"),
    path("reports/<int:report_id>/retrieval/", views.retrieval, name="retrieval"),
    path("reports/<int:report_id>/upload/", views.upload, name="upload"),
    path("reports/<int:report_id>/files/<int:file_id>/", views.file, name="file"),
    path("screen/", views.screen, name="screen"),
    path("screen/decide/", views.decide, name="decide"),
    path("screen/note/", views.note, name="note"),
    path("screen/label/", views.label, name="label"),
]
