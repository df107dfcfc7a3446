"""Row-level security: on PostgreSQL each table shows and takes only rows of the transaction's organisation.

The policies bind the desk's own role, which owns nothing; they are forced, so that they bind an owner as well. A
superuser who may not take on that role would not be bound: `firstline doctor` says so.
"""

from __future__ import annotations

from alembic import op

from tickets.database import DESK_ROLE


def make_role() -> None:
    """Make the desk's role, once in a cluster, and let whoever migrates take it on."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        f"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{DESK_ROLE}') THEN
                CREATE ROLE {DESK_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;
            END IF;
            EXECUTE format('GRANT {DESK_ROLE} TO %I', current_user);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE NOTICE 'not allowed to make the role {DESK_ROLE}; firstline doctor says what follows';
        END $$
        """
    )
    op.execute(_if_role(f"EXECUTE format('GRANT USAGE ON SCHEMA %I TO {DESK_ROLE}', current_schema())"))


def isolate(table: str) -> None:
    """Bind the table's rows to `firstline.organisation`; `*` is for the desk's own loops."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"""
        CREATE POLICY organisation ON {table}
            USING (current_setting('firstline.organisation', true) IN (organisation, '*'))
            WITH CHECK (current_setting('firstline.organisation', true) IN (organisation, '*'))
        """
    )
    op.execute(_if_role(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {DESK_ROLE}"))
    op.execute(
        _if_role(
            f"EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO {DESK_ROLE}', current_schema())"
        )
    )


def _if_role(statement: str) -> str:
    return (
        f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{DESK_ROLE}') "
        f"THEN {statement}; END IF; END $$"
    )
