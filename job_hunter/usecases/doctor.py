"""Is it healthy? Each check says what it found and, when a person is needed, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from job_hunter.domain.fx import LOOK_BACK_DAYS
from job_hunter.errors import DatabaseUnavailable, SourceError, UsageError
from job_hunter.sources.http import Http
from job_hunter.storage import cdio, health, ledger
from job_hunter.storage.database import Database
from job_hunter.storage.deliveries import read_unsent
from job_hunter.storage.forget import Forgotten, forget_after
from job_hunter.storage.fx import read_newest_rate_date
from job_hunter.storage.migrate import check_migrated, current, head
from job_hunter.usecases.refresh import refresh_lock
from job_hunter.usecases.slots import read_taken_slots

STALE_AFTER = timedelta(days=8)
"""A weekly schedule, and a day of grace."""

RATES_STALE_AFTER = timedelta(days=12)
"""A weekly schedule, and the longest gap the ECB leaves (5 days)."""

UNREAD_AFTER = timedelta(days=2)
"""A daily sweep reads what the webhook's event did not, and a day of grace."""

FAILING_AFTER = 3
PROBES_NAMED = 3

ASKED_WITHIN = timedelta(days=35)
"""A board that was not read for so long is one that nobody asks for any more."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `advice` is the next step, None when nothing needs a person."""

    name: str
    is_ok: bool
    message: str
    advice: str | None = None


async def examine(
    db: Database, *, at: datetime, http: Http | None = None, prefect_api_url: str | None = None
) -> list[Check]:
    """All checks, in the order a person would ask; `at` is now. A Prefect server is asked when one is given.

    Without a database, or with another schema than this program's, that is the only finding.
    """
    today = at.astimezone(UTC).date()
    try:
        async with db.reading() as connection:
            schema = await current(connection)
            version = await connection.scalar(text("SHOW server_version"))
    except DatabaseUnavailable as error:
        return [Check("database", False, str(error), "see the message")]
    server = Check("database", True, f"Postgres {version}")
    if schema != head():
        state = f"at {schema}" if schema else "missing"
        message = f"the schema is {state}, this program needs {head()}"
        return [server, Check("schema", False, message, "run `job-hunter migrate`")]
    async with db.reading() as connection:
        is_refreshing = await health.read_is_refreshing(connection)
        checks = [
            server,
            Check("schema", True, f"at {schema}"),
            _clock(await ledger.read_newest_day(connection), today),
            _freshness(await health.read_newest_snapshot(connection), today),
            _last_run(await health.read_last_run(connection), is_refreshing=is_refreshing),
            _failing(await health.read_failing_boards(connection, times=FAILING_AFTER)),
            _feeds(await health.read_failing_feeds(connection, times=FAILING_AFTER, since=at - ASKED_WITHIN)),
            _quarantines(await health.read_quarantined_boards(connection, since=at - ASKED_WITHIN)),
            _rates(
                await read_newest_rate_date(connection),
                await health.read_rate_gaps(connection, longest=LOOK_BACK_DAYS),
                today,
            ),
            _unpriced(await health.read_unpriced(connection, look_back=LOOK_BACK_DAYS)),
            _archive(await health.read_archive(connection)),
            _messages(len(await read_unsent(connection))),
            _inbox((await cdio.read_waiting(connection)).unread, await cdio.read_oldest_waiting(connection), at),
        ]
    if http is not None and prefect_api_url is not None:
        checks.append(await _slots(http, prefect_api_url, is_refreshing=is_refreshing))
    return checks


def _messages(unsent: int) -> Check:
    if unsent:
        advice = "run `job-hunter alert`: it tries again, and says which address refuses and why"
        return Check("messages", False, f"{unsent} alerts or digests did not reach every address", advice)
    return Check("messages", True, "every alert and digest arrived")


def _inbox(count: int, since: datetime | None, at: datetime) -> Check:
    if since is None or at - since <= UNREAD_AFTER:
        return Check("pages", True, f"{count} changes of watched pages wait to be read" if count else "none waits")
    advice = "run `prefect deployment run cdio-ingest/cdio-ingest`, and see why its daily run did not"
    return Check("pages", False, f"{count} changes of watched pages are unread, since {since:%Y-%m-%d}", advice)


def _clock(newest: date | None, today: date) -> Check:
    if newest is None or newest <= today:
        return Check("clock", True, f"today is {today}, no run is of a later day")
    return Check(
        "clock",
        False,
        f"the ledger holds a run of {newest}, and today is {today}",
        "set this machine's clock, or, if it is right, run `job-hunter doctor --forget-future`",
    )


def _freshness(newest: date | None, today: date) -> Check:
    if newest is None:
        return Check("snapshots", False, "there is no snapshot yet", "run `job-hunter refresh`")
    age = today - newest
    if age > STALE_AFTER:
        return Check(
            "snapshots",
            False,
            f"the newest is of {newest}, {age.days} days ago",
            "run `job-hunter refresh`, and see why the schedule did not",
        )
    return Check("snapshots", True, f"the newest is of {newest}")


def _last_run(run: health.LastRun | None, *, is_refreshing: bool) -> Check:
    if run is None:
        return Check("last run", True, "there was none yet")
    began = f"{run.started_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if run.status == "running" and is_refreshing:
        return Check("last run", True, f"of {began}, running: {run.stored} of {run.planned} boards so far")
    if run.status == "running":
        return Check(
            "last run",
            False,
            f"of {began}, killed after {run.stored} of {run.planned} boards",
            "run `job-hunter refresh --only-missing`",
        )
    if run.status == "failed":
        advice = "check the network of this machine, then run `job-hunter refresh`"
        return Check("last run", False, f"of {began}, failed: {run.message}", advice)
    return Check("last run", True, f"of {began}: {run.message or run.status}")


