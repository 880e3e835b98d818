"""What years of history need: figures without pounds by an index, rates by open roles, statistics and vacuum in time.

Autovacuum waits by default until a fifth of a table has changed. A year's partition of snapshots would be looked at
every ten weeks, and the newest day would be unknown to the planner, which then takes it for empty. The parents of the
partitions hold no rows and have no settings.
"""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

YEARS = range(2024, 2047)
PARTITIONS = tuple(f"{table}_{year}" for table in ("roles_snapshots", "comp_snapshots") for year in YEARS)

# A share of the table, and a number of rows: together they are how much may change before it is looked at.
ANALYZED = {"autovacuum_analyze_scale_factor": "0", "autovacuum_analyze_threshold": "5000"}
INSERTED = {"autovacuum_vacuum_insert_scale_factor": "0", "autovacuum_vacuum_insert_threshold": "20000"}
UPDATED = {"autovacuum_vacuum_scale_factor": "0.05", "autovacuum_vacuum_threshold": "1000"}
STORAGE = {
    **dict.fromkeys(PARTITIONS, ANALYZED | INSERTED),
    "roles": ANALYZED | UPDATED,
    "comp_points": ANALYZED | UPDATED,
    "role_places": UPDATED,
    "role_events": ANALYZED | INSERTED,
    "board_fetches": ANALYZED | INSERTED,
    "raw_payloads": INSERTED | UPDATED,
}

# Views name what is not stated; without statistics of these words the planner takes any choice of them for a rare one.
PLACES = {"roles_snapshots": "primary_location", "comp_snapshots": "location_bucket"}
STATISTICS = {
    f"st_{table}_{what}": f"(COALESCE({column}, 'unknown')) FROM job_hunter.{table}"
    for table, place in (
        ("roles", "primary_location"),
        *((f"{parent}_{year}", place) for parent, place in PLACES.items() for year in YEARS),
    )
    for what, column in (("place", place), ("family", "family"))
}

_CHANGES = """
        SELECT e.happened_at, e.kind, r.source, r.board, c.slug AS company, c.display_name, r.title,
               COALESCE(r.primary_location, 'unknown') AS place, COALESCE(r.family, 'unknown') AS family,
               COALESCE(g.slug, l.slug, 'unstated') AS level, r.is_canonical, r.id AS role_id
        FROM job_hunter.role_events e
        {0}
        JOIN job_hunter.companies c ON c.id = r.company_id
        LEFT JOIN job_hunter.levels l ON l.id = r.level_id
        LEFT JOIN job_hunter.levels g ON g.id = l.generic_id"""
ROLE_CHANGES_BEFORE = _CHANGES.format("JOIN job_hunter.roles r ON r.id = e.role_id")
# OFFSET 0: from the events of the days asked for to their roles, never from every role to its events.
ROLE_CHANGES = _CHANGES.format(
    "CROSS JOIN LATERAL (SELECT * FROM job_hunter.roles o WHERE o.id = e.role_id OFFSET 0) r"
)

FX_STATUS_BEFORE = """
        WITH figures AS (
            SELECT p.currency, count(*) AS figures, min(p.effective_date) AS oldest,
                   count(*) FILTER (WHERE p.base_gbp IS NULL AND p.total_gbp IS NULL) AS without_pounds,
                   min(p.effective_date) FILTER (WHERE p.base_gbp IS NULL AND p.total_gbp IS NULL) AS without_since
            FROM job_hunter.comp_points p LEFT JOIN job_hunter.roles r ON r.id = p.role_id
            WHERE p.period = 'year' AND COALESCE(p.total_value, p.base_value) IS NOT NULL AND r.closed_at IS NULL
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

# OFFSET 0: figures are found by each open role's index entry, however many closed roles there have been.
FX_STATUS = """
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


def upgrade() -> None:
    op.create_index(
        "ix_comp_points_unpriced",
        "comp_points",
        ["currency"],
        schema="job_hunter",
        postgresql_where=sa.text("base_gbp IS NULL AND total_gbp IS NULL"),
    )
    # A company's roles of some months; alone, its index leads through all it ever had.
    op.create_index("ix_roles_company_id_first_seen_at", "roles", ["company_id", "first_seen_at"], schema="job_hunter")
    op.drop_index("ix_roles_company_id", "roles", schema="job_hunter")
    for name, what in STATISTICS.items():
        op.execute(f"CREATE STATISTICS job_hunter.{name} ON {what}")
    for table, settings in STORAGE.items():
        values = ", ".join(f"{name} = {value}" for name, value in settings.items())
        op.execute(f"ALTER TABLE job_hunter.{table} SET ({values})")
    op.execute(f"CREATE OR REPLACE VIEW job_hunter.fx_status AS {FX_STATUS}")
    op.execute(f"CREATE OR REPLACE VIEW job_hunter.role_changes AS {ROLE_CHANGES}")


def downgrade() -> None:
    op.execute(f"CREATE OR REPLACE VIEW job_hunter.role_changes AS {ROLE_CHANGES_BEFORE}")
    op.execute(f"CREATE OR REPLACE VIEW job_hunter.fx_status AS {FX_STATUS_BEFORE}")
    for table, settings in STORAGE.items():
        op.execute(f"ALTER TABLE job_hunter.{table} RESET ({', '.join(settings)})")
    for name in STATISTICS:
        op.execute(f"DROP STATISTICS job_hunter.{name}")
    op.create_index("ix_roles_company_id", "roles", ["company_id"], schema="job_hunter")
    op.drop_index("ix_roles_company_id_first_seen_at", "roles", schema="job_hunter")
    op.drop_index("ix_comp_points_unpriced", "comp_points", schema="job_hunter")
