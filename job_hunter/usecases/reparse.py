"""Read the archive again with today's readings, and bring the current tables up to date; snapshots stay as taken."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import uuid4

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.company import Board, Company
from job_hunter.domain.posting import Posting
from job_hunter.domain.role import PARSER_VERSION, Readings, Role, interpret
from job_hunter.errors import SourceError
from job_hunter.sources import ATS
from job_hunter.storage import archive, companies, roles
from job_hunter.storage.archive import Archived, ArchivedBoard
from job_hunter.storage.database import Database
from job_hunter.storage.lock import share_store_lock
from job_hunter.usecases.board import rates_for, records_of
from job_hunter.usecases.refresh import refresh_lock

log = logging.getLogger(__name__)

NO_SNAPSHOT = date(1, 1, 1)
"""A day that no snapshot is of: reading again takes nothing out of any day's rows."""

MOST_EXAMPLES = 10

MOST_AT_ONCE = 500
"""Postings read and stored in one transaction, so that memory does not grow with a board."""


class ArchivedSource(StrEnum):
    """The sources whose postings are archived in a form that can be read again."""

    GREENHOUSE = "greenhouse"
    LEVER = "lever"
    ASHBY = "ashby"


@dataclass(frozen=True, slots=True)
class Example:
    """One reading that changed: what it said and what it says now."""

    company: str
    title: str
    what: str
    before: str
    after: str
    pounds: float
    """By how much the yearly figure moved; 0 where no pounds are concerned."""


@dataclass(slots=True)
class Reparsed:
    """What reading again came to. `changes` counts by what changed: `pay_changed`, `pay_appeared`, `level_vanished` …

    `missing` are roles whose posting the archive lacks, `failed` those that today's parsers refuse; both stay as they
    are. `examples` are the largest moves in pounds, then others.
    """

    is_dry_run: bool
    parser_version: str
    boards: int = 0
    read: int = 0
    missing: int = 0
    failed: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    def note(self, example: Example) -> None:
        """Keep the example when it is among the largest."""
        self.examples.append(example)
        self.examples.sort(key=lambda one: -abs(one.pounds))
        del self.examples[MOST_EXAMPLES:]


async def reparse(
    db: Database,
    readings: Readings,
    *,
    at: datetime,
    dry_run: bool = False,
    every: bool = False,
    sources: Collection[str] = (),
    slugs: Collection[str] = (),
    most_at_once: int = MOST_AT_ONCE,
    on_board: Callable[[ArchivedBoard], None] = lambda board: None,
) -> Reparsed:
    """Read the archived postings of open roles of job boards again, a few hundred a transaction.

    Only roles that another version of the readings read, unless `every`; so a run that was cut off goes on where it
    ended. A change of pay is an event of the role with the cause `reading`, by which the report tells it from the
    market. Raises RefreshInProgress while a refresh runs, ConfigError when a table of the readings is malformed.
    """
    readings.check()
    done = Reparsed(dry_run, PARSER_VERSION)

    async def begin(connection: AsyncConnection) -> tuple[int | None, Mapping[str, int], list[ArchivedBoard]]:
        version = await archive.find_reading_version(
            connection, parser_version=PARSER_VERSION, config_digest=readings.digest
        )
        if version is None and not dry_run:
            version = await companies.upsert_reading_version(
                connection,
                parser_version=PARSER_VERSION,
                config_digest=readings.digest,
                at=at,
                check=readings.check,
            )
        boards = await archive.read_archived_boards(
            connection,
            sources=sorted(set(sources or ATS) & set(ATS)),
            slugs=sorted(slugs),
            version=None if every else version,
        )
        return version, await companies.read_level_ids(connection), boards

    async with refresh_lock(db):
        version, level_ids, boards = await db.write(begin)
        for board in boards:
            async for held in _batches(db, board, version=None if every else version, most=most_at_once):
                await _reparse_batch(db, readings, board, held, done, version, level_ids, at=at)
            done.boards += 1
            on_board(board)
    return done


async def _batches(
    db: Database, board: ArchivedBoard, *, version: int | None, most: int
) -> AsyncIterator[list[Archived]]:
    after = ""

    async def read(connection: AsyncConnection) -> list[Archived]:
        return await archive.read_archived(
            connection, board.source, board.board, version=version, after=after, most=most
        )

    while True:
        held = await db.read(read)
        if not held:
            return
        after = held[-1].external_id
        yield held


