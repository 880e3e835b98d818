"""Roles by the day they were closed: what stood open within some months is a small part of years of roles.

With the index of open roles it answers "open, or closed since" from two indexes; without it each such question reads
every role there ever was.
"""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_roles_closed_at",
        "roles",
        ["closed_at"],
        schema="job_hunter",
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_roles_closed_at", "roles", schema="job_hunter")
