"""The contents of the tables in a form that two databases can be compared by: no surrogate keys, no times of day."""

from __future__ import annotations

from typing import Any

import asyncpg

from job_hunter.storage.database import asyncpg_dsn

QUERIES = {
    "companies": "SELECT slug, display_name, ats_type, ats_id, sector, retired_at IS NULL FROM job_hunter.companies",
    "roles": """
        SELECT r.source, r.external_id, c.slug, r.board, r.title, r.department, r.location, r.primary_location,
               r.remote_policy, r.family, l.slug AS level, r.posted_at, r.closed_at IS NULL, r.apply_url,
               r.parsed_base_min, r.parsed_base_max, r.parsed_currency, r.parsed_period, r.parsed_basis,
               r.parsed_base_gbp, r.rate_date, r.salary_parse_confidence, r.pay_evidence, r.pay_bands::text,
               r.dedup_key, r.is_canonical, r.payload_hash, (r.lineage_id = r.id)
        FROM job_hunter.roles r JOIN job_hunter.companies c ON c.id = r.company_id
        LEFT JOIN job_hunter.levels l ON l.id = r.level_id""",
    "role_places": """
        SELECT r.source, r.external_id, p.n, p.city, p.country
        FROM job_hunter.role_places p JOIN job_hunter.roles r ON r.id = p.role_id""",
    "comp_points": """
        SELECT p.source, p.external_id, p.level_id, p.family, p.location_bucket, p.base_value, p.base_gbp,
               p.total_value, p.total_gbp, p.currency, p.period, p.is_annualised, p.statistic, p.rate_date,
               p.effective_date, p.evidence, p.n_reported
        FROM job_hunter.comp_points p""",
    "roles_snapshots": """
        SELECT s.snapshot_date, r.source, r.external_id, s.is_canonical, s.states_pay, s.primary_location, s.family,
               s.level_id, s.origin
        FROM job_hunter.roles_snapshots s JOIN job_hunter.roles r ON r.id = s.role_id""",
    "comp_snapshots": """
        SELECT s.snapshot_date, p.source, p.external_id, s.base_gbp, s.total_gbp, s.base_value, s.total_value,
               s.currency, s.rate_date, s.evidence, s.is_canonical, s.location_bucket, s.family, s.level_id, s.origin
        FROM job_hunter.comp_snapshots s JOIN job_hunter.comp_points p ON p.id = s.comp_point_id""",
    "role_events": """
        SELECT r.source, r.external_id, e.kind, e.detail - 'earlier_role_id' - 'closed_at'
        FROM job_hunter.role_events e JOIN job_hunter.roles r ON r.id = e.role_id""",
    "board_fetches": """
        SELECT snapshot_date, source, board, status, http_status, tries, postings, new, changed, unchanged, closed,
               reopened, rejected, with_pay, with_level, with_place, lookup_misses::text, message
        FROM job_hunter.board_fetches""",
    "raw_payloads": "SELECT content_hash, source, body FROM job_hunter.raw_payloads",
    "fx_rates": "SELECT rate_date, currency, rate FROM job_hunter.fx_rates",
}


async def contents(dsn: str, *, without: tuple[str, ...] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every table's rows, sorted; `without` leaves tables out."""
    connection = await asyncpg.connect(asyncpg_dsn(dsn))
    try:
        found = {}
        for table, query in QUERIES.items():
            if table not in without:
                rows = [tuple(row) for row in await connection.fetch(query)]
                found[table] = sorted(rows, key=repr)
        return found
    finally:
        await connection.close()
