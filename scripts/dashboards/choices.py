"""The variables that dashboards share, and the conditions that they become in SQL."""

from __future__ import annotations

from scripts.dashboards.model import Variable

LEVELS = ("intern", "junior", "mid", "senior", "staff", "principal", "manager", "director", "executive", "unstated")
FAMILIES = ("engineering", "trading", "research", "product", "sales", "other", "unknown")

# No list may ever be empty, or `IN ()` would be an error where there is no data yet.
PLACE = Variable(
    "place",
    "Place",
    """
    SELECT place AS __value FROM job_hunter.role_list UNION SELECT place FROM job_hunter.dated_pay
    WHERE snapshot_date = (SELECT max(snapshot_date) FROM job_hunter.snapshot_days)
    UNION SELECT 'london' ORDER BY 1
    """,
    default="london",
)
LEVEL = Variable("level", "Level", choices=tuple((level, level) for level in LEVELS))
COMPANY = Variable(
    "company",
    "Company",
    """
    SELECT display_name AS __text, company AS __value FROM job_hunter.company_list
    UNION ALL SELECT 'none yet', 'none' WHERE NOT EXISTS (SELECT FROM job_hunter.company_list) ORDER BY 1
    """,
)
FAMILY = Variable(
    "family",
    "Family",
    choices=tuple((family, family) for family in FAMILIES),
    description="The leaders report looks at engineering, trading and research.",
)
TWICE = Variable(
    "twice",
    "Seen twice",
    choices=(("count once", "once"), ("count each time", "each")),
    default="once",
    many=False,
    description="An opening that stands on a board and in a thread. The saved queries count each.",
)
SOURCE = Variable(
    "source",
    "Source",
    """
    SELECT DISTINCT source AS __value FROM job_hunter.board_reads UNION SELECT 'greenhouse' ORDER BY 1
    """,
)

CHOSEN = """s.place IN (${place:sqlstring}) AND s.level IN (${level:sqlstring})
  AND s.company IN (${company:sqlstring}) AND s.family IN (${family:sqlstring})
  AND (s.is_canonical OR ${twice:sqlstring} = 'each')"""
"""The rows `s` that the variables choose."""

NEWEST = "(SELECT max(d.snapshot_date) FROM job_hunter.snapshot_days d WHERE d.snapshot_date <= $__timeTo())"
"""The newest snapshot date within the dashboard's time range."""
