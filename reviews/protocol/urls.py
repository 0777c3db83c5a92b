"""Addresses of protocol and team."""

from django.urls import path, re_path

from reviews.protocol import team_views, views

app_name = "protocol"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("edit/", views.edit, name="edit"),
    path("lists/<str:kind>/new/", views.add_entry, name="add_entry"),
    path("lists/<str:kind>/<int:entry_id>/", views.edit_entry, name="edit_entry"),
    re_path(
        r"^lists/(?P<kind>[a-z-]+)/(?P<entry_id>\d+)/(?P<verb>up|down|retire|restore)/$",
        views.change_entry,
        name="change_entry",
    ),
    path("team/", team_views.show, name="team"),
    path("team/invite/", team_views.invite, name="invite"),
    path(
        "team/invitations/<int:invitation_id>/withdraw/",
        team_views.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path("team/<int:membership_id>/", team_views.roles, name="roles"),
    path("team/<int:membership_id>/end/", team_views.end, name="end_membership"),
    path("team/tokens/", team_views.new_token, name="new_token"),
    path("team/tokens/<int:token_id>/revoke/", team_views.revoke_token, name="revoke_token"),
]
