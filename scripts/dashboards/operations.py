"""Is it healthy: freshness, runs, boards that fail, fill rates, exchange rates, and what waits."""

from __future__ import annotations

from scripts.dashboards.choices import SOURCE
from scripts.dashboards.model import COUNT, SHARE, Dashboard, series, stat, table, thresholds

_SOURCES = "IN (${source:sqlstring})"


def _graded(warn: float, bad: float, **properties: object) -> dict[str, object]:
    """Green, from `warn` on yellow, from `bad` on red."""
    return {
        "thresholds": thresholds(("green", None), ("yellow", warn), ("red", bad)),
        "color": {"mode": "thresholds"},
        **properties,
    }


SNAPSHOT_AGE = stat(
    "Newest snapshot",
    """
    SELECT ($__timeTo()::timestamptz AT TIME ZONE 'UTC')::date - max(d.snapshot_date) AS "days old"
    FROM job_hunter.snapshot_days d
    """,
    "Weekly runs leave at most 7. From 8 on an alert says so.",
    5,
    **_graded(7.5, 8, unit="d", decimals=0, noValue="none yet"),
)
RUN_AGE = stat(
    "Last refresh that ended",
    """
    SELECT extract(epoch FROM $__timeTo()::timestamptz - max(r.finished_at))::float8 AS "ago"
    FROM job_hunter.runs r WHERE r.status = 'completed' AND r.door <> 'cdio'
    """,
    "Of any door but the receiver's, which reads single pages.",
    5,
    **_graded(7.5 * 86400, 8 * 86400, unit="s", decimals=0, noValue="none yet"),
)
FAILING = stat(
    "Boards failing",
    """
    SELECT count(*) FILTER (WHERE b.is_failing)::float8 / NULLIF(count(*), 0) AS "failing"
    FROM job_hunter.board_status b
    """,
    "Skipped or partial the last time, or not complete for more than 8 days. From a third on an alert says so.",
    5,
    **_graded(0.1, 1 / 3, unit="percentunit", decimals=0, noValue="no boards yet"),
)
RATE_AGE = stat(
    "Newest exchange rate",
    """
    SELECT ($__timeTo()::timestamptz AT TIME ZONE 'UTC')::date - max(f.newest_rate) AS "days old"
    FROM job_hunter.fx_status f
    """,
    "The ECB's rates come each working day; a refresh loads them. doctor complains after 12 days.",
    5,
    **_graded(8, 13, unit="d", decimals=0, noValue="none yet"),
)
WAITING = table(
    "Waiting",
    """
    SELECT w.what AS "what", w.waiting AS "waiting", w.since AS "since" FROM job_hunter.waiting w ORDER BY w.what
    """,
    "Changed pages that Prefect was not told of, or that were not read yet; alerts that no address took.",
    4,
    waiting={**_graded(1, 10), "custom.cellOptions": {"type": "color-text"}},
)
RUNS = table(
    "Runs",
    """
    SELECT r.started_at AS "started", r.door AS "door", r.status AS "status",
           extract(epoch FROM r.finished_at - r.started_at)::float8 AS "took", r.boards_planned AS "planned",
           r.complete AS "complete", r.not_complete AS "not complete", r.postings AS "postings", r.new AS "new",
           r.closed AS "closed", r.rejected AS "rejected", r.wire_bytes AS "received", r.message AS "message"
    FROM job_hunter.runs r
    WHERE $__timeFilter(r.started_at) ORDER BY r.started_at DESC LIMIT 200
    """,
    "A run that is still running long after its start was killed: the next one takes its place.",
    24,
    took={"unit": "s", "decimals": 0},
    received={"unit": "bytes"},
    status={
        "mappings": [
            {
                "type": "value",
                "options": {
                    "completed": {"text": "completed", "color": "green", "index": 0},
                    "running": {"text": "running", "color": "blue", "index": 1},
                    "failed": {"text": "failed", "color": "red", "index": 2},
                },
            }
        ],
        "custom.cellOptions": {"type": "color-text"},
    },
    message={"custom.width": 420},
)
BOARDS = series(
    "Boards by outcome",
    f"""
    SELECT c.snapshot_date::timestamp AT TIME ZONE 'UTC' AS "time", c.status AS metric, count(*) AS value
    FROM job_hunter.coverage c
    WHERE $__timeFilter(c.snapshot_date) AND c.source {_SOURCES}
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "The best outcome of each board on each day.",
    12,
    bars=True,
    **COUNT,
)
FAILING_BOARDS = table(
    "Boards that fail, and the others",
    f"""
    SELECT b.display_name AS "company", b.source AS "source", b.board AS "board",
           CASE WHEN b.is_failing THEN 'failing' ELSE 'ok' END AS "state", b.status AS "last time",
           b.http_status AS "HTTP", b.failures AS "failures since complete", b.last_complete::text AS "complete on",
           b.asked_at AS "asked", b.message AS "reason"
    FROM job_hunter.board_status b WHERE b.source {_SOURCES}
    ORDER BY b.is_failing DESC, b.failures DESC, b.display_name
    """,
    "The worst first. job-hunter probe finds where a board has moved to; companies.yaml is where that goes.",
    12,
    asked={"unit": "dateTimeFromNow"},
)
FILL = series(
    "Fill rates",
    f"""
    SELECT f.snapshot_date::timestamp AT TIME ZONE 'UTC' AS "time", f.source || ', ' || k.kind AS metric,
           sum(k.filled)::float8 / NULLIF(sum(f.postings), 0) AS value
    FROM job_hunter.board_reads f
    CROSS JOIN LATERAL (VALUES ('pay', f.with_pay), ('level', f.with_level), ('place', f.with_place)) k (kind, filled)
    WHERE $__timeFilter(f.snapshot_date) AND f.status = 'complete' AND f.source {_SOURCES}
    GROUP BY 1, 2 HAVING sum(f.postings) > 0 ORDER BY 1, 2
    """,
    "The share of postings with pay, a level, a known place. A sudden fall is a source that changed its shape.",
    12,
    **SHARE,
)
REJECTED = series(
    "Postings that could not be read",
    f"""
    SELECT f.snapshot_date::timestamp AT TIME ZONE 'UTC' AS "time", f.source AS metric, sum(f.rejected) AS value
    FROM job_hunter.board_reads f
    WHERE $__timeFilter(f.snapshot_date) AND f.source {_SOURCES}
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "One bad posting costs that posting; the ledger keeps the reasons (job-hunter report).",
    12,
    bars=True,
    **COUNT,
)
FX = table(
    "Exchange rates and gaps",
    """
    SELECT f.currency AS "currency", f.figures AS "figures", f.without_pounds AS "without pounds",
           f.without_since::text AS "oldest without", f.newest_rate::text AS "newest rate",
           f.longest_gap_days AS "longest gap, days", f.gaps AS "gaps over 7 days"
    FROM job_hunter.fx_status f ORDER BY f.without_pounds DESC, f.currency
    """,
    """Figures of open roles. The euro needs no rate; a currency without any is one the ECB does not publish. Gaps are
    filled by job-hunter backfill-fx.""",
    12,
    without_pounds={**_graded(1, 25), "custom.cellOptions": {"type": "color-text"}},
    gaps_over_7_days={**_graded(1, 3), "custom.cellOptions": {"type": "color-text"}},
)
DURATION = series(
    "How long runs took",
    """
    SELECT r.started_at AS "time", r.door AS metric, extract(epoch FROM r.finished_at - r.started_at)::float8 AS value
    FROM job_hunter.runs r
    WHERE $__timeFilter(r.started_at) AND r.finished_at IS NOT NULL ORDER BY 1, 2
    """,
    "By door: the flow, the command line, the receiver (cdio).",
    12,
    unit="s",
    min=0,
)

DASHBOARD = Dashboard(
    "job-hunter-operations",
    "Job Hunter: operations",
    "Is it healthy: freshness, runs, boards, fill rates, exchange rates, and what waits.",
    "now-6M",
    (SOURCE,),
    (
        (5, (SNAPSHOT_AGE, RUN_AGE, FAILING, RATE_AGE, WAITING)),
        (11, (RUNS,)),
        (11, (BOARDS, FAILING_BOARDS)),
        (10, (FILL, REJECTED)),
        (10, (FX, DURATION)),
    ),
)
