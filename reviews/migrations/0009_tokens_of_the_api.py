"""Tokens are of the API in the activity as well."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0008_what_a_merge_by_hand_joined"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apitoken",
            options={"verbose_name": "API token"},
        ),
    ]
