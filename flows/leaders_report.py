"""leaders-report/leaders-report: who pays best, as the markdown artifact `leaders-report`; then comp-alert is started.

With `notify` the report also goes to JOB_HUNTER_NOTIFY_URLS, once, with the week's new roles.
"""

from __future__ import annotations

import asyncio
from datetime import date
from enum import StrEnum

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.deployments.deployments import run_deployment
from prefect.exceptions import ObjectNotFound

from flows.outbox import open_outbox
from flows.runtime import now, open_flow_runtime
from job_hunter.config.alerts import with_remote
from job_hunter.config.files import not_one_of
from job_hunter.domain.leaders import REPORT_FAMILIES, LeadersReport
from job_hunter.domain.level import Family, Level
from job_hunter.errors import DeliveryFailed, UsageError
from job_hunter.report import render_markdown
from job_hunter.report.escape import markdown as markdown_text
from job_hunter.runtime import Runtime, load_readings
from job_hunter.usecases.analyze import analyze
from job_hunter.usecases.digest import send_digest


class LevelName(StrEnum):
    """The rungs of the generic ladder."""

    INTERN = Level.INTERN.value
    JUNIOR = Level.JUNIOR.value
    MID = Level.MID.value
    SENIOR = Level.SENIOR.value
    STAFF = Level.STAFF.value
    PRINCIPAL = Level.PRINCIPAL.value
    MANAGER = Level.MANAGER.value
    DIRECTOR = Level.DIRECTOR.value
    EXECUTIVE = Level.EXECUTIVE.value


@flow(name="leaders-report", validate_parameters=True)
async def leaders_report(
    location: str = "london",
    level: LevelName | None = None,
    families: list[Family] | None = None,
    top_n: int = 10,
    trend_weeks: int = 12,
    on: date | None = None,
    run_id: str | None = None,
    notify: bool | None = None,
    start_alert: bool = True,
) -> str:
    """Write the market-leaders report as the artifact `leaders-report`.

    Args:
        location: a bucket of config/locations.yaml.
        level: only this rung of the generic ladder; all levels together when left out.
        families: engineering, trading and research when left out.
        top_n: how many leaders to list.
        trend_weeks: how far back movers look.
        on: the snapshot date to report on; the newest when left out.
        run_id: the refresh this report belongs to.
        notify: send the report with the week's new roles to JOB_HUNTER_NOTIFY_URLS, once for each snapshot date and
            question; as JOB_HUNTER_NOTIFY says when left out.
        start_alert: with a run_id, start the deployment comp-alert/comp-alert at the end.
    """
    for name, value in (("top_n", top_n), ("trend_weeks", trend_weeks)):
        if value < 1:
            raise UsageError(f"{name}: must be 1 or more, not {value}")
    async with open_flow_runtime(migrated=True) as opened:
        places = sorted(with_remote(load_readings(opened.config_dir).gazetteer.buckets))
        if location not in places:
            raise UsageError(f"location: {not_one_of(location, places)}")
        report = await analyze(
            opened.db,
            location=location,
            level=Level(level.value) if level else None,
            families=tuple(families) if families else REPORT_FAMILIES,
            top_n=top_n,
            trend_weeks=trend_weeks,
            on=on,
            at=now(),
        )
        markdown = render_markdown(report)
        await create_markdown_artifact(
            key="leaders-report", markdown=markdown, description=markdown_text(report.headline)
        )
        get_run_logger().info("%s (refresh %s)", report.headline, run_id or "not named")
        try:
            if opened.settings.notify if notify is None else notify:
                await _send(opened, report)
        finally:
            if run_id and start_alert:
                await _start_alert(run_id)
    return report.headline


async def _send(opened: Runtime, report: LeadersReport) -> None:
    """Send the digest; the artifact stands already, so that a failure here is this run's and loses nothing."""
    delivered = await send_digest(opened.db, report, open_outbox(opened.settings))
    get_run_logger().info("digest: %s", delivered.sentence())
    if delivered.waiting:
        raise DeliveryFailed(delivered.sentence())


async def _start_alert(run_id: str) -> None:
    try:
        await run_deployment(
            "comp-alert/comp-alert",
            parameters={"run_id": run_id},
            timeout=0,
            as_subflow=False,
            idempotency_key=f"comp-alert of refresh {run_id}",
        )
    except ObjectNotFound:
        get_run_logger().warning(
            "the alert was not started: there is no deployment comp-alert/comp-alert; "
            "`python -m flows.bootstrap` creates it"
        )


if __name__ == "__main__":
    asyncio.run(leaders_report())  # type: ignore[arg-type]
