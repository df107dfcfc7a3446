"""Hosted messages in the order in which they came, whatever the desk's clock said; and when a message was last posted,
so that what will never be updated again can be forgotten.

Routes are compared byte by byte, so that "everything below this address" is one range of an index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailbox_message", sa.Column("put_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE mailbox_message SET put_at = at")
    with op.batch_alter_table("mailbox_message") as table:
        table.alter_column("put_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    op.add_column("posted", sa.Column("at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE posted SET at = CURRENT_TIMESTAMP")
    with op.batch_alter_table("posted") as table:
        table.alter_column("at", existing_type=sa.DateTime(timezone=True), nullable=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE mailbox_message ALTER COLUMN route TYPE VARCHAR COLLATE "C"')


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE mailbox_message ALTER COLUMN route TYPE VARCHAR COLLATE "default"')
    op.drop_column("posted", "at")
    op.drop_column("mailbox_message", "put_at")
