"""In which channel a conversation is, so that what one person writes there in a row stays together."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversation", sa.Column("channel", sa.String(), nullable=True))
    op.create_index("conversation_in_channel", "conversation", ["person_id", "channel", "last_at"])


def downgrade() -> None:
    op.drop_index("conversation_in_channel", "conversation")
    op.drop_column("conversation", "channel")
