"""`python -m benchmarks.history`: what years of snapshots weigh, and what the report costs over them.

Rows are made in Postgres, in the shape a refresh leaves: weekly snapshots of open roles at 35 companies, of which 40 %
state pay, roles living about ten weeks. Printed: bytes a year adds, and the seconds that Postgres and this process take
for the leaders report, `doctor` and each dashboard with one and with five years behind them; the contract's queries,
which read everything, beside them without a bound.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import text

from benchmarks.growth import dashboard_seconds, doctor_seconds, fill_rest
from benchmarks.measure import run_program
from job_hunter.storage.database import Database, asyncpg_dsn
from job_hunter.storage.embedded import embedded_postgres, embedded_state
from job_hunter.storage.migrate import migrate
from job_hunter.usecases.analyze import analyze

COMPANIES = 35
AT_ONCE_S = 0.1
"""What is answered so soon may grow: its growth is the planner's and the machine's noise."""

YEAR_ROLES, YEAR_BOUND_MB = 10_000, 120.0
REPORT_ROLES, REPORT_BOUND_S, GROWTH_BOUND = 12_000, 0.5, 1.2
LAST = date(2030, 12, 29)
"""The last Sunday of the five years, all of which have partitions."""

REPEATS = 9

SEED = """
INSERT INTO job_hunter.companies (slug, display_name, ats_type, ats_id, sector)
SELECT 'c' || i, 'Company ' || i, 'greenhouse', 'c' || i, CASE WHEN i % 5 = 0 THEN 'hft_quant' ELSE 'other' END
FROM generate_series(1, $1::int) i
"""
# A role's id is the tenth week it came in and its slot, so that a tenth of all slots changes hands each week, and ids
# grow with time as those of a sequence do. Rows are written in the order of their days, as refreshes write them.
ROLES = """
INSERT INTO job_hunter.roles_snapshots (snapshot_date, role_id, lineage_id, company_id, level_id, reading_version,
                                        is_canonical, states_pay, primary_location, family, origin)
SELECT d, life, life, 1 + slot % $1::int, (SELECT min(id) FROM job_hunter.levels) + slot % 9, 1, slot % 20 <> 0,
       slot % 5 < 2, (ARRAY['london', 'london', 'uk', 'remote-uk', 'new-york'])[1 + slot % 5],
       (ARRAY['engineering', 'engineering', 'trading', 'research', 'sales'])[1 + (slot / 5) % 5], 'refresh'
FROM generate_series($3::date - 7 * ($4::int - 1), $3::date, interval '7 days') WITH ORDINALITY AS g(d, week),
     generate_series(0, $2::int - 1) slot, LATERAL (SELECT (week + slot) / 10 * 100000 + slot AS life) l
ORDER BY d, slot
"""
COMP = """
INSERT INTO job_hunter.comp_snapshots (snapshot_date, comp_point_id, lineage_id, base_gbp, base_value, company_id,
    rate_date, level_id, reading_version, is_canonical, location_bucket, family, currency, evidence, origin)
SELECT s.snapshot_date, s.role_id, s.lineage_id, v, CASE WHEN s.role_id % 4 = 0 THEN v * 1.27 ELSE v END, s.company_id,
       CASE WHEN s.role_id % 4 = 0 THEN s.snapshot_date - 3 END, s.level_id, 1, s.is_canonical, s.primary_location,
       s.family, CASE WHEN s.role_id % 4 = 0 THEN 'USD' ELSE 'GBP' END, 'posted', 'refresh'
FROM job_hunter.roles_snapshots s, LATERAL (SELECT 60000 + (s.lineage_id * 7919) % 180000 AS v) p WHERE s.states_pay
ORDER BY s.snapshot_date, s.role_id
"""
LEDGER = """
WITH runs AS (
    INSERT INTO job_hunter.refresh_runs (id, snapshot_date, started_at, finished_at, door, status, parser_version,
                                         reading_version, boards_planned)
    SELECT gen_random_uuid(), d, d, d + interval '5 minutes', 'bench', 'completed', 'bench', 1, $1::int
    FROM generate_series($2::date - 7 * ($3::int - 1), $2::date, interval '7 days') d RETURNING id, snapshot_date)
