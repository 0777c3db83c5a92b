"""Where an item was decided before a merge of duplicates moved it."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from reviews.core.composite import EnsureCompositeKeys


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0003_fingerprints_of_records"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="screeningitem",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="screeningitem",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="screeningitem",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="screeningitem",
            name="came_from",
            field=models.ForeignKey(
                help_text="The record it was decided on, where a merge of duplicates moved it.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="reviews.record",
            ),
        ),
        migrations.AddField(
            model_name="screeningitem",
            name="moved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="screeningitemevent",
            name="came_from",
            field=models.ForeignKey(
                db_constraint=False,
                help_text="The record it was decided on, where a merge of duplicates moved it.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="reviews.record",
            ),
        ),
        migrations.AddField(
            model_name="screeningitemevent",
            name="moved_at",
            field=models.DateTimeField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="screeningitem",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_screeningitemevent" ("came_from_id", "created_at", "id", "moved_at", "needed", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_id", "record_id", "review_id", "settled_at", "settles_at", "stage") SELECT new_values."came_from_id", new_values."created_at", new_values."id", new_values."moved_at", new_values."needed", new_values."outcome", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."reason_id", new_values."record_id", new_values."review_id", new_values."settled_at", new_values."settles_at", new_values."stage" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="ace2e591fbe8ae1184186839ca96933968656945",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_8a5f5",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="reviews_screeningitem",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="screeningitem",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_screeningitemevent" ("came_from_id", "created_at", "id", "moved_at", "needed", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_id", "record_id", "review_id", "settled_at", "settles_at", "stage") SELECT new_values."came_from_id", new_values."created_at", new_values."id", new_values."moved_at", new_values."needed", new_values."outcome", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."reason_id", new_values."record_id", new_values."review_id", new_values."settled_at", new_values."settles_at", new_values."stage" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."came_from_id" IS DISTINCT FROM (new_values."came_from_id") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."moved_at" IS DISTINCT FROM (new_values."moved_at") OR old_values."needed" IS DISTINCT FROM (new_values."needed") OR old_values."outcome" IS DISTINCT FROM (new_values."outcome") OR old_values."reason_id" IS DISTINCT FROM (new_values."reason_id") OR old_values."record_id" IS DISTINCT FROM (new_values."record_id") OR old_values."review_id" IS DISTINCT FROM (new_values."review_id") OR old_values."settled_at" IS DISTINCT FROM (new_values."settled_at") OR old_values."settles_at" IS DISTINCT FROM (new_values."settles_at") OR old_values."stage" IS DISTINCT FROM (new_values."stage")) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="e0410b2a073ab5f46d8cb8feaa364dc3ae561ec6",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_377eb",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="reviews_screeningitem",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="screeningitem",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_screeningitemevent" ("came_from_id", "created_at", "id", "moved_at", "needed", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_id", "record_id", "review_id", "settled_at", "settles_at", "stage") SELECT old_values."came_from_id", old_values."created_at", old_values."id", old_values."moved_at", old_values."needed", old_values."outcome", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."reason_id", old_values."record_id", old_values."review_id", old_values."settled_at", old_values."settles_at", old_values."stage" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="181b36ed7e6a3e83df5c3ffb2aeabdc61d6f6f01",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_4f50b",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="reviews_screeningitem",
                    when="AFTER",
                ),
            ),
        ),
        EnsureCompositeKeys(),
    ]
