"""Composite foreign keys, and the table of the cache."""

from django.db import migrations

from reviews.core.composite import EnsureCompositeKeys

CACHE = """
CREATE TABLE cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX cache_expires ON cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [
        EnsureCompositeKeys(),
        migrations.RunSQL(CACHE, "DROP TABLE cache"),
    ]
