"""The blocks of compared records in an index, and the records of a dissolved group."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from reviews.core.composite import EnsureCompositeKeys


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0002_same_review_keys_and_cache"),
    ]

    operations = [
        migrations.CreateModel(
            name="Fingerprint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.CharField(
                        help_text="Of the rules the blocks are made by.", max_length=10
                    ),
                ),
                (
                    "blocks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="duplicategroup",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="duplicategroup",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="duplicategroup",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="duplicategroup",
            name="parted",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                help_text="The records, once it was dissolved.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="duplicategroupevent",
            name="parted",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                help_text="The records, once it was dissolved.",
                size=None,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="duplicategroup",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_duplicategroupevent" ("created_at", "dissolved_at", "dissolved_by_id", "evidence", "id", "made_by_id", "method", "parted", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_id") SELECT new_values."created_at", new_values."dissolved_at", new_values."dissolved_by_id", new_values."evidence", new_values."id", new_values."made_by_id", new_values."method", new_values."parted", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."review_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="86f7e923340dd21fd49167d04de9e4d9b96f385a",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_fbaac",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="reviews_duplicategroup",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="duplicategroup",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_duplicategroupevent" ("created_at", "dissolved_at", "dissolved_by_id", "evidence", "id", "made_by_id", "method", "parted", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_id") SELECT new_values."created_at", new_values."dissolved_at", new_values."dissolved_by_id", new_values."evidence", new_values."id", new_values."made_by_id", new_values."method", new_values."parted", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."review_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="f1294ee371c0e7bf27c56f4f095621436cec1952",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_d2444",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="reviews_duplicategroup",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="duplicategroup",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_duplicategroupevent" ("created_at", "dissolved_at", "dissolved_by_id", "evidence", "id", "made_by_id", "method", "parted", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_id") SELECT old_values."created_at", old_values."dissolved_at", old_values."dissolved_by_id", old_values."evidence", old_values."id", old_values."made_by_id", old_values."method", old_values."parted", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."review_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="b9b0583d995363ae689fcb899331443324f54fa7",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_6a73a",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="reviews_duplicategroup",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="fingerprint",
            name="record",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="reviews.record"
            ),
        ),
        migrations.AddField(
            model_name="fingerprint",
            name="review",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="reviews.review",
            ),
        ),
        migrations.AddIndex(
            model_name="fingerprint",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["blocks"], name="fingerprints_by_block"
            ),
        ),
        migrations.AddConstraint(
            model_name="fingerprint",
            constraint=models.UniqueConstraint(
                fields=("review", "id"), name="fingerprint_is_known_within_its_review"
            ),
        ),
        EnsureCompositeKeys(),
    ]
