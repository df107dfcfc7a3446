"""Indexes of the outbox that hold only what has not ended, in the order in which it leaves; another for what has."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("state IN ('waiting', 'sending')")
ENDED = sa.text("settled_at IS NOT NULL")


def upgrade() -> None:
    op.drop_index("outbox_of_address", "outbox")
    op.drop_index("outbox_ready", "outbox")
    for name, columns, where in (
        ("outbox_of_address", ["platform", "route", "id"], UNFINISHED),
        ("outbox_unfinished", ["platform", "urgency", "put_at", "id"], UNFINISHED),
        ("outbox_ended", ["state", "settled_at"], ENDED),
    ):
        op.create_index(name, "outbox", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in ("outbox_ended", "outbox_unfinished", "outbox_of_address"):
        op.drop_index(name, "outbox")
    op.create_index("outbox_of_address", "outbox", ["platform", "route", "state", "id"])
    op.create_index("outbox_ready", "outbox", ["state", "urgency", "due_at"])