def _failing(boards: Sequence[health.FailingBoard]) -> Check:
    if not boards:
        return Check("boards", True, f"each was complete in one of its last {FAILING_AFTER} runs")
    named = "; ".join(
        f"{b.company_slug} ({b.source} {b.board}) {b.status} {b.times} times in a row: {b.message}" for b in boards
    )
    probes = ", ".join(f"`job-hunter probe {board.company_slug}`" for board in boards[:PROBES_NAMED])
    return Check("boards", False, named, f"run {probes} and correct companies.yaml")


def _feeds(feeds: Sequence[health.FailingFeed]) -> Check:
    if not feeds:
        return Check("feeds", True, f"each answered in one of its last {FAILING_AFTER} runs")
    named = "; ".join(f"nothing came of {feed.source} {feed.times} times in a row: {feed.message}" for feed in feeds)
    sources = " ".join(f"--source {feed.source}" for feed in feeds)
    advice = f"run `job-hunter refresh {sources}` and see what it says; docs/sources.md tells what ends each for a run"
    return Check("feeds", False, named, advice)


def _quarantines(boards: Sequence[health.QuarantinedBoard]) -> Check:
    if not boards:
        return Check("quarantines", True, "none")
    named = "; ".join(
        f"{b.company_slug}: {b.count} openings after {b.before}, since {b.since:%Y-%m-%d}" for b in boards
    )
    first = boards[0]
    return Check(
        "quarantines",
        False,
        named,
        f"look at the board; if it is right, run `job-hunter doctor --accept {first.source}/{first.board}`, "
        f"else a later harvest decides",
    )


def _rates(newest: date | None, gaps: Sequence[health.RateGap], today: date) -> Check:
    if newest is None:
        return Check("rates", False, "no exchange rate is loaded", "run `job-hunter backfill-fx`")
    if today - newest > RATES_STALE_AFTER:
        return Check("rates", False, f"the newest is of {newest}", "run `job-hunter backfill-fx`")
    if gaps:
        named = ", ".join(f"{gap.currency} between {gap.after} and {gap.until}" for gap in gaps)
        since = min(gap.after for gap in gaps)
        return Check("rates", False, f"missing: {named}", f"run `job-hunter backfill-fx --since {since}`")
    return Check("rates", True, f"the newest is of {newest}")


def _unpriced(found: Sequence[health.Unpriced]) -> Check:
    waiting = ", ".join(f"{row.convertible} in {row.currency}" for row in found if row.convertible)
    if waiting:
        return Check("conversion", False, f"not converted to GBP: {waiting}", "run `job-hunter backfill-fx`")
    without = ", ".join(f"{row.figures} in {row.currency}" for row in found)
    if without:
        return Check("conversion", True, f"every yearly figure that has a rate is converted; {without} have none")
    return Check("conversion", True, "every yearly figure is converted")


def _archive(archive: health.Archive) -> Check:
    each = f", {archive.size_bytes / archive.postings:,.0f} bytes each" if archive.postings else ""
    return Check("archive", True, f"{archive.postings:,} postings in {archive.size_bytes / 1e6:.1f} MB{each}")


async def _slots(http: Http, api_url: str, *, is_refreshing: bool) -> Check:
    try:
        taken = await read_taken_slots(http, api_url)
    except SourceError as error:
        return Check("prefect", False, str(error), "check PREFECT_API_URL and that the Prefect server runs")
    stale = {tag: count for tag, count in taken.items() if count}
    if is_refreshing or not stale:
        named = ", ".join(f"{count} of {tag}" for tag, count in taken.items())
        return Check("prefect", True, f"slots taken: {named}" if taken else "it has no limits of ours yet")
    named = ", ".join(f"{count} of {tag}" for tag, count in stale.items())
    resets = " and ".join(f"`prefect concurrency-limit reset {tag}`" for tag in stale)
    return Check(
        "prefect",
        False,
        f"a killed run left slots taken: {named}",
        f"run {resets}; the next refresh does so by itself",
    )


async def accept_quarantine(db: Database, target: str, *, at: datetime) -> str:
    """Accept the short harvest of `target` (`source/board`): the next harvest closes what it lacks.

    Raises UsageError when nothing is quarantined there.
    """
    source, _, board = target.partition("/")
    async with db.transaction() as connection:
        await check_migrated(connection)
        found = await health.read_quarantined_boards(connection, since=at - ASKED_WITHIN)
        if (source, board) not in {(waiting.source, waiting.board) for waiting in found}:
            named = ", ".join(f"{waiting.source}/{waiting.board}" for waiting in found)
            hint = f"quarantined are: {named}" if named else "nothing is quarantined"
            raise UsageError(f"--accept {target}: no quarantined harvest there; {hint}.")
        await health.write_accepted(connection, source, board, at=at)
    return f"{target}: accepted; the next refresh closes what the board no longer lists"


async def forget_future(db: Database, *, at: datetime) -> Forgotten:
    """Take back what was recorded of days after that of `at`, under a clock that was ahead.

    Raises RefreshInProgress when a refresh runs.
    """
    async with refresh_lock(db), db.transaction() as connection:
        await check_migrated(connection)
        return await forget_after(connection, at.astimezone(UTC).date(), at=at)
