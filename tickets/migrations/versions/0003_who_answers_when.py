"""Who answers when: budgets of the tiers, updates, rollover, pages, escalation; absences and swaps said in chat."""

import sqlalchemy as sa
from alembic import op

from tickets.migrations.isolation import isolate

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENTS = ("update_since", "update_due", "tier_since", "tier_due", "rollover_at", "page_due", "given_at")
TEXTS = ("tier_queue", "rollover_to", "page_rota")
JSONS = {"tier_used": "{}", "page_called": "[]", "steps": "[]"}


def upgrade() -> None:
    for name in MOMENTS:
        op.add_column("ticket", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in TEXTS:
        op.add_column("ticket", sa.Column(name, sa.String(), nullable=True))
    for name, empty in JSONS.items():
        op.add_column("ticket", sa.Column(name, sa.JSON(), nullable=False, server_default=empty))
    op.add_column(
        "ticket", sa.Column("urgency_raised", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index("ticket_given", "ticket", ["organisation", "queue", "given_at"])

    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("technician", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("absence_until", "absence", ["organisation", "until"])
    op.create_table(
        "swap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("rota", sa.String(), nullable=False),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("technician", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("swap_until", "swap", ["organisation", "until"])
    op.create_table(
        "said_once",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "key"),
    )
    for table in ("absence", "swap", "said_once"):
        isolate(table)


def downgrade() -> None:
    op.drop_table("said_once")
    op.drop_table("swap")
    op.drop_table("absence")
    op.drop_index("ticket_given", "ticket")
    for name in ("urgency_raised", *JSONS, *TEXTS, *MOMENTS):
        op.drop_column("ticket", name)
