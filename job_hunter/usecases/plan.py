"""What one run is about: its boards, and what is known of each beforehand."""

from __future__ import annotations

import logging
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from job_hunter.config.files import did_you_mean
from job_hunter.domain.company import Board, Company, board_of
from job_hunter.domain.role import PARSER_VERSION, Readings
from job_hunter.domain.run import BoardState, Run
from job_hunter.errors import ClockBehind, UsageError
from job_hunter.sources import ATS
from job_hunter.storage import companies as company_store
from job_hunter.storage import ledger, roles, snapshots
from job_hunter.storage.database import Database
from job_hunter.usecases.feeds import feeds_of

log = logging.getLogger(__name__)

MANY_BOARDS = 100
"""From so many on, a host that fails again and again is left alone instead of being asked for every board."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the tasks of one run need: the run, its boards, and what is known of each beforehand."""

    run: Run
    boards: tuple[Board, ...]
    states: Mapping[tuple[str, str], BoardState]
    company_ids: Mapping[str, int]
    level_ids: Mapping[str, int]
    retired: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    covered: frozenset[tuple[str, str]] = frozenset()

    def state(self, board: Board) -> BoardState:
        """What the ledger knows of `board`."""
        return self.states.get((board.source, board.token), BoardState())


def boards_of(companies: Collection[Company], *, only: Collection[str] = ()) -> tuple[Board, ...]:
    """The boards of `companies` that have one, or of those named in `only`. Raises UsageError for an unknown name."""
    unknown = set(only) - {company.slug for company in companies}
    if unknown:
        known = [company.slug for company in companies]
        named = ", ".join(f"{slug}{did_you_mean(slug, known)}" for slug in sorted(unknown))
        hint = "" if "did you mean" in named else ": see the slugs there"
        raise UsageError(f"companies.yaml has no company {named}{hint}")
    chosen = [company for company in companies if company.ats_type in ATS and (not only or company.slug in only)]
    return tuple(board_of(company) for company in chosen)


def in_random_order(boards: Sequence[Board], run_id: UUID) -> tuple[Board, ...]:
    """`boards` in an order of this run: hosts mixed, and not the same boards last each time a run is cut short."""
    mixed = list(boards)
    random.Random(run_id.int).shuffle(mixed)  # noqa: S311 not for secrets
    return tuple(mixed)


async def begin_run(
    db: Database,
    companies: Sequence[Company],
    readings: Readings,
    *,
    at: datetime,
    door: str,
    run_id: UUID | None = None,
    only: Collection[str] = (),
    only_missing: bool = False,
    sources: Collection[str] = ("ats",),
    is_replay: bool = False,
) -> Plan:
    """Open the ledger for a run started `at`, make the companies equal to the configuration, and plan its boards.

    `only_missing` leaves out boards that have a complete fetch on the run's snapshot date already. Days before the
    newest one of the ledger are fixed: raises ClockBehind for them, except in a replay against replicas.
    """
    chosen = run_id or uuid4()
    planned = in_random_order(boards_of(companies, only=only), chosen) if "ats" in sources else ()
    return await db.again(
        lambda: _open_ledger(
            db,
            companies,
            readings,
            planned,
            run_id=chosen,
            at=at,
            door=door,
            only_missing=only_missing,
            is_narrow=bool(only) or "ats" not in sources,
            sources=sources,
            is_replay=is_replay,
        )
    )


async def _open_ledger(
    db: Database,
    companies: Sequence[Company],
    readings: Readings,
    boards: tuple[Board, ...],
    *,
    run_id: UUID,
    at: datetime,
    door: str,
    only_missing: bool,
    is_narrow: bool,
    sources: Collection[str],
    is_replay: bool,
) -> Plan:
    on = at.astimezone(UTC).date()
    async with db.transaction() as connection:
        if not is_replay:
            _check_clock(on, await ledger.read_newest_day(connection))
        synced = await company_store.sync_companies(connection, companies, at=at)
        await roles.mark_canonical(connection, await snapshots.remove_retired(connection, on=on, at=at), on=on)
        version = await company_store.upsert_reading_version(
            connection, parser_version=PARSER_VERSION, config_digest=readings.digest, at=at, check=readings.check
        )
        level_ids = await company_store.read_level_ids(connection)
        covered: frozenset[tuple[str, str]] = frozenset()
        if only_missing:
            covered = frozenset(await ledger.read_covered_boards(connection, on))
            boards = tuple(board for board in boards if (board.source, board.token) not in covered)
        run = Run(id=run_id, started_at=at, snapshot_date=on, door=door, reading_version=version)
        await ledger.write_run(
            connection, run, parser_version=PARSER_VERSION, boards_planned=len(boards), is_narrow=is_narrow
        )
        states = await ledger.read_board_states(
            connection, [(board.source, board.token) for board in boards], reading_version=version
        )
    if synced.retired:
        log.warning("companies: retired %s — no longer in companies.yaml", ", ".join(synced.retired))
    return Plan(run, boards, states, synced.ids, level_ids, synced.retired, feeds_of(sources), covered)


def _check_clock(on: date, newest: date | None) -> None:
    if newest is not None and newest > on:
        raise ClockBehind(
            f"The ledger holds a run of {newest}, and the clock says {on}: nothing was written. Set this machine's "
            f"clock, or, if it is right, run `job-hunter doctor --forget-future`."
        )
