"""An import is taken back with the reports nobody has looked for yet."""

import reviews.fulltext.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0006_searches_in_words_and_statements"),
    ]

    operations = [
        migrations.AlterField(
            model_name="report",
            name="record",
            field=models.ForeignKey(
                db_index=False,
                on_delete=reviews.fulltext.models.while_only_sought,
                related_name="reports",
                to="reviews.record",
            ),
        ),
    ]
