"""Store the words of a record without compressing them.

They hardly shrink, and trying took a tenth of the time of an import.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reviews", "0002_same_review_keys_and_cache")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE reviews_record ALTER COLUMN search SET STORAGE EXTERNAL",
            "ALTER TABLE reviews_record ALTER COLUMN search SET STORAGE EXTENDED",
        )
    ]
