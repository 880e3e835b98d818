"""Sessions are ended at every moment of a use case in turn: before each statement, and after each commit.

What it leaves behind, and what it gives, is as if nothing had happened.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import event, text

from job_hunter.domain.alerts import AlertRules, SavedSearch
from job_hunter.domain.company import Sector
from job_hunter.domain.level import Family
from job_hunter.domain.watch import Watch, company_of
from job_hunter.notify import open_addresses
from job_hunter.settings import Settings
from job_hunter.sources.http import Http
from job_hunter.storage.database import Database, asyncpg_dsn
from job_hunter.storage.migrate import migrate_database
from job_hunter.usecases.alert import alert
from job_hunter.usecases.analyze import analyze
from job_hunter.usecases.backfill_fx import backfill_fx
from job_hunter.usecases.deliver import Outbox
from job_hunter.usecases.digest import send_digest
from job_hunter.usecases.ingest_change import desk_of, ingest_changes, ingest_lock, summary_of
from job_hunter.usecases.receive_change import receive
from job_hunter.usecases.refresh import refresh
from job_hunter.usecases.reparse import reparse
from job_hunter.usecases.snapshot import snapshot
from tests.companions.flows.test_backfill_fx_flow import UNPRICED
from tests.companions.flows.test_reparse_flow import MISREAD
from tests.conftest import Postgres
from tests.receivers import Hook, http_receiver
from tests.rotating import rotation
from tests.tables import contents
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market

MOST_MOMENTS = 30
"""A use case with more statements is disturbed at so many of them, evenly, and after every commit."""

OTHER_TABLES = {
    "deliveries": "SELECT kind, key, sent_at IS NULL FROM job_hunter.deliveries",
    "cdio_changes": "SELECT idempotency_key, outcome, company_slug FROM job_hunter.cdio_changes",
    "refresh_runs": "SELECT door, status, message FROM job_hunter.refresh_runs",
    "reading_versions": "SELECT parser_version, config_digest FROM job_hunter.reading_versions",
}
LOST = ("DELETE FROM job_hunter.roles_snapshots", "DELETE FROM job_hunter.comp_snapshots")
FORGOTTEN = (  # so that boards have something new, changed, to reopen and to close
    "DELETE FROM job_hunter.board_fetches",
    "UPDATE job_hunter.roles SET payload_hash = NULL WHERE id % 3 = 0",
    "UPDATE job_hunter.roles SET closed_at = first_seen_at WHERE id % 3 = 1",
    *LOST,
)
LINES = (
    ("Senior Backend Engineer - London - £85,000 - £95,000",),
    ("Senior Backend Engineer - London - £90,000 - £99,000", "Trader - London"),
    ("Trader - London", "Quant Researcher - London - £150,000"),
)


class Moments:
    """Counts the moments of a database's work, and ends its sessions at one of them."""

    def __init__(self, database: Database, at: int | None, end: Callable[[], None]) -> None:
        self.seen, self.at, self.end = 0, at, end
        self.commits: list[int] = []
        engine = database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *_: self._statement())
        event.listen(engine, "commit", self._commit)

    def _statement(self) -> None:
        if self._is_now():
            self.end()

    def _commit(self, connection: Any) -> None:
        is_now = self._is_now()
        self.commits.append(self.seen)
        if is_now:
            connection.connection.dbapi_connection.commit()
            self.end()
            raise asyncpg.ConnectionDoesNotExistError("the answer to the commit was lost")

    def _is_now(self) -> bool:
        self.seen += 1
        return self.seen == self.at


@dataclass(frozen=True, slots=True)
class Work:
    """A use case, and what is done to the tables before it.

    `doubtful` tables may differ after a commit whose answer was lost: a board's store reads again what it has stored,
    and counts it as known.
    """

    run: Callable[[Database, Market, Hook], Awaitable[Any]]
    before: tuple[str, ...] = ()
    is_migrated: bool = True
    doubtful: tuple[str, ...] = ()


async def _snapshot(db: Database, market: Market, _: Hook) -> Any:
    return await snapshot(db, on=market.at.date(), today=market.at.date())


async def _backfill(db: Database, market: Market, _: Hook) -> Any:
    async with Http(market.base_urls, timeout=5) as http:
        return await backfill_fx(db, http, today=market.at.date())


async def _reparse(db: Database, market: Market, _: Hook) -> Any:
    return await reparse(db, market.readings, at=market.at, most_at_once=20)


def _outbox(market: Market, hook: Hook) -> Outbox:
    return Outbox(open_addresses([SecretStr(hook.url())]), lambda: market.at)


async def _digest(db: Database, market: Market, hook: Hook) -> Any:
    report = await analyze(db, at=market.at)
    return report, await send_digest(db, report, _outbox(market, hook))


async def _alert(db: Database, market: Market, hook: Hook) -> Any:
    searches = (SavedSearch("Every family", families=tuple(Family)),)
    return await alert(db, AlertRules(threshold_gbp=1.0, searches=searches), _outbox(market, hook))


