"""leaders-report/leaders-report: who pays best, as the markdown artifact `leaders-report`."""

from __future__ import annotations

import asyncio
from datetime import date
from enum import StrEnum

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact

from flows.runtime import now, open_flow_runtime
from job_hunter.domain.leaders import REPORT_FAMILIES
from job_hunter.domain.level import Family, Level
from job_hunter.report import render_markdown
from job_hunter.usecases.analyze import analyze


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
) -> str:
    """Write the market-leaders report as the artifact `leaders-report`.

    Args:
        location: a bucket of config/locations.yaml.
        level: only this rung of the generic ladder; all levels together when left out.
        families: engineering, trading and research when left out.
        top_n: how many leaders to list.
        trend_weeks: how far back movers look.
        on: the snapshot date to report on; the newest when left out.
        run_id: the refresh this report belongs to, for the record.
    """
    async with open_flow_runtime(migrated=True) as opened:
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
    await create_markdown_artifact(key="leaders-report", markdown=markdown, description=report.headline)
    get_run_logger().info("%s (refresh %s)", report.headline, run_id or "not named")
    return report.headline


if __name__ == "__main__":
    asyncio.run(leaders_report())  # type: ignore[arg-type]
