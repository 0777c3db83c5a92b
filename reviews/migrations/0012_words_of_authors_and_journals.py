"""Let words find authors and journals too; every record there is gets its words anew.

A generated column cannot change what it is made of: it is dropped and made again, in one pass over
the table. The index is built once, after it. With 100,000 records either takes longer than a statement
of a page may: the limit is lifted for this transaction, in both directions.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import migrations, models
from django.db.models.functions import Cast, Left


NO_LIMIT = "SET LOCAL statement_timeout = 0"


class Migration(migrations.Migration):
    dependencies = [("reviews", "0011_reports_know_where_they_came_from")]

    operations = [
        migrations.RunSQL(NO_LIMIT, migrations.RunSQL.noop),
        migrations.RemoveIndex("record", "records_by_words"),
        migrations.RemoveField("record", "search"),
        migrations.AddField(
            "record",
            "search",
            models.GeneratedField(
                expression=SearchVector(Left("title", 10_000), weight="A", config="english")
                + SearchVector(Left("abstract", 200_000), weight="B", config="english")
                + SearchVector(
                    Left(Cast("authors", models.TextField()), 20_000), weight="C", config="english"
                )
                + SearchVector(Left("journal", 1_000), weight="D", config="english"),
                output_field=SearchVectorField(),
                db_persist=True,
            ),
        ),
        # As in 0005: they hardly shrink.
        migrations.RunSQL(
            "ALTER TABLE reviews_record ALTER COLUMN search SET STORAGE EXTERNAL",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex("record", GinIndex(fields=["search"], name="records_by_words")),
        migrations.RunSQL(migrations.RunSQL.noop, NO_LIMIT),
    ]
