"""Is it healthy? Each check says what it found and, when a person is needed, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from job_hunter.errors import UsageError
from job_hunter.storage import health, ledger
from job_hunter.storage.database import Database
from job_hunter.storage.forget import Forgotten, forget_after
from job_hunter.storage.fx import read_newest_rate_date
from job_hunter.storage.migrate import current, head
from job_hunter.usecases.refresh import refresh_lock

STALE_AFTER = timedelta(days=8)
"""A weekly schedule, and a day of grace."""

RATES_STALE_AFTER = timedelta(days=12)
"""A weekly schedule, and the longest gap the ECB leaves (5 days)."""

FAILING_AFTER = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `advice` is the next step, None when nothing needs a person."""

    name: str
    is_ok: bool
    message: str
    advice: str | None = None


async def examine(db: Database, *, today: date) -> list[Check]:
    """All checks of the database, in the order a person would ask."""
    async with db.reading() as connection:
        schema = await current(connection)
    if schema != head():
        state = f"at {schema}" if schema else "missing"
        return [
            Check("schema", False, f"the schema is {state}, this program needs {head()}", "run `job-hunter migrate`")
        ]
    async with db.reading() as connection:
        newest = await health.read_newest_snapshot(connection)
        newest_run = await ledger.read_newest_day(connection)
        failing = await health.read_failing_boards(connection, times=FAILING_AFTER)
        quarantined = await health.read_quarantined_boards(connection)
        rate_date = await read_newest_rate_date(connection)
        unpriced = await health.read_unpriced(connection)
        archive = await health.read_archive(connection)
    return [
        Check("schema", True, f"at {schema}"),
        _clock(newest_run, today),
        _freshness(newest, today),
        _failing(failing),
        _quarantines(quarantined),
        _rates(rate_date, today),
        _unpriced(unpriced),
        Check(
            "archive",
            True,
            f"{archive.postings:,} postings in {archive.size_bytes / 1e6:.1f} MB"
            + (f", {archive.size_bytes / archive.postings:,.0f} bytes each" if archive.postings else ""),
        ),
    ]


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


def _failing(boards: Sequence[health.FailingBoard]) -> Check:
    if not boards:
        return Check("boards", True, f"none failed in its last {FAILING_AFTER} runs")
    named = "; ".join(f"{b.company_slug} ({b.source} {b.board}) {b.times} times: {b.message}" for b in boards)
    first = boards[0].company_slug
    return Check("boards", False, f"failing: {named}", f"run `job-hunter probe {first}` and correct companies.yaml")


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


def _rates(newest: date | None, today: date) -> Check:
    if newest is None:
        return Check("rates", False, "no exchange rate is loaded", "run `job-hunter backfill-fx`")
    if today - newest > RATES_STALE_AFTER:
        return Check("rates", False, f"the newest is of {newest}", "run `job-hunter backfill-fx`")
    return Check("rates", True, f"the newest is of {newest}")


def _unpriced(by_currency: dict[str, int]) -> Check:
    if not by_currency:
        return Check("conversion", True, "every yearly figure is converted")
    named = ", ".join(f"{count} in {currency}" for currency, count in by_currency.items())
    return Check("conversion", False, f"not converted to GBP: {named}", "run `job-hunter backfill-fx`, it says why")


async def accept_quarantine(db: Database, target: str, *, at: datetime) -> str:
    """Accept the short harvest of `target` (`source/board`): the next harvest closes what it lacks.

    Raises UsageError when nothing is quarantined there.
    """
    source, _, board = target.partition("/")
    async with db.transaction() as connection:
        if await health.read_latest_quarantine(connection, source, board) is None:
            waiting = [f"{b.source}/{b.board}" for b in await health.read_quarantined_boards(connection)]
            hint = f"quarantined are: {', '.join(waiting)}" if waiting else "nothing is quarantined"
            raise UsageError(f"--accept {target}: no quarantined harvest there; {hint}.")
        await health.write_accepted(connection, source, board, at=at)
    return f"{target}: accepted; the next refresh closes what the board no longer lists"


async def forget_future(db: Database, *, at: datetime) -> Forgotten:
    """Take back what was recorded of days after that of `at`, under a clock that was ahead.

    Raises RefreshInProgress when a refresh runs.
    """
    async with refresh_lock(db), db.transaction() as connection:
        return await forget_after(connection, at.astimezone(UTC).date(), at=at)
