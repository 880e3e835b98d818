"""One board: fetched, read, and stored in one transaction. Flows and the CLI call exactly these functions."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from isal import isal_zlib
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.closing import FetchStatus, judge, turnover_note
from job_hunter.domain.company import Board
from job_hunter.domain.fx import Rates, to_gbp
from job_hunter.domain.money import Basis
from job_hunter.domain.pay import Band, Pay
from job_hunter.domain.posting import Parsed, Reject
from job_hunter.domain.role import Readings, Role, interpret
from job_hunter.domain.run import BoardResult, BoardState, Run
from job_hunter.errors import SourceError
from job_hunter.sources import ATS
from job_hunter.sources.contract import Harvest, decode
from job_hunter.sources.http import Http, Validators
from job_hunter.storage import ledger, roles, snapshots
from job_hunter.storage.database import Database
from job_hunter.storage.fx import read_rates
from job_hunter.storage.lock import share_store_lock

log = logging.getLogger(__name__)

REPOST_WINDOW = timedelta(days=180)
MAX_LISTED_REJECTS = 20


async def fetch_board(http: Http, board: Board, state: BoardState) -> Harvest:
    """Fetch `board`; an unchanged one costs a 304. Raises the `SourceError` family; never retries."""
    validators = Validators(state.etag, state.last_modified) if state.etag or state.last_modified else None
    return await ATS[board.source].fetch(http, board, validators)


async def store_board(
    db: Database,
    run: Run,
    board: Board,
    state: BoardState,
    outcome: Harvest | SourceError,
    readings: Readings,
    *,
    company_id: int,
    level_ids: Mapping[str, int],
    at: datetime,
    tries: int = 1,
) -> BoardResult:
    """Store what a fetch came to, in one transaction: roles, comp points, the day's snapshot rows, the ledger row.

    A failed fetch writes its ledger row only, so that nothing the board showed before is lost. `at` is when the fetch
    ended. The harvest's pages are released once they are decoded.
    """

    async def note(result: BoardResult) -> BoardResult:
        async with db.transaction() as connection:
            await ledger.write_board_result(connection, run, result, company_id=company_id, at=at)
        return result

    async def store_unmodified(harvest: Harvest) -> BoardResult:
        async with db.transaction() as connection:
            await share_store_lock(connection)
            result = await _store_unmodified(connection, run, board, state, harvest)
            await ledger.write_board_result(connection, run, result, company_id=company_id, at=at)
        return result

    if isinstance(outcome, SourceError):
        error_row = skipped(board, outcome, tries=tries)
        return await db.again(lambda: note(error_row))
    if outcome.not_modified:
        return await db.again(lambda: store_unmodified(outcome))
    known = await db.again(lambda: _read_known(db, run, board))
    try:
        parsed = _parse(outcome, board, known)
    except SourceError as error:
        error.status = outcome.status
        error_row = skipped(board, error, tries=tries)
        return await db.again(lambda: note(error_row))
    parsed, read = read_postings(parsed, board, readings, run)
    rates = await db.again(lambda: rates_for(db, read))
    is_first = True

    async def store() -> BoardResult:
        nonlocal is_first, known
        if not is_first:  # the time before may have been committed
            known = await _read_known(db, run, board)
        is_first = False
        async with db.transaction() as connection:
            await share_store_lock(connection)
            result = await _store_parsed(
                connection, run, board, state, outcome, parsed, read, rates, known, company_id, level_ids, at
            )
            await ledger.write_board_result(connection, run, result, company_id=company_id, at=at)
        return result

    result = await db.again(store)
    if result.message:
        log.warning("%s: %s company=%s — %s", board.source, result.status, board.slug, result.message)
    return result


async def _read_known(db: Database, run: Run, board: Board) -> dict[str, roles.KnownRole]:
    async with db.reading() as connection:
        return await roles.read_known_roles(connection, board.source, board.token, reading_version=run.reading_version)


def _parse(harvest: Harvest, board: Board, known: Mapping[str, roles.KnownRole]) -> Parsed:
    payload = decode(harvest)
    harvest.release()
    hashes = {key: role.payload_hash for key, role in known.items() if role.is_current and role.payload_hash}
    return ATS[board.source].parse(payload, board, hashes)


def read_postings(parsed: Parsed, board: Board, readings: Readings, run: Run) -> tuple[Parsed, list[Role]]:
    """Read every posting of `parsed`; one that defeats a reading becomes a reject and costs nothing but itself."""
    read, rejects = [], list(parsed.rejects)
    for posting in parsed.postings:
        try:
            read.append(interpret(posting, board.company, readings, seen_on=run.snapshot_date))
        except Exception as error:
            log.exception(
                "%s: the posting %s of company=%s cannot be read", board.source, posting.external_id, board.slug
            )
            rejects.append(Reject(posting.external_id, f"a reading failed: {type(error).__name__}"))
    kept = tuple(role.posting for role in read)
    return replace(parsed, postings=kept, rejects=tuple(rejects)), read


def skipped(board: Board, error: SourceError, *, tries: int) -> BoardResult:
    """The ledger row of a board that gave nothing, and the warning operators know."""
    reason = f"HTTP {error.status}" if error.status and error.status >= 400 else str(error)
    log.warning("ats: skipping company=%s — %s", board.slug, reason)
    return BoardResult(
        source=board.source,
        board=board.token,
        company_slug=board.slug,
        status=FetchStatus.SKIPPED,
        http_status=error.status,
        tries=tries,
        message=str(error),
    )


async def _store_unmodified(
    connection: AsyncConnection, run: Run, board: Board, state: BoardState, harvest: Harvest
) -> BoardResult:
    await snapshots.snapshot_board(connection, source=board.source, board=board.token, on=run.snapshot_date)
    fill = await roles.read_fill(connection, board.source, board.token)
    return BoardResult(
        source=board.source,
        board=board.token,
        company_slug=board.slug,
        status=FetchStatus.COMPLETE,
        http_status=harvest.status,
        is_not_modified=True,
        tries=harvest.tries,
        seconds=harvest.seconds,
        wire_bytes=harvest.wire_bytes,
        etag=harvest.etag or state.etag,
        last_modified=harvest.last_modified or state.last_modified,
        postings=state.history.last_complete_count or fill.open_roles,
        unchanged=fill.open_roles,
        with_pay=fill.with_pay,
        with_level=fill.with_level,
        with_place=fill.with_place,
    )


async def _store_parsed(
    connection: AsyncConnection,
    run: Run,
    board: Board,
    state: BoardState,
    harvest: Harvest,
    parsed: Parsed,
    read: Sequence[Role],
    rates: Rates,
    known: Mapping[str, roles.KnownRole],
    company_id: int,
    level_ids: Mapping[str, int],
    at: datetime,
) -> BoardResult:
    on = run.snapshot_date
    present = {*parsed.unchanged, *(role.posting.external_id for role in read)}
    present.update(reject.external_id for reject in parsed.rejects if reject.external_id)
    is_whole = parsed.is_complete and all(reject.external_id for reject in parsed.rejects)
    verdict = judge(count=len(present), is_whole=is_whole, history=state.history, at=at)
    rows_on = on if verdict.status is FetchStatus.COMPLETE else None  # an incomplete rerun keeps the day's rows

    stored = roles.Stored()
    if read:
        await roles.stage(connection, records_of(read, rates, level_ids, company_id=company_id))
    absent = [role.id for key, role in known.items() if key not in present] if verdict.closes else []
    await roles.close_roles(connection, absent, run=run.id, at=at, on=on)
    if read:
        stored = await roles.upsert_staged(
            connection,
            source=board.source,
            board=board.token,
            run=run.id,
            at=at,
            on=rows_on,
            version=run.reading_version,
        )
    await roles.link_reposts(connection, stored.new_ids, run=run.id, at=at, since=at - REPOST_WINDOW)
    if read or absent:
        keys = {role.dedup_key for role in read}
        moved = [known[role.posting.external_id] for role in read if role.posting.external_id in known]
        gone = [role for key, role in known.items() if key not in present] if verdict.closes else []
        keys.update(role.dedup_key for role in (*moved, *gone) if role.dedup_key)
        await roles.mark_canonical(connection, keys, on=rows_on)
    if rows_on is not None:
        await snapshots.snapshot_board(connection, source=board.source, board=board.token, on=on)
    fill = await roles.read_fill(connection, board.source, board.token)
    is_new = sum(role.posting.external_id not in known for role in read) - stored.reopened
    return BoardResult(
        source=board.source,
        board=board.token,
        company_slug=board.slug,
        status=verdict.status,
        http_status=harvest.status,
        tries=harvest.tries,
        seconds=harvest.seconds,
        wire_bytes=harvest.wire_bytes,
        etag=harvest.etag,
        last_modified=harvest.last_modified,
        postings=len(present),
        new=is_new,
        changed=sum(_is_changed(role, known) for role in read),
        unchanged=len(parsed.unchanged),
        closed=len(absent),
        reopened=stored.reopened,
        rejected=len(parsed.rejects),
        lookup_misses=dict(Counter(miss for role in read for miss in role.misses)),
        rejects=tuple(f"{reject.external_id}: {reject.reason}" for reject in parsed.rejects[:MAX_LISTED_REJECTS]),
        unread_fields=dict(parsed.unread_fields),
        message=verdict.message or turnover_note(open_before=len(known), gone=len(absent), count=len(present)),
        with_pay=fill.with_pay,
        with_level=fill.with_level,
        with_place=fill.with_place,
    )


def _is_changed(role: Role, known: Mapping[str, roles.KnownRole]) -> bool:
    before = known.get(role.posting.external_id)
    return before is not None and before.payload_hash != role.posting.payload_hash


async def rates_for(db: Database, read: Iterable[Role]) -> Rates:
    """The rates that pricing `read` needs; none are asked for when all pay is in pounds."""
    wanted = [
        (role.point.currency, role.effective_date)
        for role in read
        if role.point and role.point.is_comparable and role.point.currency != "GBP"
    ]
    if not wanted:
        return Rates()
    days = [day for _, day in wanted]
    async with db.reading() as connection:
        return await read_rates(
            connection, currencies={currency for currency, _ in wanted}, first=min(days), last=max(days)
        )


def records_of(
    read: Iterable[Role], rates: Rates, level_ids: Mapping[str, int], *, company_id: int | Mapping[str, int]
) -> Iterable[tuple[Any, ...]]:
    """The staging records of `read`, in the order of `roles.COLUMNS`; each external id once.

    `company_id` is the company of all of them, or holds each one's by external id.
    """
    seen: set[str] = set()
    for role in read:
        posting = role.posting
        if posting.external_id in seen:
            continue
        seen.add(posting.external_id)
        point = role.point
        converted = None
        if point and point.is_comparable:
            converted = to_gbp(point.value, point.currency, role.effective_date, rates)
        gbp, rate_date = converted or (None, None)
        yield (
            posting.external_id,
            company_id if isinstance(company_id, int) else company_id[posting.external_id],
            posting.internal_id,
            role.title,
            posting.department,
            posting.location,
            role.location.bucket,
            role.remote.value if role.remote else None,
            role.family.value if role.family else None,
            level_ids[role.level.value] if role.level else None,
            role.posted_at,
            posting.apply_url,
            *_pay_columns(role.pay, gbp),
            rate_date,
            *_evidence_columns(role.pay),
            role.dedup_key,
            posting.payload_hash,
            [place.city for place in role.location.places],
            [place.country for place in role.location.places],
            isal_zlib.compress(posting.raw, 1),
            *(
                (
                    point.value,
                    gbp,
                    point.currency,
                    point.period.value,
                    point.is_total,
                    point.is_annualised,
                    point.statistic,
                )
                if point
                else (None,) * 7
            ),
            role.effective_date,
        )


def _pay_columns(pay: Pay | None, gbp: float | None) -> tuple[Any, ...]:
    if pay is None:
        return (None,) * 6
    band = pay.band
    base_gbp = gbp if band.basis is Basis.BASE else None
    return (band.min, band.max, band.currency, band.period.value, band.basis.value, base_gbp)


def _evidence_columns(pay: Pay | None) -> tuple[Any, ...]:
    if pay is None:
        return (None, None, None)
    bands = ledger.to_json([_band(band) for band in (pay.band, *pay.others)]) if pay.others else None
    return (pay.confidence, pay.band.quote, bands)


def _band(band: Band) -> dict[str, Any]:
    return {
        "min": band.min,
        "max": band.max,
        "currency": band.currency,
        "period": band.period.value,
        "basis": band.basis.value,
        "title": band.title,
        "quote": band.quote,
    }
