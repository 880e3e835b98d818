"""Reading the archive again: the current tables as a fresh reading gives them, the snapshots as they were taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from job_hunter.cli import app
from job_hunter.domain.role import Readings
from job_hunter.errors import RefreshInProgress
from job_hunter.sources import ATS
from job_hunter.storage.archive import prune_archive
from job_hunter.usecases.analyze import analyze
from job_hunter.usecases.refresh import refresh_lock
from job_hunter.usecases.reparse import ArchivedSource, Reparsed, reparse, sentences
from tests.tables import contents
from tests.usecases.conftest import END, Market

SNAPSHOTS = ("roles_snapshots", "comp_snapshots")
CURRENT = ("roles", "role_places", "comp_points", "raw_payloads")
# What an older, worse version of the parsers might have left behind.
MISREAD = (
    "UPDATE job_hunter.comp_points SET base_value = base_value / 2, base_gbp = base_gbp / 2 WHERE role_id IS NOT NULL",
    "UPDATE job_hunter.comp_snapshots SET base_value = base_value / 2, base_gbp = base_gbp / 2",
    """UPDATE job_hunter.roles SET parsed_base_min = parsed_base_min / 2, parsed_base_max = parsed_base_max / 2,
       level_id = NULL, reading_version = 0""",
)


async def change(market: Market, *statements: str, **values: Any) -> None:
    """Change the database behind the program's back."""
    async with market.database() as database, database.transaction() as connection:
        for statement in statements:
            await connection.execute(text(statement), values)


async def read_again(market: Market, readings: Readings | None = None, **options: Any) -> Reparsed:
    """The use case, at the market's time."""
    async with market.database() as database:
        return await reparse(database, readings or market.readings, at=market.clock(), **options)


async def some(market: Market, names: tuple[str, ...]) -> dict[str, Any]:
    """The contents of some tables."""
    every = await contents(market.dsn)
    return {name: every[name] for name in names}


@pytest.mark.parametrize("most_at_once", [500, 3])
async def test_a_misreading_is_put_right_and_the_past_is_left_alone(market: Market, most_at_once: int) -> None:
    """The current tables equal those of the true reading; snapshots keep what the day showed; again is nothing."""
    await market.refresh()
    true = await some(market, CURRENT)
    await change(market, *MISREAD)
    wrong, days = await some(market, CURRENT), await some(market, SNAPSHOTS)
    dry = await read_again(market, dry_run=True)
    assert wrong == await some(market, CURRENT)
    assert dry.read == len(true["roles"])
    assert dry.changes["pay_changed"] > 0
    assert dry.changes["level_appeared"] > 0
    assert "dry run: nothing was written" in sentences(dry)[-1]
    done = await read_again(market, most_at_once=most_at_once)
    assert (done.changes, done.missing, done.failed) == (dry.changes, 0, 0)
    assert true == await some(market, CURRENT)
    assert days == await some(market, SNAPSHOTS)
    assert abs(done.examples[0].pounds) >= abs(done.examples[-1].pounds) > 0
    causes = await market.rows(
        "SELECT DISTINCT detail ->> 'cause' FROM job_hunter.role_events WHERE kind = 'pay_changed'"
    )
    assert causes == [("reading",)]
    versions = await market.rows("SELECT DISTINCT reading_version FROM job_hunter.roles")
    assert versions == await market.rows("SELECT max(id) FROM job_hunter.reading_versions")
    again = await read_again(market)
    assert (again.read, again.boards) == (0, 0)


async def test_everything_is_read_again_only_when_asked(market: Market) -> None:
    """`every` takes what the present readings have read, and finds no difference; one company alone can be read."""
    await market.refresh()
    before = await contents(market.dsn)
    every = await read_again(market, every=True)
    assert every.read == len(before["roles"])
    assert not every.changes
    assert before == await contents(market.dsn)
    slug = market.companies[0].slug
    one = await read_again(market, every=True, slugs=[slug], dry_run=True)
    assert 0 < one.read < every.read


