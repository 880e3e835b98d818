"""What the shards of one refresh share: which boards are whose, and how the hosts they all ask are doing."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = "job_hunter"


def upgrade() -> None:
    op.create_table(
        "planned_boards",
        sa.Column("run_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            [f"{SCHEMA}.refresh_runs.id"],
            name="fk_planned_boards_run_id_refresh_runs",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "source", "board", name="pk_planned_boards"),
        schema=SCHEMA,
    )
    op.create_table(
        "source_hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_source_hosts"),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("source_hosts", schema=SCHEMA)
    op.drop_table("planned_boards", schema=SCHEMA)
