"""Tell the analyst, once each: of companies whose p50 crosses a threshold, and of openings a saved search finds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.alerts import AlertRules, Crossing, Find, find_crossings, find_openings, untold
from job_hunter.domain.leaders import LeadersReport
from job_hunter.domain.message import Delivered, Message
from job_hunter.errors import NothingRefreshed
from job_hunter.report.messages import render_alert
from job_hunter.storage import deliveries
from job_hunter.storage.database import Database
from job_hunter.storage.deliveries import CROSSING, OPENING
from job_hunter.storage.openings import read_finished_run, read_new_openings
from job_hunter.usecases.analyze import analyze
from job_hunter.usecases.deliver import Outbox, deliver, outbox_lock

NEW_FOR_DAYS, AT_MOST_DAYS = 7, 56
"""How long an opening is new; when nobody looked for longer than a week, all since then, up to eight weeks."""

HISTORY_WEEKS = 26
"""How far back the stay of a company above the threshold is followed."""


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell on a snapshot date. `untold` and `finds` are new to the analyst; `crossings` are all."""

    on: date
    rules: AlertRules
    crossings: tuple[Crossing, ...]
    untold: tuple[Crossing, ...]
    finds: tuple[Find, ...]

    @property
    def message(self) -> Message | None:
        """The message that tells it, None when there is nothing new."""
        if not self.untold and not self.finds:
            return None
        rules = self.rules
        return render_alert(self.on, rules.location, rules.threshold_gbp, self.crossings, len(self.untold), self.finds)

    @property
    def things(self) -> list[tuple[str, str]]:
        """What is told, as (kind, key): a stay above a threshold in a place, and an opening whatever its id."""
        prefix = _prefix(self.rules)
        stays = [(CROSSING, f"{prefix}{crossing.leader.slug}/{crossing.since}") for crossing in self.untold]
        return stays + [(OPENING, _opening_key(find)) for find in self.finds]

    def sentence(self) -> str:
        """One sentence for a person."""
        rules = self.rules
        return (
            f"{self.on}: {len(self.crossings)} with a p50 of £{rules.threshold_gbp:,.0f} or more in {rules.location}, "
            f"{sum(crossing.is_new for crossing in self.crossings)} newly; "
            f"to tell: {len(self.untold)} of them and {len(self.finds)} new openings"
        )


async def find_news(db: Database, rules: AlertRules, *, at: datetime, run_id: str | None = None) -> News:
    """What there is to tell after the refresh `run_id`, or after the newest one.

    The p50 is the leaders report's: all levels in engineering, trading and research. Openings are new for a week,
    longer when nobody looked. Raises NothingRefreshed when that refresh has not finished, or none ever has.
    """
    on = await db.read(lambda connection: read_finished_run(connection, run_id))
    if on is None:
        which = f"the refresh {run_id} has not finished" if run_id else "no refresh has finished"
        raise NothingRefreshed(f"There is nothing to tell of: {which}; run `job-hunter refresh` first.")
    report = await analyze(db, location=rules.location, top_n=100_000, trend_weeks=HISTORY_WEEKS, on=on, at=at)
    return await db.read(lambda connection: _news(connection, rules, report, on))


async def _news(connection: AsyncConnection, rules: AlertRules, report: LeadersReport, on: date) -> News:
    told_on = await deliveries.read_told_crossings(connection, _prefix(rules))
    looked_on = await deliveries.read_looked_on(connection)
    days = min(max(NEW_FOR_DAYS, (on - looked_on).days if looked_on else 0), AT_MOST_DAYS)
    openings = await read_new_openings(connection, on=on, days=days)
    finds = find_openings(openings, rules.searches)
    told = await deliveries.read_told_openings(connection, [_opening_key(find) for find in finds])
    crossings = find_crossings(report, rules.threshold_gbp)
    new_finds = tuple(find for find in finds if _opening_key(find) not in told)
    return News(on, rules, crossings, untold(crossings, told_on), new_finds)


async def alert(
    db: Database, rules: AlertRules, outbox: Outbox, *, run_id: str | None = None
) -> tuple[News, Delivered]:
    """Put what is new into the outbox, and send all that waits there; what fails is kept for the next run."""
    async with outbox_lock(db):
        at = outbox.clock()
        news = await find_news(db, rules, at=at, run_id=run_id)

        async def file(connection: AsyncConnection) -> None:
            if (message := news.message) is not None:
                things = news.things
                await deliveries.file_message(
                    connection, "alert", _key(news), message, addresses=outbox.ids, things=things, at=at
                )
            await deliveries.write_looked_on(connection, news.on, at=at)

        await db.write(file)
        return news, await deliver(db, outbox)


def _key(news: News) -> str:
    names = "\n".join("/".join(thing) for thing in sorted(news.things))
    return f"{news.on}/{hashlib.blake2b(names.encode(), digest_size=8).hexdigest()}"


def _prefix(rules: AlertRules) -> str:
    return f"{rules.location}/{rules.threshold_gbp:.0f}/"


def _opening_key(find: Find) -> str:
    return str(find.opening.lineage_id)