async def test_the_report_tells_a_parser_change_from_the_market(make_market: Callable[..., Market]) -> None:
    """A week later nothing moved but our reading: the whole of each mover is in the share of the reading."""
    market = make_market(companies=10)
    market.set_date(END - timedelta(days=7))
    await market.refresh()
    await change(market, *MISREAD)
    market.at += timedelta(hours=1)
    await read_again(market)
    market.at += timedelta(days=7)
    await market.refresh()
    async with market.database() as database:
        report = await analyze(database, top_n=99, at=market.at)
    movers = report.comparisons[0].movers
    assert movers
    for mover in movers:
        assert mover.split.reading == pytest.approx(mover.delta, abs=0.011)
        assert mover.split.same == pytest.approx(0, abs=0.011)


async def test_what_the_archive_lacks_stays_as_it_is(market: Market) -> None:
    """Roles without an archived posting are counted and left alone; one unreadable posting costs itself."""
    await market.refresh()
    await change(
        market,
        "UPDATE job_hunter.roles SET reading_version = 0",
        "DELETE FROM job_hunter.raw_payloads WHERE content_hash = (SELECT payload_hash FROM job_hunter.roles "
        "WHERE source = 'greenhouse' ORDER BY id LIMIT 1)",
    )
    done = await read_again(market)
    assert done.missing >= 1
    assert any("archive holds no posting" in line for line in sentences(done))
    assert await market.value("SELECT count(*) FROM job_hunter.roles WHERE reading_version = 0") == done.missing


async def test_a_running_refresh_is_not_disturbed(market: Market) -> None:
    """It stops with one sentence while a refresh holds the lock."""
    async with market.database() as database, refresh_lock(database):
        with pytest.raises(RefreshInProgress):
            await read_again(market)


async def test_a_run_that_was_cut_off_goes_on(market: Market) -> None:
    """Whatever board it ended at, the next run does the rest, and the tables are those of one whole run."""
    await market.refresh()
    true = await some(market, CURRENT)
    await change(market, *MISREAD)
    seen = 0

    def cut(board: object) -> None:
        nonlocal seen
        seen += 1
        if seen == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await read_again(market, on_board=cut)
    rest = await read_again(market)
    assert 0 < rest.boards < len(market.companies)
    assert true == await some(market, CURRENT)