async def _reparse_batch(
    db: Database,
    readings: Readings,
    board: ArchivedBoard,
    held: Sequence[Archived],
    done: Reparsed,
    version: int | None,
    level_ids: Mapping[str, int],
    *,
    at: datetime,
) -> None:
    company_ids = {one.company_id for one in held}
    employers = await db.read(lambda connection: archive.read_companies_of(connection, company_ids))
    read: list[tuple[Archived, Role]] = []
    for company_id, employer in employers.items():
        own = [one for one in held if one.company_id == company_id]
        read += _read(board, employer, own, readings, done)
    done.read += len(read)
    rates = await db.again(lambda: rates_for(db, [role for _, role in read]))
    company_of = {one.external_id: one.company_id for one, _ in read}
    staged = list(records_of([role for _, role in read], rates, level_ids, company_id=company_of))
    gbp_at = roles.COLUMNS.index("point_gbp")
    pounds = {record[0]: record[gbp_at] for record in staged}
    for one, role in read:
        _compare(one, role, pounds.get(one.external_id), employers[one.company_id], done)
    if done.is_dry_run or not staged or version is None:
        return
    run = uuid4()

    async def store(connection: AsyncConnection) -> None:
        await share_store_lock(connection)
        await roles.stage(connection, staged)
        await roles.upsert_staged(
            connection,
            source=board.source,
            board=board.board,
            run=run,
            at=at,
            on=NO_SNAPSHOT,
            version=version,
        )
        keys = {role.dedup_key for _, role in read} | {one.dedup_key for one, _ in read if one.dedup_key}
        await roles.mark_canonical(connection, keys, on=NO_SNAPSHOT)

    await db.write(store)


def _read(
    board: ArchivedBoard, employer: Company, held: Sequence[Archived], readings: Readings, done: Reparsed
) -> list[tuple[Archived, Role]]:
    by_id = {one.external_id: one for one in held if one.raw is not None}
    done.missing += len(held) - len(by_id)
    if not by_id:
        return []
    where = Board(board.source, board.board, employer)
    records = [orjson.loads(one.raw) for one in by_id.values() if one.raw is not None]
    try:
        parsed = ATS[board.source].parse(_payload(board.source, records), where, {})
    except SourceError as error:
        log.warning("reparse: %s %s is left as it is — %s", board.source, board.board, error)
        done.failed += len(by_id)
        return []
    read = []
    for posting in parsed.postings:
        one = by_id.pop(posting.external_id, None)
        if one is None:
            continue
        try:
            read.append((one, _interpret(posting, employer, readings, one)))
        except Exception:
            log.exception("reparse: the posting %s of company=%s cannot be read", posting.external_id, employer.slug)
            done.failed += 1
    done.failed += len(by_id)
    return read


def _interpret(posting: Posting, employer: Company, readings: Readings, one: Archived) -> Role:
    return interpret(posting, employer, readings, seen_on=one.first_seen_at.astimezone(UTC).date())


def _payload(source: str, records: list[object]) -> object:
    """The records as their source sends them."""
    return records if source == "lever" else {"jobs": records}


def _compare(one: Archived, role: Role, gbp: float | None, employer: Company, done: Reparsed) -> None:
    band = role.pay.band if role.pay else None
    pay = (band.min, band.max, band.currency, band.period.value, band.basis.value) if band else None
    held = (one.min, one.max, one.currency, one.period, one.basis) if one.currency else None
    pairs = (
        ("pay", _said(held), _said(pay)),
        ("level", one.level, role.level.value if role.level else None),
        ("place", one.location, role.location.bucket),
    )
    for what, before, after in pairs:
        if before == after:
            continue
        kind = "appeared" if before is None else "vanished" if after is None else "changed"
        done.changes[f"{what}_{kind}"] = done.changes.get(f"{what}_{kind}", 0) + 1
        moved = (gbp or 0.0) - (one.gbp or 0.0) if what == "pay" else 0.0
        done.note(Example(employer.display_name, role.title, what, before or "nothing", after or "nothing", moved))


def _said(pay: tuple[float | None, float | None, str, str, str] | tuple[object, ...] | None) -> str | None:
    if pay is None:
        return None
    low, high, currency, period, basis = pay
    ends = "–".join(f"{end:,.0f}" if isinstance(end, int | float) else "…" for end in (low, high))
    return f"{currency} {ends} a {period}, {basis}"


def sentences(done: Reparsed) -> list[str]:
    """What reading again came to, a line each."""
    verb = "would be read again" if done.is_dry_run else "read again"
    lines = [f"{done.read} postings of {done.boards} boards {verb} with {done.parser_version}"]
    for name, count in sorted(done.changes.items()):
        what, kind = name.split("_")
        lines.append(f"{what} {kind}: {count}")
    if done.read and not done.changes:
        lines.append("no reading changed")
    if done.missing:
        lines.append(f"{done.missing} roles were left as they are: the archive holds no posting of theirs")
    if done.failed:
        lines.append(f"{done.failed} roles were left as they are: today's parsers refuse their posting; see the log")
    for one in done.examples:
        moved = f" ({one.pounds:+,.0f} pounds a year)" if one.pounds else ""
        lines.append(f"  {one.company} · {one.title} · {one.what}: {one.before} → {one.after}{moved}")
    if done.is_dry_run and done.changes:
        lines.append("dry run: nothing was written; run it again without --dry-run")
    return lines
