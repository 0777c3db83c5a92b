"""Notes and labels stay with their import: it is not taken back (no change in the database)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0009_tokens_of_the_api"),
    ]

    operations = [
        migrations.AlterField(
            model_name="labeluse",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="labels",
                to="reviews.screeningitem",
            ),
        ),
        migrations.AlterField(
            model_name="note",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="reviews.screeningitem",
            ),
        ),
    ]
