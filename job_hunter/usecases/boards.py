"""Many boards: fetched and stored a few at a time, each failing alone. This door owns the one retry of its boards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from job_hunter.domain.company import Board
from job_hunter.domain.role import Readings
from job_hunter.domain.run import BoardResult, BoardState
from job_hunter.errors import SourceError, SourceLeftAlone, SourceUnavailable
from job_hunter.sources.contract import Harvest
from job_hunter.sources.http import Http
from job_hunter.storage.database import Database
from job_hunter.usecases.board import fetch_board, store_board
from job_hunter.usecases.plan import Plan

FETCHES_AT_ONCE = 8
STORES_AT_ONCE = 2
RETRY_DELAY = 1.0
LONGEST_RETRY_AFTER = 30.0

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


async def refresh_boards(
    db: Database,
    http: Http,
    plan: Plan,
    boards: Sequence[Board],
    readings: Readings,
    *,
    clock: Clock,
    sleep: Sleep = asyncio.sleep,
    at_once: int = FETCHES_AT_ONCE,
    on_result: Callable[[BoardResult], None] = lambda result: None,
) -> list[BoardResult]:
    """Refresh `boards` of `plan`, at most `at_once` of them in flight; a board that fails costs that board."""
    storing = asyncio.Semaphore(STORES_AT_ONCE)
    waiting = iter(enumerate(boards))
    found: list[BoardResult | None] = [None] * len(boards)

    async def work() -> None:
        for n, board in waiting:
            outcome = await _fetch_with_retry(http, board, plan.state(board), sleep)
            async with storing:
                found[n] = result = await store_board(
                    db,
                    plan.run,
                    board,
                    plan.state(board),
                    outcome,
                    readings,
                    company_id=plan.company_ids[board.slug],
                    level_ids=plan.level_ids,
                    at=clock(),
                    tries=tries_of(outcome) if isinstance(outcome, SourceError) else outcome.tries,
                )
            del outcome
            on_result(result)

    async with asyncio.TaskGroup() as group:  # so many workers, not a task a board
        for _ in range(min(at_once, len(boards))):
            group.create_task(work())
    return [result for result in found if result is not None]


async def _fetch_with_retry(http: Http, board: Board, state: BoardState, sleep: Sleep) -> Harvest | SourceError:
    try:
        return await fetch_board(http, board, state)
    except SourceUnavailable as error:
        await sleep(retry_wait(error))
    except SourceError as error:
        return error
    try:
        harvest = await fetch_board(http, board, state)
    except SourceError as error:
        return error
    harvest.tries = 2
    return harvest


def tries_of(error: SourceError) -> int:
    """How often a board was asked before `error` was final: what is worth a retry got one."""
    if isinstance(error, SourceLeftAlone):
        return 0
    return 2 if isinstance(error, SourceUnavailable) else 1


def retry_wait(error: SourceUnavailable) -> float:
    """Seconds to wait before the one retry: the source's Retry-After, up to 30."""
    return min(error.retry_after or RETRY_DELAY, LONGEST_RETRY_AFTER)
