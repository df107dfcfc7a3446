"""Approvals: a kind of waiting, with who was asked and what they said on the record."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket", sa.Column("approvals", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("ticket", "approvals")
