"""What came of the messages that people wrote, so that the knowledge base can grow by it."""

import sqlalchemy as sa
from alembic import op

from tickets.migrations.isolation import isolate

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outcome",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("article", sa.String(), nullable=True),
        sa.Column("end", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"]),
        sa.PrimaryKeyConstraint("organisation", "key"),
    )
    op.create_index("outcome_at", "outcome", ["organisation", "at"])
    isolate("outcome")


def downgrade() -> None:
    op.drop_table("outcome")
