"""Hacker News against a replica whose truth is known: who hires, what is edited, and what is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from job_hunter.sandbox.hn import Ad
from tests.tables import contents
from tests.usecases.conftest import END, Market

HN = ("hn",)
DAY = timedelta(days=1)

ROLES = """
    SELECT split_part(r.external_id, ':', 1)::bigint, r.title, c.slug, c.display_name, c.ats_type, r.primary_location,
           r.parsed_base_min, r.parsed_base_max, r.parsed_currency, r.closed_at IS NULL, r.id
    FROM job_hunter.roles r JOIN job_hunter.companies c ON c.id = r.company_id
    WHERE r.source = 'hn' ORDER BY 1, 2"""


def _expected(ad: Ad, on: date) -> list[tuple[Any, ...]]:
    """What the replica knows of an advertisement: a row an opening, as `ROLES` has them up to the currency."""
    band = ad.pay(on)
    pay = (band.min, band.max, band.currency) if band else (None, None, None)
    return sorted((ad.comment, job.title, ad.location.bucket, *pay) for job in ad.jobs)


async def _roles(market: Market) -> dict[int, list[tuple[Any, ...]]]:
    """The open roles by comment."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in await market.rows(ROLES):
        if row[9]:
            found.setdefault(row[0], []).append(row)
    return found


async def test_every_advertisement_of_three_threads_is_a_role(make_market: Callable[..., Market]) -> None:
    """Company, titles, place and pay of each are the truth's; what is dead or chatter is a reject with its reason."""
    market = make_market(companies=30, max_openings=20)
    summary = await market.refresh(sources=HN)
    live = {ad.comment: ad for ad in market.sandbox.state.hn.live(END)}
    found = await _roles(market)
    assert set(live) == set(found)
    for comment, ad in live.items():
        rows = found[comment]
        assert _expected(ad, END) == sorted((row[0], row[1], row[5], *row[6:9]) for row in rows)
        if ad.slug is not None:
            assert {ad.slug} == {row[2] for row in rows}
        else:
            assert {(ad.company.display_name, "hn")} == {(row[3], row[4]) for row in rows}
    assert [result.status.value for result in summary.results] == ["complete"] * 3
    rejects = [reject for result in summary.results for reject in result.rejects]
    assert len(rejects) == sum(result.rejected for result in summary.results) > 3
    assert all(reject.partition(": ")[2] for reject in rejects)


async def test_a_second_run_changes_nothing(market: Market) -> None:
    """Not a row of any table of roles, and no version of a row."""
    await market.refresh(sources=HN)
    before = await contents(market.dsn, without=("board_fetches",))
    versions = await market.rows("SELECT id, ctid::text FROM job_hunter.roles ORDER BY 1")
    summary = await market.refresh(sources=HN)
    assert (summary.totals()["new"], summary.totals()["changed"]) == (0, 0)
    assert before == await contents(market.dsn, without=("board_fetches",))
    assert versions == await market.rows("SELECT id, ctid::text FROM job_hunter.roles ORDER BY 1")


async def test_what_boards_hold_too_counts_once(make_market: Callable[..., Market]) -> None:
    """Of an opening that is on a board and in a thread, the board's row is canonical and the comment's is not."""
    market = make_market(companies=30, max_openings=20)
    await market.refresh(sources=("ats", *HN))
    rows = await market.rows(
        "SELECT r.source, r.is_canonical, t.source, t.is_canonical FROM job_hunter.roles r "
        "JOIN job_hunter.roles t ON t.dedup_key = r.dedup_key AND t.source <> 'hn' AND t.closed_at IS NULL "
        "WHERE r.source = 'hn' AND r.closed_at IS NULL"
    )
    assert len(rows) > 5
    assert {False} == {row[1] for row in rows}


async def test_an_edited_comment_is_updated_in_place(market: Market) -> None:
    """The same role with its new pay; an event says that the posting changed; nothing is new."""
    news = market.sandbox.state.hn
    ads = [ad for thread in news.threads(END)[:9] for ad in news.ads(thread.ident)]
    edited = next(
        ad for ad in ads if ad.kind == "job" and ad.edited_on and ad.edited_on <= END and ad.is_live(ad.edited_on - DAY)
    )
    assert edited.edited_on is not None
    market.set_date(edited.edited_on - DAY)
    await market.refresh(sources=HN)
    (before,) = (await _roles(market))[edited.comment]
    market.set_date(edited.edited_on)
    await market.refresh(sources=HN)
    (after,) = (await _roles(market))[edited.comment]
    assert before[10] == after[10]
    assert _expected(edited, edited.edited_on) == [(after[0], after[1], after[5], *after[6:9])]
    assert before[6] + 5000 == after[6]
    events = await market.rows(
        "SELECT kind, detail->>'cause' FROM job_hunter.role_events WHERE role_id = :id AND kind <> 'opened'",
        id=after[10],
    )
    assert ("pay_changed", "posting") in events


