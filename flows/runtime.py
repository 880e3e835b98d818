"""What every flow needs: the settings with the database block resolved, and the limits at the Prefect server."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from prefect import get_client
from prefect.exceptions import ObjectNotFound
from prefect.states import State
from prefect_sqlalchemy import SqlAlchemyConnector

from job_hunter.collector import settle_collector
from job_hunter.errors import ConfigError, RefreshInProgress
from job_hunter.runtime import Runtime, open_runtime
from job_hunter.settings import Settings
from job_hunter.sources.hosts import Hosts
from job_hunter.storage.database import Database

FETCH_TAG, FETCHES_AT_ONCE = "ats-board", 8
STORE_TAG, STORES_AT_ONCE = "db-write", 4
TAG_LIMITS = {FETCH_TAG: FETCHES_AT_ONCE, STORE_TAG: STORES_AT_ONCE}


def _log_to_the_console() -> None:
    # Prefect sends an extra logger to its API only; whoever reads a pod's log wants our warnings there too.
    logger = logging.getLogger("job_hunter")
    if not any(isinstance(handler, logging.StreamHandler) for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s | %(levelname)-7s | %(message)s", "%H:%M:%S"))
        logger.addHandler(handler)


_log_to_the_console()
settle_collector()


def now() -> datetime:
    """The time, in UTC: flows are where the clock is read."""
    return datetime.now(UTC)  # noqa: TID251 the one clock of the flows


async def resolve_settings() -> Settings:
    """The settings of the environment; a database block is loaded afresh, so that a rotated password is seen.

    Raises ConfigError when the block does not exist.
    """
    settings = Settings.from_env()
    if settings.db_block is None:
        return settings
    try:
        block: Any = await SqlAlchemyConnector.load(settings.db_block)
    except ValueError:
        raise ConfigError(
            f"JOB_HUNTER_DB_BLOCK: there is no SqlAlchemyConnector block {settings.db_block!r} on this Prefect server; "
            f"create it (`prefect block create sqlalchemy-connector`) or set DB_CONNECTION_STRING."
        ) from None
    return settings.with_database(block._rendered_url.render_as_string(hide_password=False))


@asynccontextmanager
async def open_flow_runtime(
    *,
    migrated: bool = False,
    pooled: bool = False,
    connections: int = 8,
    hosts: Callable[[Database], Hosts] | None = None,
    failures_to_open: int | None = None,
) -> AsyncIterator[Runtime]:
    """The runtime of one task: nothing of it may be shared, every task has an event loop of its own."""
    async with open_runtime(
        await resolve_settings(),
        pooled=pooled,
        migrated=migrated,
        connections=connections,
        hosts=hosts,
        failures_to_open=failures_to_open,
    ) as runtime:
        yield runtime


async def apply_tag_limits(*, reset: bool = False) -> None:
    """Create or correct the tag limits; with `reset`, give back the slots that a killed run left taken.

    Only the one refresh that holds the advisory lock may reset.
    """
    async with get_client() as client:
        for tag, limit in TAG_LIMITS.items():
            try:
                found = await client.read_concurrency_limit_by_tag(tag)
            except ObjectNotFound:
                found = None
            if found is None or found.concurrency_limit != limit:
                await client.create_concurrency_limit(tag=tag, concurrency_limit=limit)
            elif reset and found.active_slots:
                await client.reset_concurrency_limit_by_tag(tag)


async def result_of(state: State[Any]) -> Any:
    """The result of a task's final state, or the exception it ended with. The one place that knows Prefect 2's way."""
    return await state.result(raise_on_failure=False, fetch=True)  # type: ignore[call-overload]


async def is_refresh_running(task: Any, task_run: Any, state: State[Any]) -> bool:
    """Whether a task ended because a refresh holds the lock: to be tried again by what must not run beside one."""
    return isinstance(await result_of(state), RefreshInProgress)