INSERT INTO job_hunter.board_fetches (run_id, source, board, company_id, snapshot_date, fetched_at, status)
SELECT r.id, 'greenhouse', 'c' || i, i, r.snapshot_date, r.snapshot_date, 'complete'
FROM runs r, generate_series(1, $1::int) i
"""
SIZE = """
SELECT sum(pg_total_relation_size(c.oid)) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent IN ('job_hunter.roles_snapshots'::regclass, 'job_hunter.comp_snapshots'::regclass)
"""
CONTRACT = {
    "p50 by day and company": """
        SELECT s.snapshot_date, c.display_name,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY COALESCE(s.total_gbp, s.base_gbp)) AS p50_gbp
        FROM job_hunter.comp_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id
        WHERE s.location_bucket = 'london' GROUP BY s.snapshot_date, c.display_name
        ORDER BY s.snapshot_date, p50_gbp DESC""",
    "open roles by day and company": """
        SELECT s.snapshot_date, c.display_name, COUNT(*) AS open_roles FROM job_hunter.roles_snapshots s
        JOIN job_hunter.companies c ON c.id = s.company_id WHERE s.primary_location = 'london'
        GROUP BY s.snapshot_date, c.display_name ORDER BY s.snapshot_date, open_roles DESC""",
}


async def fill(dsn: str, *, roles: int, weeks: int, last: date, is_whole: bool = False) -> None:
    """Make the snapshots and the ledger of a history, and with `is_whole` all that stands behind them."""
    connection = await asyncpg.connect(asyncpg_dsn(dsn))
    try:
        await connection.execute(SEED, COMPANIES)
        await connection.execute(ROLES, COMPANIES, roles, last, weeks)
        await connection.execute(COMP)
        await connection.execute(LEDGER, COMPANIES, last, weeks)
        if is_whole:
            await fill_rest(connection, last=last)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def year_bytes(dsn: str) -> dict[str, float]:
    """Megabytes that a year of weekly snapshots of 10,000 roles adds, indexes included."""
    await migrate(dsn)
    connection = await asyncpg.connect(asyncpg_dsn(dsn))
    before = await connection.fetchval(SIZE)
    await connection.close()
    await fill(dsn, roles=YEAR_ROLES, weeks=52, last=LAST)
    connection = await asyncpg.connect(asyncpg_dsn(dsn))
    added = await connection.fetchval(SIZE) - before
    rows = await connection.fetchval("SELECT count(*) FROM job_hunter.roles_snapshots")
    await connection.close()
    return {"year_mb": round(float(added) / 1e6, 1), "year_role_rows": rows, "year_bound_mb": YEAR_BOUND_MB}


async def report_seconds(dsns: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    """By years of history: seconds of the leaders report, the fastest of a few, and of the contract's queries; of
    doctor; of each dashboard.

    The reports take turns, so that what else the machine does falls on all of them.
    """
    at = datetime.combine(LAST, datetime.min.time(), UTC)
    databases = {years: Database(dsn) for years, dsn in dsns.items()}
    found: dict[int, dict[str, Any]] = {}
    try:
        for years, dsn in dsns.items():
            await migrate(dsn)
            await fill(dsn, roles=REPORT_ROLES, weeks=52 * years, last=LAST, is_whole=True)
            found[years] = {"seconds": float("inf")}
        for _ in range(REPEATS):
            for years, database in databases.items():
                began = time.perf_counter()
                report = await analyze(database, at=at)
                found[years]["seconds"] = min(found[years]["seconds"], round(time.perf_counter() - began, 4))
                assert len(report.leaders) == 10
        for years, database in databases.items():
            async with database.reading() as connection:
                found[years]["role_rows"] = await connection.scalar(
                    text("SELECT count(*) FROM job_hunter.roles_snapshots")
                )
                for name, query in CONTRACT.items():
                    began = time.perf_counter()
                    (await connection.execute(text(query))).all()
                    found[years][f"{name}, seconds"] = round(time.perf_counter() - began, 3)
                found[years]["partitions_scanned"] = await partitions_scanned(connection)
        doctor, dashboards = await doctor_seconds(databases, last=LAST), await dashboard_seconds(dsns, last=LAST)
        for years in databases:
            found[years] |= {"doctor, seconds": doctor[years], "dashboards, seconds": dashboards[years]}
    finally:
        for database in databases.values():
            await database.close()
    return found


async def partitions_scanned(connection: Any) -> int:
    """How many yearly partitions the trend query of the report touches: the window's, and no others."""
    rows = await connection.execute(
        text(
            "EXPLAIN SELECT s.snapshot_date, s.company_id, count(*) FROM job_hunter.comp_snapshots s "
            "WHERE s.snapshot_date BETWEEN :since AND :until AND s.location_bucket = 'london' GROUP BY 1, 2"
        ),
        {"since": LAST - timedelta(weeks=12), "until": LAST},
    )
    return sum("Scan" in row[0] and "comp_snapshots_" in row[0] and "Bitmap Index" not in row[0] for row in rows)