async def test_a_vanished_comment_closes_its_roles(market: Market) -> None:
    """Deleted since: closed, out of that day's rows, and no other role with it."""
    news = market.sandbox.state.hn
    ads = [ad for thread in news.threads(END)[:9] for ad in news.ads(thread.ident)]
    gone = next(ad for ad in ads if ad.kind == "job" and ad.gone_on and ad.created_at.date() < ad.gone_on <= END)
    assert gone.gone_on is not None
    market.set_date(gone.gone_on - DAY)
    await market.refresh(sources=HN)
    assert gone.comment in await _roles(market)
    market.set_date(gone.gone_on)
    await market.refresh(sources=HN)
    left = await _roles(market)
    assert gone.comment not in left
    assert {ad.comment for ad in news.live(gone.gone_on)} == set(left)
    rows = await market.rows(
        "SELECT 1 FROM job_hunter.roles_snapshots s JOIN job_hunter.roles r ON r.id = s.role_id "
        "WHERE s.snapshot_date = :on AND r.external_id LIKE :comment",
        on=gone.gone_on,
        comment=f"{gone.comment}:%",
    )
    assert rows == []


async def test_a_thread_that_leaves_the_window_of_three_closes(make_market: Callable[..., Market]) -> None:
    """With the fourth thread, the oldest one's roles close, though nobody asks for it any more."""
    market = make_market(end=date(2026, 12, 6))
    market.set_date(END)
    await market.refresh(sources=HN)
    (oldest, *_) = sorted({row[0] for row in await market.rows("SELECT board FROM job_hunter.roles")})
    market.sandbox.clear_requests()
    market.set_date(date(2026, 12, 6))
    summary = await market.refresh(sources=HN)
    assert oldest not in {result.board for result in summary.results}
    assert not any(oldest in request.path for request in market.sandbox.requests())
    boards = await market.rows(
        "SELECT board, count(*) FILTER (WHERE closed_at IS NULL) FROM job_hunter.roles GROUP BY 1"
    )
    assert len(boards) == 4
    assert dict(boards)[oldest] == 0
    assert {ad.comment for ad in market.sandbox.state.hn.live(date(2026, 12, 6))} == set(await _roles(market))


async def test_searches_stand_in_for_trees(market: Market, make_market: Callable[..., Market], empty_dsn: str) -> None:
    """Where trees are answered with an error, sliced searches give the very same roles."""
    await market.refresh(sources=HN)
    by_tree = await _roles(market)
    market.sandbox.clear_requests()
    market.sandbox.fault("error", board="items", source="hn")
    summary = await market.refresh(sources=HN)
    assert tuple(summary.totals()[name] for name in ("new", "changed", "closed")) == (0, 0, 0)
    assert by_tree == await _roles(market)
    assert ["items" if "/items/" in request.path else "search" for request in market.sandbox.requests(source="hn")] == [
        "search",
        "items",
    ] * 3 + ["search"]


async def test_a_thread_that_was_not_read_keeps_its_roles(market: Market) -> None:
    """One thread is refused: it is skipped and missing that day; the other two are read; nothing closes."""
    await market.refresh(sources=HN)
    before = set(await _roles(market))
    market.at += timedelta(hours=30)
    newest = next(thread for thread in market.sandbox.state.hn.threads(END) if thread.is_hiring)
    market.sandbox.fault("forbidden", board=str(newest.ident), source="hn")
    summary = await market.refresh(sources=HN)
    assert sorted(result.status.value for result in summary.results) == ["complete", "complete", "skipped"]
    assert before == set(await _roles(market))
    skipped = next(result.board for result in summary.results if result.status == "skipped")
    days = await market.rows(
        "SELECT DISTINCT r.board FROM job_hunter.roles_snapshots s JOIN job_hunter.roles r ON r.id = s.role_id "
        "WHERE s.snapshot_date = :on",
        on=END + DAY,
    )
    assert skipped not in {board for (board,) in days}
    assert len(days) == 2


@pytest.mark.parametrize(("fault", "status"), [("bad_record", "partial"), ("empty", "quarantined")])
async def test_a_thread_that_lacks_comments_closes_nothing(market: Market, fault: str, status: str) -> None:
    """A record without an id, an empty tree: all is kept, and the thread has no rows that day."""
    await market.refresh(sources=HN)
    before = set(await _roles(market))
    market.at += timedelta(hours=30)
    newest = next(thread for thread in market.sandbox.state.hn.threads(END) if thread.is_hiring)
    market.sandbox.fault(fault, board=str(newest.ident), source="hn")
    summary = await market.refresh(sources=HN)
    assert {result.board: result.status.value for result in summary.results}[str(newest.ident)] == status
    assert before == set(await _roles(market))
    seen = "SELECT count(*) FROM job_hunter.roles_snapshots s JOIN job_hunter.roles r ON r.id = s.role_id "
    seen += "WHERE s.snapshot_date = :on AND r.board = :board"
    assert await market.value(seen, on=END + DAY, board=str(newest.ident)) == 0


async def test_an_overloaded_search_is_asked_once_more_and_no_oftener(market: Market) -> None:
    """429 with Retry-After: one retry after that long, then the source is skipped and says so."""
    market.sandbox.fault("rate_limited", source="hn", retry_after=17)
    summary = await market.refresh(sources=HN)
    assert summary.is_failed
    assert len(market.sandbox.requests(source="hn")) == 2
    assert market.slept == [17.0]
    (result,) = summary.results
    assert (result.board, result.http_status) == ("threads", 429)


async def test_a_run_that_lacks_nothing_asks_nothing(market: Market) -> None:
    """`only_missing` after a complete run."""
    await market.refresh(sources=HN)
    market.sandbox.clear_requests()
    summary = await market.refresh(sources=HN, only_missing=True)
    assert summary.results == ()
    assert market.sandbox.requests(source="hn") == []
