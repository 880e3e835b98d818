"""reparse/reparse: today's readings over the archive."""

from __future__ import annotations

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact

from flows.runtime import now, open_flow_runtime
from job_hunter.report.escape import markdown
from job_hunter.runtime import load_readings
from job_hunter.usecases.reparse import reparse as read_again
from job_hunter.usecases.reparse import sentences

RETRIES, RETRY_SECONDS = 3, 120
"""A refresh that holds the lock is waited for; boards that are done are not read again."""


@flow(name="reparse", validate_parameters=True, retries=RETRIES, retry_delay_seconds=RETRY_SECONDS)
async def reparse(dry_run: bool = True, every: bool = False, companies: list[str] | None = None) -> list[str]:
    """Read the archived postings of open roles again; snapshots stay as they were taken.

    Args:
        dry_run: say what would change, and write nothing.
        every: also what the present readings have read already.
        companies: only these slugs.
    """
    async with open_flow_runtime(migrated=True) as opened:
        done = await read_again(
            opened.db,
            load_readings(opened.config_dir),
            at=now(),
            dry_run=dry_run,
            every=every,
            slugs=companies or (),
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
