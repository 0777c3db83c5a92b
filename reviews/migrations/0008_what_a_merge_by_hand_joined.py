"""A merge by hand can be taken back to the groups it joined."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0007_reports_go_with_untouched_records"),
    ]

    operations = [
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
            name="joined",
            field=models.JSONField(
                default=list,
                help_text="What a person's last merge joined, as it stood before.",
            ),
        ),
        migrations.AddField(
            model_name="duplicategroupevent",
            name="joined",
            field=models.JSONField(
                default=list,
                help_text="What a person's last merge joined, as it stood before.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="duplicategroup",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_duplicategroupevent" ("created_at", "dissolved_at", "dissolved_by_id", "evidence", "id", "joined", "made_by_id", "method", "parted", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_id") SELECT new_values."created_at", new_values."dissolved_at", new_values."dissolved_by_id", new_values."evidence", new_values."id", new_values."joined", new_values."made_by_id", new_values."method", new_values."parted", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."review_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="64f58dbaf78f7d7592cfe0e0f30e271abbe2e787",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_duplicategroupevent" ("created_at", "dissolved_at", "dissolved_by_id", "evidence", "id", "joined", "made_by_id", "method", "parted", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_id") SELECT new_values."created_at", new_values."dissolved_at", new_values."dissolved_by_id", new_values."evidence", new_values."id", new_values."joined", new_values."made_by_id", new_values."method", new_values."parted", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."review_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="2d3626d8f55f1791f3ec658267edf2bb99550eef",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "reviews_duplicategroupevent" ("created_at", "dissolved_at", "dissolved_by_id", "evidence", "id", "joined", "made_by_id", "method", "parted", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_id") SELECT old_values."created_at", old_values."dissolved_at", old_values."dissolved_by_id", old_values."evidence", old_values."id", old_values."joined", old_values."made_by_id", old_values."method", old_values."parted", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."review_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="52984e0ae11206613242802983c7aab36c7c3e7c",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_6a73a",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="reviews_duplicategroup",
                    when="AFTER",
                ),
            ),
        ),
    ]
