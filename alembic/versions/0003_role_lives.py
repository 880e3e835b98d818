"""The view of each role's life: first seen, days open, closed, reopened, posted again, pay changed.

Days open leave out the time between a closing and a reopening. An open role has been open until its board was last read
completely: what happened since, nobody knows.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROLE_LIVES = """
    WITH seen AS (
        SELECT source, board, max(fetched_at) AS last_read_at FROM job_hunter.board_fetches
        WHERE status = 'complete' GROUP BY source, board),
    told AS (
        SELECT e.role_id,
               COALESCE(sum(e.happened_at - CAST(e.detail ->> 'closed_at' AS timestamptz))
                        FILTER (WHERE e.kind = 'reopened'), interval '0') AS away,
               count(*) FILTER (WHERE e.kind = 'reopened') AS times_reopened,
               max(CAST(e.detail ->> 'earlier_role_id' AS bigint))
                   FILTER (WHERE e.kind = 'reposted') AS earlier_role_id,
               jsonb_agg(jsonb_build_object('at', e.happened_at) || e.detail ORDER BY e.happened_at, e.id)
                   FILTER (WHERE e.kind = 'pay_changed') AS pay_changes
        FROM job_hunter.role_events e GROUP BY e.role_id)
    SELECT r.id AS role_id, r.lineage_id, r.source, r.external_id, c.slug AS company_slug, c.display_name, r.title,
           r.primary_location, r.first_seen_at,
           (SELECT min(l.first_seen_at) FROM job_hunter.roles l WHERE l.id = r.lineage_id OR l.id = r.id)
               AS lineage_first_seen_at,
           r.closed_at,
           CAST(round(EXTRACT(epoch FROM COALESCE(r.closed_at, GREATEST(s.last_read_at, r.fetched_at))
                      - r.first_seen_at - COALESCE(t.away, interval '0')) / 86400) AS integer) AS days_open,
           COALESCE(t.times_reopened, 0) AS times_reopened, t.earlier_role_id,
           COALESCE(t.pay_changes, '[]'::jsonb) AS pay_changes
    FROM job_hunter.roles r
    JOIN job_hunter.companies c ON c.id = r.company_id
    LEFT JOIN seen s ON s.source = r.source AND s.board = r.board
    LEFT JOIN told t ON t.role_id = r.id"""


def upgrade() -> None:
    op.execute(f"CREATE VIEW job_hunter.role_lives AS {ROLE_LIVES}")


def downgrade() -> None:
    op.execute("DROP VIEW job_hunter.role_lives")
