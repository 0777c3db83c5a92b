"""A report goes back to the record whose it was, when a merge of duplicates is undone."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from reviews.core.composite import EnsureCompositeKeys


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0010_notes_and_labels_keep_their_import"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="report",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="report",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="report",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="report",
            name="came_from",
            field=models.ForeignKey(
                help_text="Whose report it was before a merge of duplicates.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="reviews.record",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="moved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="reportevent",
            name="came_from",
            field=models.ForeignKey(
                db_constraint=False,
                help_text="Whose report it was before a merge of duplicates.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="reviews.record",
            ),
        ),
        migrations.AddField(
            model_name="reportevent",
            name="moved_at",
            field=models.DateTimeField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="report",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_reportevent" ("attempts", "came_from_id", "created_at", "id", "moved_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "record_id", "retrieval", "review_id", "version") SELECT new_values."attempts", new_values."came_from_id", new_values."created_at", new_values."id", new_values."moved_at", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."record_id", new_values."retrieval", new_values."review_id", new_values."version" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="dfcc7e78a927eddcef0155961f0c825b0297fa94",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_f859d",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="reviews_report",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="report",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_reportevent" ("attempts", "came_from_id", "created_at", "id", "moved_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "record_id", "retrieval", "review_id", "version") SELECT new_values."attempts", new_values."came_from_id", new_values."created_at", new_values."id", new_values."moved_at", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."record_id", new_values."retrieval", new_values."review_id", new_values."version" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="0202822d2f257de1390f6231e997d9ab2b0c219f",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_941b5",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="reviews_report",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="report",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_reportevent" ("attempts", "came_from_id", "created_at", "id", "moved_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "record_id", "retrieval", "review_id", "version") SELECT old_values."attempts", old_values."came_from_id", old_values."created_at", old_values."id", old_values."moved_at", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."record_id", old_values."retrieval", old_values."review_id", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="51b51d52eeff695d651729fc0a80dd50e5c2183f",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_be877",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="reviews_report",
                    when="AFTER",
                ),
            ),
        ),
        EnsureCompositeKeys(),
    ]
