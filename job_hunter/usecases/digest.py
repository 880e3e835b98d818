"""Send the weekly digest: the leaders report and the week's new roles, once for each report."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.leaders import LeadersReport
from job_hunter.domain.message import Delivered
from job_hunter.report.messages import render_digest
from job_hunter.storage import deliveries
from job_hunter.storage.database import Database
from job_hunter.storage.openings import read_new_openings
from job_hunter.storage.series import Filter, read_level_id
from job_hunter.usecases.deliver import Outbox, deliver, outbox_lock

NEW_FOR_DAYS = 7


async def send_digest(db: Database, report: LeadersReport, outbox: Outbox) -> Delivered:
    """Put the digest of `report` into the outbox unless it was there before, and send all that waits there.

    A report is the same when its snapshot date and its question (place, level, families) are. Without a snapshot
    there is nothing to send.
    """
    asked = report.question
    key = f"{report.snapshot_date}/{asked.location}/{asked.level or 'all'}/{'+'.join(sorted(asked.families))}"

    async def file(connection: AsyncConnection) -> None:
        if report.snapshot_date is None or await deliveries.is_filed(connection, "digest", key):
            return
        level_id = await read_level_id(connection, asked.level) if asked.level else None
        which = Filter(asked.location, level_id, asked.families)
        roles = await read_new_openings(connection, on=report.snapshot_date, days=NEW_FOR_DAYS, which=which)
        await deliveries.file_message(
            connection,
            "digest",
            key,
            render_digest(report, roles),
            addresses=outbox.ids,
            at=outbox.clock(),
        )

    async with outbox_lock(db):
        await db.write(file)
        return await deliver(db, outbox)
