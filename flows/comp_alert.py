"""comp-alert/comp-alert: tell of companies that pay above a threshold, and of openings that a saved search finds.

The report of a refresh starts it; by hand it tells of the newest refresh. `python -m flows.comp_alert` runs it once.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from prefect import flow, get_run_logger
from prefect.states import Completed, Failed, State

from flows.outbox import open_outbox
from flows.runtime import open_flow_runtime
from job_hunter.config import load_alerts
from job_hunter.config.alerts import with_remote
from job_hunter.config.files import not_one_of
from job_hunter.errors import UsageError
from job_hunter.runtime import load_readings
from job_hunter.usecases.alert import alert


@flow(name="comp-alert", validate_parameters=True)
async def comp_alert(
    threshold: float | None = None, location: str | None = None, run_id: str | None = None
) -> State[Any]:
    """Send each crossing and each found opening once to JOB_HUNTER_NOTIFY_URLS; fails when an address took nothing.

    What was not delivered is kept, and sent by the next run.

    Args:
        threshold: the p50 to tell of, in pounds a year; that of config/alerts.yaml when left out.
        location: a bucket of config/locations.yaml; that of config/alerts.yaml when left out.
        run_id: the refresh to tell of; the newest when left out. It must have finished.
    """
    logger = get_run_logger()
    async with open_flow_runtime(migrated=True) as opened:
        if not opened.settings.notify_urls:
            message = "nobody to tell: JOB_HUNTER_NOTIFY_URLS is not set"
            logger.info("%s", message)
            return Completed(name="Skipped", message=message)
        buckets = load_readings(opened.config_dir).gazetteer.buckets
        rules = load_alerts(opened.config_dir, buckets=buckets)
        if location is not None and location not in with_remote(buckets):
            raise UsageError(f"location: {not_one_of(location, sorted(with_remote(buckets)))}")
        asked = replace(
            rules,
            threshold_gbp=rules.threshold_gbp if threshold is None else threshold,
            location=rules.location if location is None else location,
        )
        news, delivered = await alert(opened.db, asked, open_outbox(opened.settings), run_id=run_id)
    logger.info("%s", news.sentence())
    if delivered.waiting:
        return Failed(message=delivered.sentence())
    return Completed(message=f"{news.sentence()}; {delivered.sentence()}")


if __name__ == "__main__":
    asyncio.run(comp_alert())  # type: ignore[arg-type]
