"""Requesters who do not answer, and technicians who do nothing with what they claimed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENTS = ("asked_at", "idle_since")


def upgrade() -> None:
    for name in MOMENTS:
        op.add_column("ticket", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("reminders", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in ("reminders", *MOMENTS):
        op.drop_column("ticket", name)
