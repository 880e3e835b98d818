"""Random harvests, and captured days of real boards, through the store and a real ledger."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from job_hunter.domain.closing import FetchStatus
from job_hunter.domain.company import Company, Sector
from job_hunter.domain.role import Readings
from job_hunter.domain.run import BoardResult
from job_hunter.errors import SourceUnavailable
from job_hunter.sources.contract import Harvest
from job_hunter.storage.database import Database
from job_hunter.usecases.board import store_board
from job_hunter.usecases.plan import begin_run
from job_hunter.usecases.refresh import finish_run
from tests.domain.test_closing_laws import KINDS, Board

REAL = os.environ.get("JOB_HUNTER_REAL_PAYLOADS", "")


def _company(token: str) -> Company:
    return Company(slug=token, display_name=token, ats_type="greenhouse", ats_id=token, sector=Sector.OTHER)


def _payload(ids: Iterable[int], *, lacking: int = 0) -> dict[str, Any]:
    jobs = [{"id": n, "title": f"Engineer {n}", "location": {"name": "London"}, "content": "Work."} for n in ids]
    return {"jobs": jobs, "meta": {"total": len(jobs) + lacking}}


async def _store(
    database: Database, companies: list[Company], readings: Readings, harvests: dict[str, Any], at: datetime
) -> dict[str, BoardResult]:
    """One run that brings `harvests` (payloads, or None for a failure) by slug."""
    plan = await begin_run(database, companies, readings, at=at, door="test")
    results = {}
    for board in plan.boards:
        payload = harvests.get(board.slug)
        results[board.slug] = await store_board(
            database,
            plan.run,
            board,
            plan.state(board),
            SourceUnavailable("it is down") if payload is None else Harvest(board.slug, [json.dumps(payload).encode()]),
            readings,
            company_id=plan.company_ids[board.slug],
            level_ids=plan.level_ids,
            at=at,
        )
    await finish_run(database, plan, list(results.values()), at=at)
    return results


async def _ids(database: Database, query: str, **values: Any) -> set[str]:
    async with database.reading() as connection:
        rows = await connection.exec_driver_sql(query, tuple(values.values()))
        return {row[0] for row in rows}


async def _rows_of(database: Database, on: date) -> set[str]:
    return await _ids(
        database,
        "SELECT r.external_id FROM job_hunter.roles_snapshots s JOIN job_hunter.roles r ON r.id = s.role_id "
        "WHERE s.snapshot_date = $1",
        on=on,
    )


@pytest.mark.parametrize("seed", range(4))
async def test_random_harvests_leave_what_the_policy_says(dsn: str, readings: Readings, seed: int) -> None:
    """After each of thirty harvests: the verdict, the open roles and the day's rows are those of the policy's model."""
    rng, model, company = random.Random(seed), Board(), _company("acme")
    universe = range(rng.choice([4, 12, 30]))
    rows: dict[date, set[str]] = {}
    met = Counter[FetchStatus]()
    database = Database(dsn)
    try:
        for _ in range(30):
            kind = rng.choice(KINDS)
            ids = set(rng.sample(universe, rng.randint(0, len(universe)))) if rng.random() < 0.6 else set(universe)
            status = model.take(kind, ids, after=timedelta(hours=rng.choice([1, 5, 20, 24, 60])))
            met[status] += 1
            payload = None if kind == "failed" else _payload(sorted(ids), lacking=int(kind == "partial"))
            result = (await _store(database, [company], readings, {"acme": payload}, model.at))["acme"]
            assert status == result.status
            assert {str(n) for n in model.open} == await _ids(
                database, "SELECT external_id FROM job_hunter.roles WHERE closed_at IS NULL"
            )
            if status is FetchStatus.COMPLETE:
                rows[model.at.date()] = {str(n) for n in ids}
            assert rows.get(model.at.date(), set()) == await _rows_of(database, model.at.date())
        for day, ids_of_day in rows.items():
            assert ids_of_day == await _rows_of(database, day)
        counts = Counter(dict(await _pairs(database, "SELECT kind, count(*) FROM job_hunter.role_events GROUP BY 1")))
        assert (model.closings, model.returns) == (counts["closed"], counts["reopened"])
    finally:
        await database.close()
    assert set(FetchStatus) == set(met)


async def test_a_record_that_cannot_be_read_closes_nothing(dsn: str, readings: Readings) -> None:
    """Its role stays open as it was; a record without an id could be any, so that nothing is known to be gone."""
    company, began = _company("acme"), datetime(2026, 11, 22, 9, tzinfo=UTC)
    unreadable, unknown = _payload(range(1, 7)), _payload(range(1, 6))
    unreadable["jobs"][2]["title"] = None
    del unknown["jobs"][2]["id"]
    harvests = (
        (_payload(range(1, 7)), FetchStatus.COMPLETE, set("123456"), set("123456")),
        (unreadable, FetchStatus.COMPLETE, set("123456"), set("123456")),
        (unknown, FetchStatus.PARTIAL, set("123456"), set()),
        (_payload(range(1, 6)), FetchStatus.COMPLETE, set("12345"), set("12345")),
    )
    database = Database(dsn)
    try:
        for days, (payload, status, are_open, rows) in enumerate(harvests):
            at = began + timedelta(days=days)
            assert status == (await _store(database, [company], readings, {"acme": payload}, at))["acme"].status
            assert are_open == await _ids(database, "SELECT external_id FROM job_hunter.roles WHERE closed_at IS NULL")
            assert rows == await _rows_of(database, at.date())
    finally:
        await database.close()


async def test_one_job_posted_in_many_cities_is_many_openings(dsn: str, readings: Readings) -> None:
    """Of posts that share an internal job, one that comes again at its place is a repost; one elsewhere is new."""
    company, began = _company("acme"), datetime(2026, 11, 22, 9, tzinfo=UTC)

    def posts(cities: dict[int, str]) -> dict[str, Any]:
        payload = _payload(cities)
        for job in payload["jobs"]:
            city = cities[job["id"]]
            job |= {"internal_job_id": 77, "title": f"Carer {job['id']}", "location": {"name": city}}
        return payload

    days = [
        {1: "London", 2: "Leeds", 3: "Bath"},
        {2: "Leeds", 3: "Bath"},
        {2: "Leeds", 3: "Bath", 4: "York", 5: "London"},
    ]
    database = Database(dsn)
    try:
        for n, cities in enumerate(days):
            await _store(database, [company], readings, {"acme": posts(cities)}, began + timedelta(days=n))
        lineages = dict(await _pairs(database, "SELECT external_id, lineage_id FROM job_hunter.roles"))
        assert lineages["5"] == lineages["1"]
        assert len({lineages[key] for key in "1234"}) == 4
        reposted = await _ids(
            database,
            "SELECT r.external_id FROM job_hunter.role_events e JOIN job_hunter.roles r ON r.id = e.role_id "
            "WHERE e.kind = 'reposted'",
        )
        assert reposted == {"5"}
    finally:
        await database.close()


async def test_a_high_turnover_is_complete_and_said(
    dsn: str, readings: Readings, caplog: pytest.LogCaptureFixture
) -> None:
    """Thirty openings replaced by thirty others: believed, with rows, and named in the ledger and the log."""
    company, at = _company("acme"), datetime(2026, 11, 15, 4, tzinfo=UTC)
    database = Database(dsn)
    try:
        await _store(database, [company], readings, {"acme": _payload(range(30))}, at)
        at += timedelta(days=7)
        result = (await _store(database, [company], readings, {"acme": _payload(range(25, 55))}, at))["acme"]
        assert {str(n) for n in range(25, 55)} == await _rows_of(database, at.date())
    finally:
        await database.close()
    assert (result.status, result.new, result.closed) == (FetchStatus.COMPLETE, 25, 25)
    assert result.message == "25 of 30 openings were replaced at once: see whether the board changed its ids"
    assert any("company=acme" in line and result.message in line for line in caplog.messages)


async def _pairs(database: Database, query: str) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.exec_driver_sql(query)]


@pytest.mark.real
@pytest.mark.skipif(not REAL, reason="JOB_HUNTER_REAL_PAYLOADS is not set")
async def test_captured_days_of_real_boards(dsn: str, readings: Readings) -> None:
    """Each board, day after day as it was captured: opened, closed and open as a comparison of the captures' ids says.

    A board without a capture on a day was not read then: it has no rows, and nothing of it closes.
    """
    root = Path(REAL) / "greenhouse" / "list_history"
    days = sorted(folder.name for folder in root.iterdir())
    captured = {day: {path.stem: json.loads(path.read_bytes()) for path in (root / day).glob("*.json")} for day in days}
    tokens = sorted({token for boards in captured.values() for token in boards})
    companies = [_company(token) for token in tokens]
    last: dict[str, set[str]] = {}
    ever: dict[str, set[str]] = {token: set() for token in tokens}
    moves = 0
    database = Database(dsn)
    try:
        for day in days:
            at = datetime.combine(date.fromisoformat(day), time(4), UTC)
            results = await _store(database, companies, readings, captured[day], at)
            rows = 0
            for token in tokens:
                result = results[token]
                if token not in captured[day]:
                    assert result.status is FetchStatus.SKIPPED
                    continue
                ids = {str(job["id"]) for job in captured[day][token]["jobs"]}
                gone = last.get(token, set()) - ids
                back = (ids & ever[token]) - last.get(token, set())
                assert (result.status, result.rejected) == (FetchStatus.COMPLETE, 0)
                assert (len(ids), len(ids - ever[token]), len(gone), len(back)) == (
                    result.postings,
                    result.new,
                    result.closed,
                    result.reopened,
                )
                moves += len(gone) + len(ids - ever[token])
                last[token], ever[token], rows = ids, ever[token] | ids, rows + len(ids)
            assert rows == len(await _rows_of(database, at.date()))
        assert set().union(*last.values()) == await _ids(
            database, "SELECT external_id FROM job_hunter.roles WHERE closed_at IS NULL"
        )
    finally:
        await database.close()
    assert moves > 0
