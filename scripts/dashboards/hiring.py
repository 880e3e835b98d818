"""Who is hiring: openings, what came and went, how long they stay open, and which boards were read."""

from __future__ import annotations

from scripts.dashboards.choices import CHOSEN, COMPANY, FAMILY, LEVEL, NEWEST, PLACE, TWICE
from scripts.dashboards.model import COUNT, GBP, Dashboard, bars, series, stat, table, thresholds, timeline

_STATUS = {
    "mappings": [
        {
            "type": "value",
            "options": {
                "0": {"text": "skipped", "color": "red", "index": 0},
                "1": {"text": "quarantined", "color": "orange", "index": 1},
                "2": {"text": "partial", "color": "yellow", "index": 2},
                "3": {"text": "complete", "color": "green", "index": 3},
            },
        }
    ],
    "thresholds": thresholds(("red", None), ("orange", 1), ("yellow", 2), ("green", 3)),
    "color": {"mode": "thresholds"},
}

NOW = stat(
    "Hiring on the newest snapshot",
    f"""
    SELECT to_char({NEWEST}, 'YYYY-MM-DD') AS "snapshot",
           (SELECT count(*) FROM job_hunter.dated_openings s WHERE s.snapshot_date = {NEWEST} AND {CHOSEN})
             AS "open roles",
           (SELECT count(DISTINCT s.company) FROM job_hunter.dated_openings s
            WHERE s.snapshot_date = {NEWEST} AND {CHOSEN}) AS "companies",
           (SELECT count(*) FROM job_hunter.role_list s
            WHERE s.first_seen_at >= {NEWEST} - 6 AND s.first_seen_at < {NEWEST} + 1 AND s.is_news AND {CHOSEN})
             AS "new in 7 days",
           (SELECT count(*) FROM job_hunter.role_changes s
            WHERE s.happened_at >= {NEWEST} - 6 AND s.happened_at < {NEWEST} + 1 AND s.kind = 'closed' AND {CHOSEN})
             AS "closed in 7 days",
           (SELECT count(*) FROM job_hunter.coverage c WHERE c.snapshot_date = {NEWEST} AND NOT c.is_covered)
             AS "boards not read"
    """,
    "Boards that were not read hold back roles: what they list is missing here, not zero.",
    24,
)
OPEN = series(
    "Open roles by company",
    f"""
    WITH counts AS (
      SELECT s.snapshot_date, s.company, s.display_name, count(*) AS roles
      FROM job_hunter.dated_openings s
      WHERE $__timeFilter(s.snapshot_date) AND {CHOSEN}
      GROUP BY 1, 2, 3),
    zeros AS (
      SELECT DISTINCT c.snapshot_date, n.company, n.display_name
      FROM (SELECT DISTINCT company, display_name FROM counts) n
      JOIN job_hunter.company_days c ON c.company = n.company AND c.is_read AND $__timeFilter(c.snapshot_date)
      WHERE NOT EXISTS (SELECT FROM counts o WHERE o.snapshot_date = c.snapshot_date AND o.company = n.company))
    SELECT snapshot_date::timestamp AT TIME ZONE 'UTC' AS "time", display_name AS metric, sum(roles) AS value
    FROM (SELECT * FROM counts UNION ALL SELECT *, 0 FROM zeros) every
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "Zero is drawn for a board that was read and lists none; a gap is a board that was not read.",
    24,
    **COUNT,
)
NEW_BY_SOURCE = series(
    "New roles per day by source",
    f"""
    SELECT date_trunc('day', s.first_seen_at, 'UTC') AS "time", s.source AS metric, count(*) AS value
    FROM job_hunter.role_list s
    WHERE $__timeFilter(s.first_seen_at) AND s.is_news AND {CHOSEN}
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    """By the day we first saw them. Neither reposted roles nor those that stood on a board when it was first read.""",
    12,
    bars=True,
    **COUNT,
)
TURNOVER = series(
    "New and closed roles",
    f"""
    SELECT "time", metric, count(*) AS value FROM (
      SELECT date_trunc('day', s.first_seen_at, 'UTC') AS "time", 'new' AS metric
      FROM job_hunter.role_list s
      WHERE $__timeFilter(s.first_seen_at) AND s.is_news AND {CHOSEN}
      UNION ALL
      SELECT date_trunc('day', s.happened_at, 'UTC'), s.kind
      FROM job_hunter.role_changes s
      WHERE $__timeFilter(s.happened_at) AND s.kind IN ('closed', 'reopened', 'reposted', 'retired') AND {CHOSEN}) e
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    """Closed: a complete board no longer lists it. Retired: its board was taken out of companies.yaml or moved.""",
    12,
    **COUNT,
)
BY_SOURCE = series(
    "Open roles by source, each once",
    f"""
    SELECT s."time", COALESCE(s.source, 'no longer kept') AS metric, count(*) AS value
    FROM job_hunter.dated_openings s
    WHERE $__timeFilter(s.snapshot_date) AND s.is_canonical AND {CHOSEN}
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "An opening on a board and in a thread counts at the board, whatever is chosen above.",
    12,
    bars=True,
    **COUNT,
)
VOLUME = bars(
    "Most open roles",
    f"""
    SELECT s.display_name AS "company", count(*) AS "open roles"
    FROM job_hunter.dated_openings s
    WHERE s.snapshot_date = {NEWEST} AND {CHOSEN}
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 15
    """,
    "The newest snapshot.",
    12,
    "company",
    is_flat=True,
    **COUNT,
)
DAYS_OPEN = table(
    "Days open",
    f"""
    SELECT s.display_name AS "company", count(*) FILTER (WHERE s.closed_at IS NULL) AS "open roles",
           percentile_cont(0.5) WITHIN GROUP (ORDER BY a.days) FILTER (WHERE s.closed_at IS NULL) AS "median days open",
           percentile_cont(0.9) WITHIN GROUP (ORDER BY a.days) FILTER (WHERE s.closed_at IS NULL) AS "p90 days open",
           count(*) FILTER (WHERE s.closed_at IS NOT NULL) AS "closed",
           percentile_cont(0.5) WITHIN GROUP (ORDER BY a.days) FILTER (WHERE s.closed_at IS NOT NULL)
             AS "median days to close"
    FROM job_hunter.role_list s
    CROSS JOIN LATERAL (
      SELECT extract(epoch FROM COALESCE(s.closed_at, $__timeTo()::timestamptz) - s.opened_at) / 86400 AS days) a
    WHERE s.opened_at <= $__timeTo() AND (s.closed_at IS NULL OR $__timeFilter(s.closed_at)) AND {CHOSEN}
    GROUP BY 1 ORDER BY 2 DESC, 1
    """,
    "From the day a role was posted, or first seen, to the end of the time range or to its closing within it.",
    12,
    **{name: {"decimals": 0} for name in ("median days open", "p90 days open", "median days to close")},
)
ROLES = table(
    "Best paid open roles",
    f"""
    SELECT s.display_name AS "company", s.title AS "title", s.level AS "level", s.location AS "place",
           s.pay_gbp AS "pay", s.parsed_base_min AS "from", s.parsed_base_max AS "to", s.parsed_currency AS "currency",
           s.parsed_period AS "per", s.opened_at AS "open since", s.source AS "source", s.apply_url AS "apply"
    FROM job_hunter.role_list s
    WHERE s.closed_at IS NULL AND {CHOSEN}
    ORDER BY s.pay_gbp DESC NULLS LAST, s.opened_at DESC, s.id LIMIT 100
    """,
    "What is open now, whatever the time range: the best paid hundred, pay as the posting states it beside the pounds.",
    24,
    pay=GBP,
    title={"custom.width": 360},
    apply={
        "links": [{"title": "Apply at ${__data.fields.company}", "url": "${__value.raw}", "targetBlank": True}],
        "mappings": [{"type": "regex", "options": {"pattern": "https?://.*", "result": {"text": "apply", "index": 0}}}],
    },
    open_since={"unit": "dateTimeFromNow"},
)
COVERAGE = timeline(
    "Boards read, by company",
    """
    SELECT c.snapshot_date::timestamp AT TIME ZONE 'UTC' AS "time", c.display_name || ' (' || c.source || ')' AS metric,
           max(CASE c.status WHEN 'complete' THEN 3 WHEN 'partial' THEN 2 WHEN 'quarantined' THEN 1 ELSE 0 END) AS value
    FROM job_hunter.coverage c
    WHERE $__timeFilter(c.snapshot_date) AND c.company_slug IN (${company:sqlstring})
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "Only a day on which a board was complete has rows of it in any trend.",
    12,
    **_STATUS,
)
COVERAGE_TABLE = table(
    "How each board stands",
    """
    SELECT b.display_name AS "company", b.source AS "source", b.status AS "last time",
           b.last_complete::text AS "complete on", b.postings AS "postings then",
           b.failures AS "failures since", b.message AS "reason"
    FROM job_hunter.board_status b
    WHERE b.company IN (${company:sqlstring})
    ORDER BY b.is_failing DESC, b.status = 'complete', b.display_name
    """,
    "As of now. A board that is skipped, partial or quarantined closes no role and has no rows that day.",
    12,
    reason={"custom.width": 320},
)

DASHBOARD = Dashboard(
    "job-hunter-hiring",
    "Job Hunter: hiring",
    "Who is hiring, what came and went, and which boards were read.",
    "now-6M",
    (PLACE, LEVEL, COMPANY, FAMILY, TWICE),
    (
        (4, (NOW,)),
        (11, (OPEN,)),
        (9, (NEW_BY_SOURCE, TURNOVER)),
        (11, (BY_SOURCE, VOLUME)),
        (13, (ROLES,)),
        (12, (DAYS_OPEN, COVERAGE_TABLE)),
        (12, (COVERAGE,)),
    ),
)
