"""What a history costs those who read it beside the report: doctor, and every panel of every dashboard.

The rest of what years of refreshes leave is made here beside the snapshots of `benchmarks.history`: every role that was
ever open, closed since or not, its comp point, its archived posting (small: its number counts, not its size), its
closing, and a rate for each currency and working day.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

from job_hunter.storage.database import Database, asyncpg_dsn
from job_hunter.usecases.doctor import examine
from tests.infra import grafana

REPEATS = 5

# In the order in which refreshes would have written them: what is looked up together lies together.
REST = (
    """
    INSERT INTO job_hunter.reading_versions (parser_version, config_digest, first_used_at)
    VALUES ('bench', 'bench', '2024-01-01')
    """,
    """
    INSERT INTO job_hunter.roles (id, lineage_id, source, external_id, company_id, board, title, location,
        primary_location, family, level_id, posted_at, first_seen_at, fetched_at, closed_at, parsed_base_min,
        parsed_base_max, parsed_currency, parsed_period, parsed_basis, parsed_base_gbp, dedup_key, payload_hash,
        is_canonical, reading_version)
    SELECT role_id, role_id, 'greenhouse', role_id, company_id, 'c' || company_id, 'Software Engineer ' || role_id,
           'London, UK', primary_location, family, level_id, first, first, first,
           CASE WHEN last < $1::date THEN last + 7 END,
           v, v, c, CASE WHEN states_pay THEN 'year' END, CASE WHEN states_pay THEN 'base' END,
           v, decode(md5(role_id::text), 'hex'), decode(md5('p' || role_id), 'hex'), is_canonical, 1
    FROM (SELECT role_id, min(company_id) AS company_id, min(primary_location) AS primary_location,
                 min(family) AS family, min(level_id) AS level_id, min(snapshot_date) AS first,
                 max(snapshot_date) AS last, bool_or(states_pay) AS states_pay, bool_and(is_canonical) AS is_canonical
          FROM job_hunter.roles_snapshots GROUP BY role_id) r,
         LATERAL (SELECT CASE WHEN states_pay THEN 60000 + (role_id * 7919) % 180000 END AS v,
                         CASE WHEN states_pay THEN CASE WHEN role_id % 4 = 0 THEN 'USD' ELSE 'GBP' END END AS c) p
    ORDER BY first, role_id
    """,
    """
    INSERT INTO job_hunter.comp_points (id, source, external_id, role_id, company_id, level_id, family,
        location_bucket, base_value, base_gbp, currency, rate_date, effective_date, evidence, fetched_at)
    SELECT id, source, external_id || '/' || primary_location, id, company_id, level_id, family, primary_location,
           parsed_base_min, parsed_base_gbp, parsed_currency,
           CASE WHEN parsed_currency = 'USD' THEN posted_at::date END,
           posted_at::date, 'posted', fetched_at
    FROM job_hunter.roles WHERE parsed_currency IS NOT NULL ORDER BY posted_at, id
    """,
    """
    INSERT INTO job_hunter.raw_payloads (content_hash, source, body, archived_at)
    SELECT payload_hash, source, payload_hash, first_seen_at FROM job_hunter.roles ORDER BY first_seen_at, id
    """,
    """
    INSERT INTO job_hunter.role_events (role_id, kind, happened_at)
    SELECT id, 'closed', closed_at FROM job_hunter.roles WHERE closed_at IS NOT NULL ORDER BY closed_at, id
    """,
    """
    INSERT INTO job_hunter.fx_rates (rate_date, currency, rate)
    SELECT d, c, 1.1 FROM generate_series((SELECT min(first_seen_at)::date FROM job_hunter.roles) - 10, $1::date,
           interval '1 day') d, unnest(ARRAY['GBP', 'USD', 'CHF', 'PLN', 'SEK', 'JPY', 'CAD', 'AUD', 'INR', 'SGD']) c
    WHERE extract(isodow FROM d) < 6
    """,
)


async def fill_rest(connection: asyncpg.Connection, *, last: date) -> None:
    """Make the roles, comp points, archive, events and rates behind the snapshots that stand in the database."""
    for statement in REST:
        await connection.execute(statement, *((last,) if "$1" in statement else ()))


async def doctor_seconds(databases: Mapping[int, Database], *, last: date) -> dict[int, float]:
    """By years of history: the seconds of doctor's checks, the fastest of a few; all must be content."""
    at = datetime.combine(last, datetime.min.time(), UTC) + timedelta(hours=6)
    best = dict.fromkeys(databases, float("inf"))
    for _ in range(2 * REPEATS):
        for years, database in databases.items():
            began = time.perf_counter()
            checks = await examine(database, at=at)
            best[years] = min(best[years], time.perf_counter() - began)
            assert all(check.is_ok for check in checks), checks
    return {years: round(seconds, 4) for years, seconds in best.items()}


async def dashboard_seconds(dsns: Mapping[int, str], *, last: date) -> dict[int, dict[str, float]]:
    """By years of history and dashboard: the seconds of all its panels together, over its own range of six months.

    Each panel is the fastest of a few, in which the histories take turns; every list of the dashboard is at "All".
    """
    until = datetime.combine(last, datetime.min.time(), UTC) + timedelta(hours=6)
    during = grafana.Range(until - timedelta(days=183), until)
    found: dict[int, dict[str, float]] = {years: {} for years in dsns}
    connections = {years: await asyncpg.connect(asyncpg_dsn(dsn)) for years, dsn in dsns.items()}
    try:
        for path in grafana.DASHBOARDS:
            dashboard = grafana.read(path)
            values = {years: await _values(asked, dashboard, during) for years, asked in connections.items()}
            total = dict.fromkeys(connections, 0.0)
            for panel in grafana.panels(dashboard):
                sql = panel["targets"][0]["rawSql"]
                texts = {years: grafana.expand(sql, values[years], during) for years in connections}
                best = dict.fromkeys(connections, float("inf"))
                for _ in range(REPEATS):
                    for years, connection in connections.items():
                        began = time.perf_counter()
                        await connection.fetch(texts[years])
                        best[years] = min(best[years], time.perf_counter() - began)
                total = {years: total[years] + best[years] for years in connections}
            for years, seconds in total.items():
                found[years][path.stem] = round(seconds, 4)
    finally:
        for connection in connections.values():
            await connection.close()
    return found


async def _values(
    connection: asyncpg.Connection, dashboard: Mapping[str, Any], during: grafana.Range
) -> dict[str, str | list[str]]:
    """The choices of a dashboard: all of a list, the first where one is to be chosen."""
    values: dict[str, str | list[str]] = {}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            rows = await connection.fetch(grafana.expand(variable["query"], {}, during))
            offered = [row["__value"] for row in rows]
        else:
            offered = [option["value"] for option in variable["options"] if option["value"] != grafana.ALL]
        values[variable["name"]] = offered if variable["multi"] else offered[0]
    return values
