"""reparse/reparse: today's readings over the archive."""

from __future__ import annotations

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact

from flows.runtime import is_refresh_running, now, open_flow_runtime
from job_hunter.report.escape import markdown
from job_hunter.runtime import load_readings
from job_hunter.usecases.asking import check_companies
from job_hunter.usecases.reparse import ArchivedSource, Reparsed, sentences
from job_hunter.usecases.reparse import reparse as read_again

RETRIES, RETRY_SECONDS = 3, 120
"""A refresh that holds the lock is waited for; what was read before it is not read again."""


@task(
    retries=RETRIES,
    retry_delay_seconds=RETRY_SECONDS,
    retry_condition_fn=is_refresh_running,  # type: ignore[arg-type]
    task_run_name="read the archive",
)
async def read_archive(*, dry_run: bool, every: bool, sources: list[str], companies: list[str]) -> Reparsed:
    """The use case, in a runtime of its own."""
    async with open_flow_runtime(migrated=True) as opened:
        await check_companies(opened.db, companies)
        return await read_again(
            opened.db,
            load_readings(opened.config_dir),
            at=now(),
            dry_run=dry_run,
            every=every,
            sources=sources,
            slugs=companies,
        )


@flow(name="reparse", validate_parameters=True)
async def reparse(
    dry_run: bool = True,
    every: bool = False,
    sources: list[ArchivedSource] | None = None,
    companies: list[str] | None = None,
) -> list[str]:
    """Read the archived postings of open roles again; snapshots stay as they were taken.

    Args:
        dry_run: say what would change, and write nothing.
        every: also what the present readings have read already.
        sources: only these job boards.
        companies: only these slugs.
    """
    done = await read_archive(
        dry_run=dry_run, every=every, sources=[source.value for source in sources or ()], companies=companies or []
    )
    lines = sentences(done)
    for line in lines:
        get_run_logger().info("%s", line)
    await create_markdown_artifact(
        key="reparse",
        markdown="\n".join(f"- {markdown(line)}" for line in lines),
        description="Dry run" if dry_run else "What reading again changed",
    )
    return lines
