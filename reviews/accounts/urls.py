"""A person's own pages."""

from django.urls import path

from reviews.accounts import views

app_name = "accounts"
urlpatterns = [path("", views.account_settings, name="settings")]