async def _ingest(db: Database, market: Market, _: Hook) -> Any:
    watch = Watch(
        slug="acme",
        display_name="Acme",
        sector=Sector.HFT_QUANT,
        url="https://acme.example/jobs",
        css="a",
        xpath=None,
        check_every=timedelta(hours=6),
    )
    desk = desk_of([watch], [company_of(watch)], market.readings)
    page = ["Open roles"]
    for n, lines in enumerate(LINES):
        now = ["Open roles", *lines]
        at = datetime(2026, 11, 22, 9 + n, tzinfo=UTC)
        await receive(db, _notification(watch.url, at, page, now), clock=lambda: market.at)
        page = now
    async with ingest_lock(db):
        return summary_of(await ingest_changes(db, desk, clock=lambda: market.at))


def _notification(url: str, at: datetime, before: list[str], after: list[str]) -> bytes:
    fields = {
        "watch_url": url,
        "watch_uuid": "11111111-2222-4333-8444-555555555555",
        "change_datetime": at.isoformat(),
        "diff": "",
        "prev_snapshot": "\n".join(before),
        "current_snapshot": "\n".join(after),
    }
    return json.dumps(fields).encode()


async def _refresh(db: Database, market: Market, *sources: str) -> Any:
    async with Http(market.base_urls, timeout=5) as http:
        done = await refresh(
            db, http, market.companies, market.readings, clock=lambda: market.at, sleep=market.sleep, sources=sources
        )
    return sorted((result.source, result.board, result.status) for result in done.results)


async def _refresh_boards(db: Database, market: Market, _: Hook) -> Any:
    return await _refresh(db, market, "ats")


async def _refresh_hn(db: Database, market: Market, _: Hook) -> Any:
    return await _refresh(db, market, "hn")


async def _refresh_levels(db: Database, market: Market, _: Hook) -> Any:
    return await _refresh(db, market, "levels_fyi")


async def _migrate(db: Database, market: Market, _: Hook) -> Any:
    return await migrate_database(db)


WORKS = {
    "refresh, boards": Work(_refresh_boards, FORGOTTEN, doubtful=("board_fetches", "refresh_runs")),
    "refresh, hn": Work(_refresh_hn),
    "refresh, levels.fyi": Work(_refresh_levels),
    "snapshot": Work(_snapshot, LOST),
    "backfill-fx": Work(_backfill, UNPRICED),
    "reparse": Work(_reparse, MISREAD),
    "leaders-report and its digest": Work(_digest),
    "comp-alert": Work(_alert),
    "cdio-ingest": Work(_ingest),
    "migrate": Work(_migrate, is_migrated=False),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a use case gave and left behind, how many messages arrived, and how many moments it had."""

    given: Any
    tables: dict[str, list[tuple[Any, ...]]]
    messages: list[str]
    moments: int
    commits: list[int]


async def _outcome(work: Work, market: Market, dsn: str, file: Path, *, at: int | None) -> Outcome:
    """Run `work` on the database at `dsn`, its sessions ended at the moment `at`; the password's file is late."""
    async with rotation(dsn, file) as login:
        settings = Settings(db_connection_string_file=file)

        async def sleep(seconds: float) -> None:
            login.update_file()

        def read_dsn() -> str:
            secret = settings.read_dsn()
            assert secret is not None
            return secret.get_secret_value()

        database = Database(read_dsn, patience=1200, sleep=sleep)
        moments = Moments(database, at, login.rotate_at_once)
        with http_receiver() as hook:
            given = await work.run(database, replace(market, dsn=dsn), hook)
            messages = [str(taken["title"]) for taken in hook.taken]
        await database.close()
        tables = await contents(dsn)
        for table, query in OTHER_TABLES.items():
            tables[table] = sorted((tuple(row) for row in await login.admin.fetch(query)), key=repr)
    return Outcome(given, tables, messages, moments.seen, moments.commits)


async def _prepare(market: Market, work: Work) -> None:
    await market.refresh()
    async with market.database() as database, database.transaction() as connection:
        for statement in work.before:
            await connection.execute(text(statement))


def _chosen(undisturbed: Outcome) -> list[int]:
    step = max(1.0, undisturbed.moments / MOST_MOMENTS)
    evenly = {1 + int(n * step) for n in range(min(undisturbed.moments, MOST_MOMENTS))}
    return sorted(evenly | set(undisturbed.commits))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", WORKS)
def test_sessions_may_end_at_any_moment(
    name: str,
    make_market: Callable[..., Market],  # noqa: F811
    postgres: Postgres,
    tmp_path: Path,
) -> None:
    """The tables and messages are those of the undisturbed work; so is what it says."""
    work = WORKS[name]
    market = make_market(companies=3, max_openings=8)
    if work.is_migrated:
        asyncio.run(_prepare(market, work))
    template = asyncpg_dsn(market.dsn).split("?")[0].rpartition("/")[2] if work.is_migrated else "template0"

    def outcome(at: int | None) -> Outcome:
        with postgres.database(template) as dsn:
            return asyncio.run(_outcome(work, market, dsn, tmp_path / "connection-string", at=at))

    expected = outcome(None)
    assert expected.moments > 2
    for at in _chosen(expected):
        found = outcome(at)
        when = f"moment {at} of {expected.moments}"
        for table, rows in expected.tables.items():
            if at not in found.commits or table not in work.doubtful:
                assert rows == found.tables[table], f"{table}, {when}"
        assert found.messages == expected.messages, when
        assert found.given == expected.given, when
        assert found.moments > expected.moments, f"nothing was done again at {when}"
