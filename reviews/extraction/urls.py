"""Addresses below /reviews/<id>/studies/."""

from django.urls import path

from reviews.extraction import agree_views, solver_views, views, work_views

app_name = "extraction"
urlpatterns = [
    path("", views.studies, name="studies"),
    path("new/", views.new_study, name="new_study"),
    path("take-in/", views.take_in, name="take_in"),
    path("tables.csv", views.tables_csv, name="tables_csv"),
    path("studies.csv", views.studies_csv, name="studies_csv"),
    path("solver/", solver_views.solver, name="solver"),
    path("live/", work_views.live, name="live"),
    path("<int:study_id>/", views.study, name="study"),
    path("<int:study_id>/edit/", views.edit_study, name="edit_study"),
    path("<int:study_id>/reports/", views.study_reports, name="study_reports"),
    path("<int:study_id>/merge/", views.merge, name="merge"),
    path("<int:study_id>/start/", views.start, name="start"),
    path("<int:study_id>/agree/", agree_views.agree, name="agree"),
    path("extractions/<int:extraction_id>/", work_views.work, name="work"),
    path("extractions/<int:extraction_id>/complete/", work_views.complete, name="complete"),
    path("extractions/<int:extraction_id>/reopen/", work_views.reopen, name="reopen"),
    path("extractions/<int:extraction_id>/withdraw/", views.withdraw, name="withdraw"),
    path("extractions/<int:extraction_id>/pin/", work_views.pin, name="pin"),
    path("extractions/<int:extraction_id>/cohorts/", work_views.new_cohort, name="new_cohort"),
    path("cohorts/<int:cohort_id>/", work_views.save_cohort, name="cohort"),
    path("cohorts/<int:cohort_id>/delete/", work_views.delete_cohort, name="delete_cohort"),
    path("cohorts/<int:cohort_id>/tables/", work_views.new_table, name="new_table"),
    path("tables/<int:table_id>/", work_views.save_table, name="table"),
    path("tables/<int:table_id>/delete/", work_views.delete_table, name="delete_table"),
    path("tables/<int:table_id>/prefer/", work_views.prefer, name="prefer"),
    path("tables/<int:table_id>/warnings/", work_views.dismiss, name="dismiss"),
    path("tables/<int:table_id>/solve/", solver_views.solve, name="solve"),
    path("pins/<int:pin_id>/", views.source, name="source"),
]