async def test_a_run_that_was_cut_off_within_a_board_goes_on(market: Market) -> None:
    """The batches of a board that were stored stay; the next run reads the others, and no change is told twice."""
    await market.refresh()
    true = await some(market, CURRENT)
    await change(
        market,
        *MISREAD,
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.external_id = (SELECT max(external_id) FROM job_hunter.roles WHERE source = 'greenhouse'
                                 AND board = NEW.board) THEN RAISE 'cut off'; END IF;
           RETURN NEW; END $$""",
        "CREATE TRIGGER refuse BEFORE UPDATE ON job_hunter.roles FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    with pytest.raises(DBAPIError, match="cut off"):
        await read_again(market, sources=["greenhouse"], most_at_once=2)
    started = "SELECT count(*) FROM job_hunter.roles WHERE reading_version <> 0"
    assert await market.value(started) > 0
    await change(market, "DROP TRIGGER refuse ON job_hunter.roles")
    await read_again(market, most_at_once=2)
    assert true == await some(market, CURRENT)
    twice = "SELECT count(*) FROM (SELECT 1 FROM job_hunter.role_events GROUP BY role_id, kind HAVING count(*) > 1) d"
    assert await market.value(twice) == 0


async def test_the_archive_lets_go_of_what_nothing_points_to(market: Market) -> None:
    """Old postings go when no role points to them; those of current roles stay whatever their age."""
    await market.refresh()
    kept = await market.value("SELECT count(*) FROM job_hunter.raw_payloads")
    await change(market, "UPDATE job_hunter.raw_payloads SET archived_at = '2001-01-01'")
    await change(
        market,
        "INSERT INTO job_hunter.raw_payloads (content_hash, source, body, archived_at) "
        "SELECT decode(md5(i::text), 'hex'), 'greenhouse', 'x', CAST(:at AS timestamptz) - make_interval(years => i) "
        "FROM generate_series(1, 4) i",
        at=market.at,
    )
    async with market.database() as database, database.transaction() as connection:
        assert await prune_archive(connection, before=market.at - timedelta(days=1000)) == 2
    assert await market.value("SELECT count(*) FROM job_hunter.raw_payloads WHERE body = 'x'") == 2
    assert await market.value("SELECT count(*) FROM job_hunter.raw_payloads WHERE body <> 'x'") == kept > 0


async def test_an_edited_posting_is_kept_for_years_from_its_edit(market: Market) -> None:
    """The text before an edit is let go two years after the edit, however old it is; the present one stays."""
    earlier, later = market.sandbox.world.dates[-2:]
    market.set_date(earlier)
    await market.refresh()
    await change(market, "UPDATE job_hunter.raw_payloads SET archived_at = '2001-01-01'")
    market.set_date(later)
    edited = (await market.refresh()).totals()["changed"]
    released = "SELECT count(*) FROM job_hunter.raw_payloads a WHERE NOT EXISTS (SELECT 1 FROM job_hunter.roles r "
    released += "WHERE r.payload_hash = a.content_hash)"
    assert await market.value(released) == edited > 0
    market.at += timedelta(days=700)
    await market.refresh(archive_years=2)
    assert await market.value(released) == edited
    market.at += timedelta(days=40)
    await market.refresh(archive_years=2)
    assert await market.value(released) == 0


async def test_a_refresh_lets_go_by_the_setting(market: Market) -> None:
    """The refresh prunes at its end, by the years it is given."""
    stale = (
        "INSERT INTO job_hunter.raw_payloads (content_hash, source, body, archived_at) "
        "VALUES (decode('00', 'hex'), 'greenhouse', 'x', :at)"
    )
    await change(market, stale, at=market.at - timedelta(days=3 * 366))
    await market.refresh(archive_years=4)
    assert await market.value("SELECT count(*) FROM job_hunter.raw_payloads WHERE body = 'x'") == 1
    await market.refresh(archive_years=2)
    assert await market.value("SELECT count(*) FROM job_hunter.raw_payloads WHERE body = 'x'") == 0


async def test_a_changed_table_shows_before_it_is_used(market: Market) -> None:
    """Another digest: a dry run says what it would read and writes no version; a real one stamps every role."""
    await market.refresh()
    edited = replace(market.readings, digest="edited")
    versions = "SELECT count(*) FROM job_hunter.reading_versions"
    before = await market.value(versions)
    dry = await read_again(market, edited, dry_run=True)
    assert dry.read == await market.value("SELECT count(*) FROM job_hunter.roles")
    assert await market.value(versions) == before
    await read_again(market, edited)
    assert await market.value(versions) == before + 1
    assert (await market.refresh(readings=edited)).totals()["unchanged"] == dry.read


def test_every_job_board_can_be_read_again() -> None:
    """What the command and the flow offer is what the registry of sources holds."""
    assert set(ATS) == {source.value for source in ArchivedSource}


def test_the_command_prints_and_writes(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """`reparse` as a person types it: what would change, then what changed, as words and as JSON."""
    asyncio.run(market.refresh())
    asyncio.run(change(market, *MISREAD))
    monkeypatch.setenv("DB_CONNECTION_STRING", market.dsn)
    dry = CliRunner().invoke(app, ["reparse", "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "would be read again" in dry.stdout
    assert "pounds a year" in dry.stdout
    done = json.loads(CliRunner().invoke(app, ["reparse", "--format", "json"]).stdout)
    assert done["changes"]["pay_changed"] > 0
    assert "0 postings of 0 boards" in CliRunner().invoke(app, ["reparse"]).stdout
