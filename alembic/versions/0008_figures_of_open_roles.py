"""Exchange rates in use by the open roles that state pay: a role without pay has no figure to be looked for.

Each look-up goes through an index that grows a level with the years, and three roles of five were looked up in vain.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FX_STATUS_BEFORE = """
        WITH standing AS (
            SELECT p.* FROM job_hunter.roles r
            CROSS JOIN LATERAL (SELECT * FROM job_hunter.comp_points p WHERE p.role_id = r.id OFFSET 0) p
            WHERE r.closed_at IS NULL
            UNION ALL SELECT * FROM job_hunter.comp_points WHERE role_id IS NULL),
        figures AS (
            SELECT p.currency, count(*) AS figures, min(p.effective_date) AS oldest,
                   count(*) FILTER (WHERE p.base_gbp IS NULL AND p.total_gbp IS NULL) AS without_pounds,
                   min(p.effective_date) FILTER (WHERE p.base_gbp IS NULL AND p.total_gbp IS NULL) AS without_since
            FROM standing p WHERE p.period = 'year' AND COALESCE(p.total_value, p.base_value) IS NOT NULL
            GROUP BY p.currency),
        used AS (SELECT currency FROM figures UNION SELECT 'GBP'),
        steps AS (
            SELECT x.currency, x.rate_date, x.rate_date - lag(x.rate_date) OVER w AS days
            FROM job_hunter.fx_rates x JOIN used USING (currency)
            WHERE x.rate_date >= (SELECT min(oldest) - 7 FROM figures)
            WINDOW w AS (PARTITION BY x.currency ORDER BY x.rate_date))
        SELECT u.currency, COALESCE(f.figures, 0) AS figures, COALESCE(f.without_pounds, 0) AS without_pounds,
               f.without_since, max(s.rate_date) AS newest_rate, max(s.days) AS longest_gap_days,
               count(*) FILTER (WHERE s.days > 7) AS gaps
        FROM used u LEFT JOIN figures f USING (currency) LEFT JOIN steps s USING (currency)
        GROUP BY u.currency, f.figures, f.without_pounds, f.without_since"""

# OFFSET 0: figures are found by the index entry of each open role that states pay, however many roles there have been.
FX_STATUS = """
        WITH standing AS (
            SELECT p.* FROM job_hunter.roles r
            CROSS JOIN LATERAL (SELECT * FROM job_hunter.comp_points p WHERE p.role_id = r.id OFFSET 0) p
            WHERE r.closed_at IS NULL AND r.parsed_currency IS NOT NULL
            UNION ALL SELECT * FROM job_hunter.comp_points WHERE role_id IS NULL),
        figures AS (
            SELECT p.currency, count(*) AS figures, min(p.effective_date) AS oldest,
                   count(*) FILTER (WHERE p.base_gbp IS NULL AND p.total_gbp IS NULL) AS without_pounds,
                   min(p.effective_date) FILTER (WHERE p.base_gbp IS NULL AND p.total_gbp IS NULL) AS without_since
            FROM standing p WHERE p.period = 'year' AND COALESCE(p.total_value, p.base_value) IS NOT NULL
            GROUP BY p.currency),
        used AS (SELECT currency FROM figures UNION SELECT 'GBP'),
        steps AS (
            SELECT x.currency, x.rate_date, x.rate_date - lag(x.rate_date) OVER w AS days
            FROM job_hunter.fx_rates x JOIN used USING (currency)
            WHERE x.rate_date >= (SELECT min(oldest) - 7 FROM figures)
            WINDOW w AS (PARTITION BY x.currency ORDER BY x.rate_date))
        SELECT u.currency, COALESCE(f.figures, 0) AS figures, COALESCE(f.without_pounds, 0) AS without_pounds,
               f.without_since, max(s.rate_date) AS newest_rate, max(s.days) AS longest_gap_days,
               count(*) FILTER (WHERE s.days > 7) AS gaps
        FROM used u LEFT JOIN figures f USING (currency) LEFT JOIN steps s USING (currency)
        GROUP BY u.currency, f.figures, f.without_pounds, f.without_since"""


def upgrade() -> None:
    op.execute(f"CREATE OR REPLACE VIEW job_hunter.fx_status AS {FX_STATUS}")


def downgrade() -> None:
    op.execute(f"CREATE OR REPLACE VIEW job_hunter.fx_status AS {FX_STATUS_BEFORE}")
