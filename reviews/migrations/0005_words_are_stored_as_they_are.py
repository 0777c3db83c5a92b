"""Store the words of a record without compressing them.

They hardly shrink, and trying took a tenth of the time of an import.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reviews", "0004_where_items_were_decided")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE reviews_record ALTER COLUMN search SET STORAGE EXTERNAL",
            "ALTER TABLE reviews_record ALTER COLUMN search SET STORAGE EXTENDED",
        )
    ]
