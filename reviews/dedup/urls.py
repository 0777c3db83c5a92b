"""Addresses below /reviews/<id>/ of this stage."""

from django.urls import path

from reviews.dedup import views

app_name = "dedup"
urlpatterns = [
    path("", views.index, name="list"),
    path("pairs/<int:pair_id>/", views.pair, name="pair"),
    path("pairs/<int:pair_id>/resolve/", views.resolve, name="resolve"),
    path("judged/", views.judged, name="judged"),
    path("removed/", views.groups, name="groups"),
    path("groups/<int:group_id>/", views.group, name="group"),
    path("groups/<int:group_id>/dissolve/", views.dissolve, name="dissolve"),
    path("records/<int:record_id>/take-out/", views.take_out, name="take_out"),
    path("merge/", views.merge, name="merge"),
    path("rules/", views.rules, name="rules"),
    path("find/", views.look_again, name="find"),
]
