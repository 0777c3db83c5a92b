"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.screening import conflict_views, views

app_name = "screening"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("open/", views.open_screening, name="open"),
    path("agreement/", views.agreement, name="agreement"),
    path("title_abstract/", views.screen, name="screen"),
    path("title_abstract/decide/", views.decide, name="decide"),
    path("title_abstract/note/", views.note, name="note"),
    path("title_abstract/label/", views.label, name="label"),
    path("full_text/", views.screen_full_text, name="screen_full_text"),
    path("conflicts/", conflict_views.conflicts, name="conflicts"),
    path("conflicts/<int:item_id>/", conflict_views.conflict, name="conflict"),
    path("conflicts/<int:item_id>/settle/", conflict_views.settle, name="settle"),
    path("items/<int:item_id>/reopen/", conflict_views.reopen, name="reopen"),
    path("records/", views.records, name="records"),
    path("records.<str:kind>", views.export, name="export"),
    path("records/<int:record_id>/", views.record, name="record"),
]
