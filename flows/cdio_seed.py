"""cdio-seed/cdio-seed: changedetection.io made equal to cdio_watches.yaml."""

from __future__ import annotations

from prefect import flow, get_run_logger
from prefect.states import Completed, State

from flows.runtime import resolve_settings
from job_hunter.config import load_watches
from job_hunter.sources.http import Http
from job_hunter.usecases.seed_watches import seed_watches
from job_hunter.watching import open_api, receiver_of


@flow(name="cdio-seed", validate_parameters=True)
async def cdio_seed(dry_run: bool = False) -> State[str]:
    """Make changedetection.io equal to cdio_watches.yaml; run it again after changing the token or the file.

    Args:
        dry_run: only say what would be done.
    """
    settings = await resolve_settings()
    async with Http(timeout=60) as http:
        done = await seed_watches(
            open_api(settings, http), load_watches(settings.config_dir), **receiver_of(settings), dry_run=dry_run
        )
    logger = get_run_logger()
    for difference in done.differences:
        logger.info("%s%s", "would " if dry_run else "", difference.sentence())
    for problem in done.problems:
        logger.warning("needs you: %s", problem)
    message = f"{len(done.differences)} differences" + (" found" if dry_run else " removed")
    if done.problems:
        message += f"; {len(done.problems)} need a person"
    return Completed(message=message)
