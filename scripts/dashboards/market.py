"""The main dashboard: who pays best, who moved, and how far each number can be trusted."""

from __future__ import annotations

from scripts.dashboards.choices import CHOSEN, COMPANY, FAMILY, LEVEL, LEVELS, NEWEST, PLACE, TWICE
from scripts.dashboards.model import COUNT, GBP, SHARE, Dashboard, Panel, bars, series, stat, table, words

_P = "percentile_cont({0}) WITHIN GROUP (ORDER BY s.pay_gbp)"
_P50 = _P.format("0.5")
_PAID = f"s.pay_gbp IS NOT NULL AND {CHOSEN}"

NOW = stat(
    "The market on the newest snapshot",
    f"""
    SELECT to_char(max(s.snapshot_date), 'YYYY-MM-DD') AS "snapshot", {_P50} AS "p50", count(*) AS "figures",
           count(*) FILTER (WHERE s.evidence = 'reported') AS "of them reported",
           count(DISTINCT s.company) AS "companies"
    FROM job_hunter.dated_pay s
    WHERE s.snapshot_date = {NEWEST} AND {_PAID}
    """,
    "The median over all figures chosen, in pounds a year at the posting date's rate, and what stands behind it.",
    24,
    columns={"p50": GBP},
)
P50 = series(
    "p50 by company",
    f"""
    SELECT s."time", s.display_name AS metric, {_P50} AS value
    FROM job_hunter.dated_pay s
    WHERE $__timeFilter(s.snapshot_date) AND {_PAID}
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "The median of total pay, or of base where no total is stated. A gap is a day on which the board was not read.",
    24,
    **GBP,
)
LEADERS = table(
    "Leaders",
    f"""
    WITH pay AS (
      SELECT s.company, s.display_name, s.sector, {_P50} AS p50, {_P.format("0.25")} AS p25, {_P.format("0.75")} AS p75,
             count(*) AS n, count(*) FILTER (WHERE s.evidence = 'reported') AS reported, sum(s.n_reported) AS people
      FROM job_hunter.dated_pay s
      WHERE s.snapshot_date = {NEWEST} AND {_PAID}
      GROUP BY 1, 2, 3),
    openings AS (
      SELECT s.company, count(*) AS roles, count(*) FILTER (WHERE s.states_pay) AS paid
      FROM job_hunter.dated_openings s
      WHERE s.snapshot_date = {NEWEST} AND {CHOSEN}
      GROUP BY 1)
    SELECT rank() OVER (ORDER BY p50 DESC) AS "rank", display_name AS "company", sector AS "sector", p50 AS "p50",
           CASE WHEN n >= 4 THEN p25 END AS "p25", CASE WHEN n >= 4 THEN p75 END AS "p75", n AS "figures",
           n - reported AS "posted", reported AS "reported", people AS "people behind reported",
           CASE WHEN n < 3 THEN 'low' ELSE '' END AS "confidence", roles AS "open roles",
           paid::float8 / roles AS "state pay"
    FROM pay LEFT JOIN openings USING (company)
    ORDER BY p50 DESC, display_name
    """,
    """The newest snapshot. Posted and reported figures are counted apart; fewer than three make a low confidence. The
    posted base of a quant or trading firm (hft_quant) is a floor: its bonus is not posted.""",
    14,
    p50=GBP,
    p25=GBP,
    p75=GBP,
    state_pay=SHARE,
)
MOVERS = table(
    "Movers",
    f"""
    WITH newest AS (SELECT {NEWEST} AS day),
    earlier AS (
      SELECT d.snapshot_date AS day, n.day AS newest FROM newest n JOIN job_hunter.snapshot_days d
        ON d.snapshot_date < n.day AND d.snapshot_date >= n.day - 84),
    days AS (
      SELECT newest, COALESCE(max(day) FILTER (WHERE day <= newest - 7), min(day)) AS week_ago,
             COALESCE(max(day) FILTER (WHERE day <= newest - 84), min(day)) AS long_ago
      FROM earlier GROUP BY newest),
    pay AS (
      SELECT s.snapshot_date, s.company, s.display_name, {_P50} AS p50, count(*) AS n
      FROM job_hunter.dated_pay s
      WHERE s.snapshot_date = ANY (ARRAY(SELECT unnest(ARRAY[newest, week_ago, long_ago]) FROM days)) AND {_PAID}
      GROUP BY 1, 2, 3),
    side AS (
      SELECT p.company, p.display_name, max(p.p50) FILTER (WHERE p.snapshot_date = newest) AS now,
             max(p.p50) FILTER (WHERE p.snapshot_date = week_ago) AS before,
             max(p.p50) FILTER (WHERE p.snapshot_date = long_ago) AS before_long,
             max(p.n) FILTER (WHERE p.snapshot_date = newest) AS n, newest, week_ago, long_ago
      FROM pay p CROSS JOIN days GROUP BY p.company, p.display_name, newest, week_ago, long_ago)
    SELECT display_name AS "company", now AS "p50", before AS "a week ago", now - before AS "change",
           CASE WHEN now IS NOT NULL AND before IS NOT NULL THEN
                     CASE WHEN abs(now - before) < 0.5 THEN 'same' WHEN now > before THEN 'up' ELSE 'down' END
                WHEN NOT EXISTS (SELECT FROM job_hunter.company_days c WHERE c.company = side.company AND c.is_read
                                 AND c.snapshot_date = CASE WHEN now IS NULL THEN newest ELSE week_ago END)
                     THEN 'not read'
                WHEN before IS NOT NULL THEN 'left' WHEN now IS NOT NULL THEN 'new' ELSE 'left before' END AS "what",
           before_long AS "12 weeks ago", now - before_long AS "12 weeks' change", n AS "figures",
           to_char(week_ago, 'YYYY-MM-DD') AS "week from", to_char(long_ago, 'YYYY-MM-DD') AS "12 weeks from"
    FROM side ORDER BY abs(now - before) DESC NULLS LAST, display_name
    """,
    """The newest snapshot against those of a week and of twelve weeks ago; with less history against the earliest; the
    dates stand on the right. The leaders report splits each change into its causes.""",
    10,
    p50=GBP,
    change=GBP,
    **{"a week ago": GBP, "12 weeks ago": GBP, "12 weeks' change": GBP},
)
YOU = table(
    "You and the market",
    f"""
    SELECT o.label AS "you", o.pay_gbp AS "your pay", m.p25 AS "p25", m.p50 AS "p50", m.p75 AS "p75",
           o.pay_gbp - m.p50 AS "above p50", b.below AS "figures below yours", m.n AS "figures",
           o.level AS "your level", o.place AS "your place"
    FROM job_hunter.own_pay o
    CROSS JOIN (SELECT {_P.format("0.25")} AS p25, {_P50} AS p50, {_P.format("0.75")} AS p75, count(*) AS n
                FROM job_hunter.dated_pay s WHERE s.snapshot_date = {NEWEST} AND {_PAID}) m
    CROSS JOIN LATERAL (SELECT avg((s.pay_gbp < o.pay_gbp)::int) AS below
                        FROM job_hunter.dated_pay s WHERE s.snapshot_date = {NEWEST} AND {_PAID}) b
    WHERE o.pay_gbp IS NOT NULL ORDER BY o.pay_gbp DESC, o.label
    """,
    """Your own packages, never counted in any other panel. None yet: job-hunter self set --label package --base
    120000""",
    10,
    p25=GBP,
    p50=GBP,
    p75=GBP,
    your_pay=GBP,
    above_p50=GBP,
    figures_below_yours=SHARE,
)
_BY_LEVEL = ",\n           ".join(f"{_P50} FILTER (WHERE s.level = '{level}') AS \"{level}\"" for level in LEVELS)
LEVEL_TABLE = table(
    "p50 by company and level",
    f"""
    SELECT s.display_name AS "company",
           {_BY_LEVEL},
           {_P50} AS "all", count(*) AS "figures"
    FROM job_hunter.dated_pay s
    WHERE s.snapshot_date = {NEWEST} AND {_PAID}
    GROUP BY 1 ORDER BY "all" DESC, 1
    """,
    "The newest snapshot, on the generic ladder. A title that states no level is unstated, not mid.",
    14,
    all=GBP,
    **dict.fromkeys(LEVELS, GBP),
)
BASE = series(
    "Base of the top five",
    f"""
    WITH top AS (
      SELECT s.company FROM job_hunter.dated_pay s
      WHERE s.snapshot_date = {NEWEST} AND s.base_gbp IS NOT NULL AND {CHOSEN}
      GROUP BY 1 ORDER BY percentile_cont(0.5) WITHIN GROUP (ORDER BY s.base_gbp) DESC, 1 LIMIT 5)
    SELECT s."time", s.display_name AS metric, percentile_cont(0.5) WITHIN GROUP (ORDER BY s.base_gbp) AS value
    FROM job_hunter.dated_pay s
    WHERE $__timeFilter(s.snapshot_date) AND s.base_gbp IS NOT NULL AND s.company = ANY (ARRAY(SELECT company FROM top))
      AND {CHOSEN}
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "The median base, without bonus and stock, of the five companies where it is highest now.",
    12,
    **GBP,
)
SPREAD = bars(
    "How pay is spread",
    f"""
    SELECT '£' || (b.bucket * 20) || 'k' AS "from", count(*) FILTER (WHERE b.evidence = 'posted') AS "posted",
           count(*) FILTER (WHERE b.evidence = 'reported') AS "reported"
    FROM (SELECT s.evidence, floor(s.pay_gbp / 20000)::int AS bucket FROM job_hunter.dated_pay s
          WHERE s.snapshot_date = {NEWEST} AND {_PAID}) b
    GROUP BY b.bucket ORDER BY b.bucket
    """,
    "Figures of the newest snapshot in steps of £20,000, each kind of evidence in its colour.",
    12,
    "from",
    **COUNT,
)
DISCLOSURE = series(
    "Open roles that state pay",
    f"""
    SELECT s."time", s.place AS metric, avg(s.states_pay::int)::float8 AS value
    FROM job_hunter.dated_openings s
    WHERE $__timeFilter(s.snapshot_date) AND {CHOSEN}
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "The share of open roles whose posting states pay, by place.",
    12,
    **SHARE,
)
POINTS = series(
    "Pay figures by source",
    f"""
    SELECT s."time", COALESCE(s.source, 'no longer kept') || ', ' || s.evidence AS metric, count(*) AS value
    FROM job_hunter.dated_pay s
    WHERE $__timeFilter(s.snapshot_date) AND {CHOSEN}
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "What stands behind the medians each day, those without a rate included.",
    12,
    bars=True,
    **COUNT,
)
NOTES: Panel = words(
    "How to read this",
    """
    **Figures** are pounds a year at the ECB's rate of the day a role was posted; no rate, no figure. A posted band
    counts by its midpoint. **Posted** figures come from openings, **reported** ones from people at levels.fyi, a
    quarter or two late (Data: Levels.fyi). **Missing is not zero**: a board that was not read has no point that day;
    *hiring* shows which. The saved queries count every family, and an opening that is seen twice each time: choose the
    same above and the numbers are the same. The leaders report looks at engineering, trading and research.
    """,
    24,
)

DASHBOARD = Dashboard(
    "job-hunter",
    "Job Hunter",
    "Who pays best, who moved, and how far each number can be trusted.",
    "now-6M",
    (PLACE, LEVEL, COMPANY, FAMILY, TWICE),
    (
        (4, (NOW,)),
        (11, (P50,)),
        (12, (LEADERS, MOVERS)),
        (10, (LEVEL_TABLE, YOU)),
        (10, (BASE, SPREAD)),
        (9, (DISCLOSURE, POINTS)),
        (5, (NOTES,)),
    ),
)