def bench_history() -> dict[str, Any]:
    """All figures, and the bounds that were missed."""
    with tempfile.TemporaryDirectory(prefix="jhh") as folder:
        with embedded_postgres(Path(folder) / "year", durable=False) as dsn:
            figures: dict[str, Any] = asyncio.run(year_bytes(dsn))
        with (
            embedded_postgres(Path(folder) / "one", durable=False) as one_year,
            embedded_postgres(Path(folder) / "five", durable=False) as five_years,
        ):
            reports = asyncio.run(report_seconds({1: one_year, 5: five_years}))
            report = ("-m", "job_hunter", "analyze", "--date", f"{LAST}", "--format", "json")
            program = run_program(
                (sys.executable, *report),
                env={"DB_CONNECTION_STRING": five_years},
                postmaster=embedded_state(Path(folder) / "five").pid,
            )
    one, five = figures["report_1_year"], figures["report_5_years"] = reports[1], reports[5]
    growth = five["seconds"] / one["seconds"]
    figures["report_growth"] = round(growth, 2)
    figures["report_5_years_as_a_program"] = {name: round(value, 3) for name, value in asdict(program).items()}
    grown = {"doctor": (one["doctor, seconds"], five["doctor, seconds"])}
    grown |= {
        f"dashboard {name}": (seconds, five["dashboards, seconds"][name])
        for name, seconds in one["dashboards, seconds"].items()
    }
    figures["growth"] = {name: round(after / before, 2) for name, (before, after) in grown.items()}
    missed = [
        f"{name} over five years takes {after / before:.2f} times that over one, bound {GROWTH_BOUND}"
        for name, (before, after) in grown.items()
        if after / before > GROWTH_BOUND and after > AT_ONCE_S
    ]
    if figures["year_mb"] > YEAR_BOUND_MB:
        missed.append(f"a year of snapshots: {figures['year_mb']} MB, bound {YEAR_BOUND_MB:.0f}")
    if five["seconds"] > REPORT_BOUND_S:
        missed.append(f"report over five years: {five['seconds']} s, bound {REPORT_BOUND_S}")
    if growth > GROWTH_BOUND:
        missed.append(f"report over five years takes {growth:.2f} times that over one, bound {GROWTH_BOUND}")
    if five["partitions_scanned"] != 1:
        missed.append(f"the trend query reads {five['partitions_scanned']} partitions, bound 1")
    figures["missed"] = missed
    return figures


if __name__ == "__main__":
    found = bench_history()
    json.dump(found, sys.stdout, indent=1)
    sys.stdout.write("\n")
    sys.exit(1 if found["missed"] else 0)
