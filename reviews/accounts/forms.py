"""Forms of the way in."""

from typing import Any

from django import forms
from django.http import HttpRequest

from reviews.accounts.models import User
from reviews.accounts.zones import ZONES


class SignupForm(forms.Form):
    """What is asked at sign-up beside address and password."""

    name = forms.CharField(max_length=120, help_text="As colleagues should see it.")

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Take the name; allauth calls this with the new user."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class SettingsForm(forms.ModelForm):
    """A person's own settings."""

    time_zone = forms.ChoiceField(choices=[(zone, zone.replace("_", " ")) for zone in ZONES])

    class Meta:
        model = User
        fields = ["name", "time_zone"]
