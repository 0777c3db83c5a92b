"""Keep the audit trail from the application itself.

In production the application signs in with a role that owns nothing. The functions behind the
tracking triggers run as the owner (SECURITY DEFINER), so the role needs no right to write events
and cannot forge, change or drop them; and the switch by which pgtrigger silences triggers is
removed. Nor may the role make temporary tables: a tracking function hung on one would record what
never happened, and a table of the same name would hide the real one from the other triggers.
``migrate`` may undo any of it, so this is applied again after every migrate.
"""

from typing import Any

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

SILENCE = """
CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name)
RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false'
"""
FUNCTIONS = """
SELECT DISTINCT p.oid::regprocedure::text
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND p.prosrc LIKE '%%_pgh_attach_context%%'
"""


def event_tables() -> list[str]:
    """Return the tables of the audit trail: written by triggers, read by the application."""
    tracked = (
        model._meta.db_table for model in apps.get_models() if hasattr(model, "pgh_tracked_model")
    )
    return [*sorted(tracked), "pghistory_context"]


def _tables() -> list[str]:
    return sorted(set(connection.introspection.table_names()) - set(event_tables()))


@transaction.atomic
def lock_audit(*, role: str, password: str = "") -> None:
    """Give the role what the application needs, and nothing that touches the audit trail.

    Idempotent; run as the owner of the tables. The role is made where it does not exist.
    """
    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.fetchone():
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        if password:
            cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
        cursor.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name))
        for table in _tables():
            cursor.execute(
                sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(
                    sql.Identifier(table), name
                )
            )
        for table in event_tables():
            cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(table), name))
        cursor.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(name))
        _forbid_temporary_tables(cursor, name)
        cursor.execute(SILENCE)
        cursor.execute(FUNCTIONS)
        for (function,) in cursor.fetchall():
            cursor.execute(
                f"ALTER FUNCTION {function} SECURITY DEFINER SET search_path = public, pg_temp"
            )
            # A trigger that fires asks for no such right, but making a trigger does.
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")


def _forbid_temporary_tables(cursor: Any, role: sql.Identifier) -> None:
    database = sql.Identifier(connection.settings_dict["NAME"])
    cursor.execute(
        sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC, {}").format(database, role)
    )
