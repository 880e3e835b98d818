"""Views for dashboards: Grafana's login reads views and nothing else.

Each dated row bears its day twice: as `snapshot_date`, by which partitions are pruned, and as `time`, the start of that
day in UTC, which is what a time series is drawn by. What is not stated is a word of its own, never NULL, so that it can
be chosen in a list: level `unstated`, place and family `unknown`.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LADDER = """
        LEFT JOIN job_hunter.levels l ON l.id = {0}.level_id
        LEFT JOIN job_hunter.levels g ON g.id = l.generic_id"""
_LEVEL = "COALESCE(g.slug, l.slug, 'unstated') AS level, COALESCE(g.rank, l.rank) AS level_rank"
_DAY = "snapshot_date, {0}.snapshot_date::timestamp AT TIME ZONE 'UTC' AS \"time\""

VIEWS = {
    # The companies that any figure or role is of.
    "company_list": """
        SELECT c.slug AS company, c.display_name, c.sector, c.ats_type, c.retired_at FROM job_hunter.companies c
        WHERE EXISTS (SELECT 1 FROM job_hunter.roles r WHERE r.company_id = c.id)
           OR EXISTS (SELECT 1 FROM job_hunter.comp_points p WHERE p.company_id = c.id)""",
    # Pay as it stood each day; `pay_gbp` is what medians are taken of.
    "dated_pay": f"""
        SELECT s.{_DAY.format("s")}, c.slug AS company, c.display_name, c.sector, {_LEVEL},
               COALESCE(s.location_bucket, 'unknown') AS place, COALESCE(s.family, 'unknown') AS family,
               COALESCE(s.total_gbp, s.base_gbp) AS pay_gbp, s.base_gbp, s.total_gbp, s.base_value, s.total_value,
               s.currency, s.rate_date, s.evidence, s.n_reported, p.source, s.is_canonical, s.origin, s.lineage_id
        FROM job_hunter.comp_snapshots s
        JOIN job_hunter.companies c ON c.id = s.company_id
        LEFT JOIN job_hunter.comp_points p ON p.id = s.comp_point_id{_LADDER.format("s")}""",
    # Roles open each day. A day without a row is zero or missing: `coverage` tells which.
    "dated_openings": f"""
        SELECT s.{_DAY.format("s")}, c.slug AS company, c.display_name, c.sector, {_LEVEL},
               COALESCE(s.primary_location, 'unknown') AS place, COALESCE(s.family, 'unknown') AS family, r.source,
               s.states_pay, s.is_canonical, s.origin, s.role_id, s.lineage_id
        FROM job_hunter.roles_snapshots s
        JOIN job_hunter.companies c ON c.id = s.company_id
        LEFT JOIN job_hunter.roles r ON r.id = s.role_id{_LADDER.format("s")}""",
    # Days on which at least one board was read completely.
    "snapshot_days": f"""
        SELECT DISTINCT f.{_DAY.format("f")} FROM job_hunter.board_fetches f WHERE f.status = 'complete'""",
    # Whether all that lists a company's roles was read completely on a day: only then is no row a zero. Pages of
    # levels.fyi list no roles.
    "company_days": """
        SELECT c.snapshot_date, c.company_slug AS company, c.display_name, bool_and(c.is_covered) AS is_read
        FROM job_hunter.coverage c WHERE c.company_slug IS NOT NULL AND c.source <> 'levels_fyi'
        GROUP BY c.snapshot_date, c.company_slug, c.display_name""",
    # Every role ever seen. `is_news`: not an old opening under another id, and not one that was there when its board
    # was read for the first time.
    "role_list": f"""
        SELECT r.id, r.source, r.board, c.slug AS company, c.display_name, c.sector, r.title, r.location,
               COALESCE(r.primary_location, 'unknown') AS place, COALESCE(r.family, 'unknown') AS family, {_LEVEL},
               r.remote_policy, r.posted_at, r.first_seen_at, LEAST(r.posted_at, r.first_seen_at) AS opened_at,
               r.closed_at, r.apply_url, r.parsed_base_min, r.parsed_base_max, r.parsed_currency, r.parsed_period,
               r.parsed_basis, r.pay_evidence, r.is_canonical, r.lineage_id,
               (SELECT max(COALESCE(p.total_gbp, p.base_gbp)) FROM job_hunter.comp_points p
                WHERE p.role_id = r.id) AS pay_gbp,
               (r.lineage_id IS NULL OR r.lineage_id = r.id)
               AND (r.posted_at >= r.first_seen_at - interval '7 days' OR EXISTS (
                   SELECT 1 FROM job_hunter.board_fetches f
                   WHERE f.source = r.source AND f.board = r.board AND f.status IN ('complete', 'partial')
                     AND f.fetched_at < r.first_seen_at
                     AND f.snapshot_date < (r.first_seen_at AT TIME ZONE 'UTC')::date)) AS is_news
        FROM job_hunter.roles r
        JOIN job_hunter.companies c ON c.id = r.company_id{_LADDER.format("r")}""",
    # What happened to roles besides being new: closed, retired, reopened, reposted, pay_changed.
    "role_changes": """
        SELECT e.happened_at, e.kind, r.source, r.board, c.slug AS company, c.display_name, r.title,
               COALESCE(r.primary_location, 'unknown') AS place, COALESCE(r.family, 'unknown') AS family,
               COALESCE(g.slug, l.slug, 'unstated') AS level, r.is_canonical, r.id AS role_id
        FROM job_hunter.role_events e
        JOIN job_hunter.roles r ON r.id = e.role_id
        JOIN job_hunter.companies c ON c.id = r.company_id"""
    + _LADDER.format("r"),
    # The analyst's own packages.
    "own_pay": f"""
        SELECT o.label, COALESCE(o.total_gbp, o.base_gbp) AS pay_gbp, o.base_gbp, o.total_gbp, {_LEVEL},
               COALESCE(o.location_bucket, 'unknown') AS place, o.effective_date
        FROM job_hunter.own_comp o{_LADDER.format("o")}""",
    # The boards of current companies, each as its newest refresh left it. Runs of the receiver read single pages.
    "board_status": """
        SELECT c.slug AS company, c.display_name, c.sector, newest.source, newest.board, newest.status,
               newest.http_status, newest.message, newest.fetched_at AS asked_at,
               done.snapshot_date AS last_complete, done.postings,
               (SELECT count(*) FROM job_hunter.board_fetches f
                WHERE f.source = newest.source AND f.board = newest.board AND f.status IN ('skipped', 'partial')
                  AND f.fetched_at > COALESCE(done.fetched_at, '-infinity')) AS failures,
               newest.status IN ('skipped', 'partial')
                   OR COALESCE(last.day - done.snapshot_date > 8, newest.status <> 'quarantined') AS is_failing
        FROM job_hunter.companies c
        CROSS JOIN LATERAL (
            SELECT f.* FROM job_hunter.board_fetches f
            JOIN job_hunter.refresh_runs r ON r.id = f.run_id AND r.door <> 'cdio'
            WHERE f.source = c.ats_type AND f.board = c.ats_id ORDER BY f.fetched_at DESC LIMIT 1) newest
        LEFT JOIN LATERAL (
            SELECT f.snapshot_date, f.postings, f.fetched_at FROM job_hunter.board_fetches f
            WHERE f.source = c.ats_type AND f.board = c.ats_id AND f.status = 'complete'
            ORDER BY f.fetched_at DESC LIMIT 1) done ON true
        CROSS JOIN (SELECT max(snapshot_date) AS day FROM job_hunter.refresh_runs WHERE door <> 'cdio') last
        WHERE c.retired_at IS NULL""",
    # The ledger, a row for each board and run.
    "board_reads": """
        SELECT f.fetched_at, f.snapshot_date, f.run_id, r.door, f.source, f.board, c.slug AS company, c.display_name,
               f.status, f.http_status, f.is_not_modified, f.tries, f.seconds, f.wire_bytes, f.postings, f.new,
               f.changed, f.unchanged, f.closed, f.reopened, f.rejected, f.with_pay, f.with_level, f.with_place,
               f.message
        FROM job_hunter.board_fetches f
        JOIN job_hunter.refresh_runs r ON r.id = f.run_id
        LEFT JOIN job_hunter.companies c ON c.id = f.company_id""",
    "runs": """
        SELECT r.id, r.snapshot_date, r.started_at, r.finished_at, r.door, r.status, r.boards_planned, r.message,
               b.boards, b.complete, b.boards - b.complete AS not_complete, b.postings, b.new, b.closed, b.rejected,
               b.wire_bytes
        FROM job_hunter.refresh_runs r
        CROSS JOIN LATERAL (
            SELECT count(*) AS boards, count(*) FILTER (WHERE f.status = 'complete') AS complete,
                   COALESCE(sum(f.postings), 0) AS postings, COALESCE(sum(f.new), 0) AS new,
                   COALESCE(sum(f.closed), 0) AS closed, COALESCE(sum(f.rejected), 0) AS rejected,
                   COALESCE(sum(f.wire_bytes), 0) AS wire_bytes
            FROM job_hunter.board_fetches f WHERE f.run_id = r.id) b""",
    # By currency: figures of open roles, those without pounds, and the rates. Rates more than 7 days apart leave days
    # that no look-back bridges; the euro is what rates are stated against and needs none.
    "fx_status": """
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
        GROUP BY u.currency, f.figures, f.without_pounds, f.without_since""",
    # What waits for somebody: announcements, pages to be read, messages to be sent.
    "waiting": """
        SELECT 'changed pages not announced' AS what, count(*) AS waiting, min(received_at) AS since
        FROM job_hunter.cdio_changes WHERE processed_at IS NULL AND event_sent_at IS NULL
        UNION ALL
        SELECT 'changed pages not read', count(*), min(received_at)
        FROM job_hunter.cdio_changes WHERE processed_at IS NULL
        UNION ALL
        SELECT 'messages not delivered', count(*), min(created_at) FROM job_hunter.deliveries
        WHERE sent_at IS NULL AND body ? 'addresses'""",
}


def upgrade() -> None:
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW job_hunter.{name} AS {query}")


def downgrade() -> None:
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW job_hunter.{name}")
