"""Which days belong to the series: those of a whole refresh. One company read alone makes no week of the market."""

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SNAPSHOT_DAYS = """
    SELECT r.snapshot_date, r.snapshot_date::timestamp AT TIME ZONE 'UTC' AS "time"
    FROM job_hunter.refresh_runs r
    WHERE EXISTS (SELECT 1 FROM job_hunter.board_fetches f
                  WHERE f.snapshot_date = r.snapshot_date AND f.status = 'complete')
      AND (NOT r.is_narrow OR NOT EXISTS (SELECT 1 FROM job_hunter.refresh_runs w
                                          WHERE w.snapshot_date < r.snapshot_date AND NOT w.is_narrow))
    GROUP BY r.snapshot_date"""
SNAPSHOT_DAYS_BEFORE = """
    SELECT DISTINCT f.snapshot_date, f.snapshot_date::timestamp AT TIME ZONE 'UTC' AS "time"
    FROM job_hunter.board_fetches f WHERE f.status = 'complete'"""


def upgrade() -> None:
    op.add_column(
        "refresh_runs",
        sa.Column("is_narrow", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema="job_hunter",
    )
    op.execute("UPDATE job_hunter.refresh_runs SET is_narrow = true WHERE door = 'cdio'")
    op.execute(f"CREATE OR REPLACE VIEW job_hunter.snapshot_days AS {SNAPSHOT_DAYS}")


def downgrade() -> None:
    op.execute(f"CREATE OR REPLACE VIEW job_hunter.snapshot_days AS {SNAPSHOT_DAYS_BEFORE}")
    op.drop_column("refresh_runs", "is_narrow", schema="job_hunter")
