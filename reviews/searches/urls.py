"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.searches import live_views, record_views, views

app_name = "searches"
urlpatterns = [
    path("", views.index, name="list"),
    path("import/", views.upload, name="import"),
    path("sources/new/", views.source, name="source_new"),
    path("sources/<int:source_id>/edit/", views.source, name="source_edit"),
    path("new/", views.edit_search, name="search_new"),
    path("<int:search_id>/", views.search, name="search"),
    path("<int:search_id>/edit/", views.edit_search, name="search_edit"),
    path("<int:search_id>/pubmed/", live_views.pubmed, name="pubmed"),
    path("imports/<int:batch_id>/", views.batch, name="batch"),
    path("imports/<int:batch_id>/file/", views.batch_file, name="batch_file"),
    path("imports/<int:batch_id>/cancel/", views.cancel, name="cancel"),
    path("imports/<int:batch_id>/withdraw/", views.withdraw, name="withdraw"),
    path("imports/<int:batch_id>/columns/", views.columns, name="columns"),
    path("records/", record_views.records, name="records"),
    path("records/new/", record_views.new_record, name="record_new"),
    path("records/<int:record_id>/", record_views.record, name="record"),
]
