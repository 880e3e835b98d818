"""cdio-ingest/cdio-ingest: the inbox of page changes read into roles. Started by the receiver's event, and daily."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, State

from flows.runtime import now, open_flow_runtime
from job_hunter.config import load_employers, load_watches
from job_hunter.domain.page_change import Outcome
from job_hunter.errors import SourceError
from job_hunter.report.page_changes import render_page_changes
from job_hunter.runtime import Runtime, load_readings
from job_hunter.usecases.catch_up_changes import Seen, catch_up, confirm_pages, retire_unwatched
from job_hunter.usecases.ingest_change import Desk, desk_of, ingest_changes, ingest_lock, shown, summary_of
from job_hunter.usecases.receive_change import receive
from job_hunter.watching import open_api


@flow(name="cdio-ingest", validate_parameters=True)
async def cdio_ingest(change_id: str | None = None, notification: str | None = None) -> State[str]:
    """Read every change that waits into roles of the company whose page changed.

    Args:
        change_id: the change whose event started the run; whatever else waits is read with it. Left out, the run also
            asks changedetection.io for what its webhook did not bring.
        notification: a notification's body as JSON text, where a Prefect Cloud webhook stands in for the receiver.
    """
    async with open_flow_runtime(migrated=True) as opened:
        if notification is not None:
            await receive(opened.db, notification.encode(), clock=now)
        message = await read_pages(opened, is_sweep=change_id is None and notification is None)
    return Completed(message=message)


async def read_pages(opened: Runtime, *, is_sweep: bool) -> str:
    """Read what waits in the inbox, and in a sweep also what the webhook missed; returns a sentence.

    On a day of the series the sweep also writes the day's rows of pages that stand as they are known. Needs a flow run
    around it, for the log and the artifact.
    """
    directory = opened.settings.config_dir
    desk = desk_of(load_watches(directory), load_employers(directory), load_readings(directory))
    async with ingest_lock(opened.db):
        seen = await _sweep(opened, desk) if is_sweep else ()
        done = await ingest_changes(opened.db, desk, clock=now)
        troubled = {one.slug for one in done if one.slug and one.outcome in (Outcome.REDESIGN, Outcome.HELD)}
        confirmed = await confirm_pages(opened.db, desk, seen, troubled=troubled, clock=now) if seen else 0
    message = summary_of(done) + (f"; {confirmed} pages stand as known" if confirmed else "")
    get_run_logger().info("%s", message)
    if done:
        await create_markdown_artifact(
            key="cdio-changes", markdown=render_page_changes(shown(done)), description=summary_of(done)
        )
    return message


async def _sweep(opened: Runtime, desk: Desk) -> Sequence[Seen]:
    """Close the roles of pages no longer watched, and file what the webhook missed. A silent changedetection.io costs
    the catching up, not what waits in the inbox."""
    logger = get_run_logger()
    retired = await retire_unwatched(opened.db, desk, clock=now)
    if retired:
        logger.info("%d roles of pages that are no longer watched were closed", retired)
    if opened.settings.cdio_base_url is None or opened.settings.cdio_api_key is None:
        logger.info("CDIO_BASE_URL or CDIO_API_KEY is not set: only what the receiver filed is read")
        return ()
    try:
        filed, seen = await catch_up(opened.db, open_api(opened.settings, opened.http), desk.watches, clock=now)
    except SourceError as error:
        logger.warning("no catching up: %s", error)
        return ()
    if filed:
        logger.info("%d changes came from changedetection.io's history", filed)
    for one in seen:
        if one.error is not None:
            logger.warning("changedetection.io cannot read the page of %s: %s", one.watch.slug, one.error)
    return seen
