"""Tokens are of the API in the activity as well."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0006_searches_in_words_and_statements'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='apitoken',
            options={'verbose_name': 'API token'},
        ),
    ]
