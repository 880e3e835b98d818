"""LinkedIn for guests against a replica: what is read, how little is asked, and what an absence means."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from job_hunter.domain.feed_settings import FeedSettings, JobSearch
from job_hunter.storage.lock import share_store_lock
from job_hunter.usecases.feeds import default_sources
from tests.usecases.conftest import END, Market
from tests.usecases.pacing import Ticker, pauses

LINKEDIN = ("linkedin_guest",)
ENGINEERS = JobSearch("london-engineer", "engineer", "London")
MANAGERS = JobSearch("london-manager", "manager", "London")
SETTINGS = FeedSettings(searches=(ENGINEERS, MANAGERS))
ROLES = """
    SELECT r.external_id, r.title, c.slug, r.board, r.closed_at IS NULL, r.is_canonical, r.posted_at::date, r.apply_url
    FROM job_hunter.roles r JOIN job_hunter.companies c ON c.id = r.company_id
    WHERE r.source = 'linkedin_guest' ORDER BY 1"""


@pytest.fixture
def large(make_market: Callable[..., Market]) -> Market:
    """Enough companies for several pages of cards a week."""
    return make_market(companies=40, max_openings=60)


def _asks(market: Market) -> list[Any]:
    return market.sandbox.requests(source="linkedin")


def _cards(market: Market, search: JobSearch, on: date = END) -> dict[str, Any]:
    """What the replica shows for a search over a week, by id."""
    shown = market.sandbox.state.linkedin.cards(on, place=search.location, keywords=search.keywords, days=7)
    return {str(card.ident): card for card in shown}


async def test_cards_of_a_search_are_roles(large: Market) -> None:
    """Every card within three pages: its title, our company, its day and its address; a repeat is one role."""
    settings = replace(SETTINGS, searches=(ENGINEERS,), pages=20, details=100)
    await large.refresh(sources=LINKEDIN, settings=settings)
    cards = _cards(large, ENGINEERS)
    rows = {row[0]: row for row in await large.rows(ROLES)}
    assert large.sandbox.most_at_once(source="linkedin") == 1
    assert len(cards) > 10
    assert set(cards) == set(rows)
    for ident, card in cards.items():
        _, title, slug, board, is_open, is_canonical, posted, url = rows[ident]
        assert (card.opening.title, card.company.slug, "london-engineer") == (title, slug, board)
        assert (is_open, is_canonical, card.posted_on) == (True, True, posted)
        assert url.startswith("https://uk.linkedin.com/jobs/view/")
        assert url.endswith(ident)


async def test_boards_come_before_linkedin(large: Market) -> None:
    """Of an opening on a board and on LinkedIn the board's row counts."""
    await large.refresh(sources=("ats", *LINKEDIN), settings=SETTINGS)
    rows = await large.rows(
        "SELECT l.is_canonical, b.is_canonical FROM job_hunter.roles l JOIN job_hunter.roles b "
        "ON b.dedup_key = l.dedup_key AND b.source <> 'linkedin_guest' "
        "WHERE l.source = 'linkedin_guest' AND l.closed_at IS NULL AND b.closed_at IS NULL"
    )
    assert len(rows) > 5
    assert {False} == {row[0] for row in rows}


async def test_known_cards_are_not_asked_for_again(large: Market) -> None:
    """The second run reads the cards and no detail, though searches overlap, and changes nothing."""
    assert _cards(large, ENGINEERS).keys() & _cards(large, MANAGERS).keys()
    await large.refresh(sources=LINKEDIN, settings=SETTINGS)
    before = await large.rows(ROLES)
    large.sandbox.clear_requests()
    summary = await large.refresh(sources=LINKEDIN, settings=SETTINGS)
    assert (summary.totals()["new"], summary.totals()["changed"]) == (0, 0)
    assert not any("/jobPosting/" in request.path for request in _asks(large))
    assert before == await large.rows(ROLES)


async def test_little_is_asked_and_slowly(large: Market) -> None:
    """At most so many pages a search and details a run; at least 3 seconds between any two requests."""
    ticker = Ticker(large.sandbox)
    settings = replace(SETTINGS, pages=2, details=7)
    await large.refresh(sources=LINKEDIN, settings=settings, pacing=ticker.pacing)
    asked = _asks(large)
    pages = [request for request in asked if request.path.endswith("/search")]
    details = [request for request in asked if "/jobPosting/" in request.path]
    assert len(pages) <= 4
    assert len(details) == 7
    assert [request.query["start"] for request in pages[:2]] == ["0", "10"]
    assert 3.0 <= min(pauses(asked)) <= max(pauses(asked)) <= 4.5
    # What there was no room for is kept as the card alone, and read the next time.
    cards = len(await large.rows(ROLES))
    assert cards > 7
    large.sandbox.clear_requests()
    await large.refresh(sources=LINKEDIN, settings=replace(settings, details=100), pacing=ticker.pacing)
    assert cards - 7 == sum("/jobPosting/" in request.path for request in _asks(large))
    assert cards == len(await large.rows(ROLES))


def test_the_shipped_bounds_are_small() -> None:
    """Three pages a search, forty details a run, off unless it is enabled."""
    settings = FeedSettings()
    assert (settings.pages, settings.details) == (3, 40)
    assert "linkedin_guest" not in default_sources(settings)
    assert "linkedin_guest" in default_sources(replace(settings, linkedin_enabled=True))


async def test_its_terms_are_named_when_it_is_read(market: Market, caplog: pytest.LogCaptureFixture) -> None:
    """A warning, once, before anything is asked; nothing of it in a run without."""
    await market.refresh(sources=("hn",), settings=SETTINGS)
    assert not any("terms" in record.getMessage() for record in caplog.records)
    assert _asks(market) == []
    await market.refresh(sources=LINKEDIN, settings=SETTINGS)
    assert sum("LinkedIn's terms forbid" in record.getMessage() for record in caplog.records) == 1


STOPS: list[tuple[str, dict[str, Any], int]] = [
    ("rate_limited", {"retry_after": None}, 429),
    ("status", {"status": 999}, 999),
    ("authwall", {}, 302),
    ("forbidden", {}, 403),
]


@pytest.mark.parametrize(("fault", "options", "status"), STOPS)
async def test_the_first_refusal_ends_it_and_keeps_what_was_read(
    large: Market, fault: str, options: dict[str, Any], status: int
) -> None:
    """After a page of cards and two details: no further request, the cards stay, the other search is not asked."""
    large.sandbox.fault(fault, source="linkedin", skip=3, **options)
    settings = replace(SETTINGS, pages=1)
    summary = await large.refresh(sources=LINKEDIN, settings=settings)
    assert len(_asks(large)) == 4
    assert large.slept == []
    first, second = summary.results
    assert ("partial", status) == (first.status.value, first.http_status)
    assert "stopped early" in (first.message or "")
    assert second.status == "skipped"
    assert (second.message or "").startswith("not asked: ")
    assert len(await large.rows(ROLES)) == first.postings > 2


async def test_a_refusal_at_once_is_a_skip(large: Market) -> None:
    """Nothing read: skipped, and no role of an earlier run is touched."""
    await large.refresh(sources=LINKEDIN, settings=SETTINGS)
    before = await large.rows(ROLES)
    large.sandbox.fault("status", source="linkedin", status=999)
    summary = await large.refresh(sources=LINKEDIN, settings=SETTINGS)
    assert [result.status.value for result in summary.results] == ["skipped", "skipped"]
    assert before == await large.rows(ROLES)


async def test_an_absence_closes_nothing_until_thirty_days(large: Market) -> None:
    """A role that is shown no more stays open for 30 days after it was last seen, and closes then."""
    await large.refresh(sources=LINKEDIN, settings=SETTINGS)
    first = {row[0] for row in await large.rows(ROLES)}
    assert len(first) > 5
    large.sandbox.fault("empty_body", board="search", source="linkedin")
    seen = large.at
    month, an_hour = timedelta(days=30), timedelta(hours=1)
    for later, left in ((timedelta(days=7), len(first)), (month - an_hour, len(first)), (month + an_hour, 0)):
        large.at = seen + later
        await large.refresh(sources=LINKEDIN, settings=SETTINGS)
        assert left == sum(row[4] for row in await large.rows(ROLES)), later
    closed = await large.rows("SELECT count(*) FROM job_hunter.role_events WHERE kind = 'closed'")
    assert closed == [(len(first),)]


async def test_roles_expire_though_linkedin_is_not_read(large: Market) -> None:
    """Who read it once and never again is not left with openings for ever."""
    await large.refresh(sources=LINKEDIN, settings=SETTINGS)
    large.set_date(END + timedelta(days=31), hour=5)
    await large.refresh(sources=("hn",))
    assert not any(row[4] for row in await large.rows(ROLES))


async def test_a_sighting_renews_a_role(large: Market) -> None:
    """Seen again after 20 days, it stands for another 30."""
    settings = replace(SETTINGS, searches=(ENGINEERS,))
    await large.refresh(sources=LINKEDIN, settings=settings)
    for days in (20, 40):
        large.at += timedelta(days=20)  # the replica stays on its day, and shows the same cards
        await large.refresh(sources=LINKEDIN, settings=settings)
        assert all(row[4] for row in await large.rows(ROLES)), days


async def test_a_closed_posting_and_a_missing_one_are_rejects(large: Market) -> None:
    """A card whose page says closed, and one whose page is gone, become no role and say why."""
    cards = list(_cards(large, ENGINEERS).values())
    large.sandbox.fault("not_found", board=str(cards[0].ident), source="linkedin")
    settings = replace(SETTINGS, searches=(ENGINEERS,))
    summary = await large.refresh(sources=LINKEDIN, settings=settings)
    (result,) = summary.results
    assert result.status == "complete"
    assert [f"{cards[0].ident}: the posting is gone"] == [
        reject[: len(reject.split(":")[0]) + 21] for reject in result.rejects
    ]
    assert str(cards[0].ident) not in {row[0] for row in await large.rows(ROLES)}


async def test_another_shape_is_said_and_closes_nothing(large: Market) -> None:
    """A page of words without cards."""
    await large.refresh(sources=LINKEDIN, settings=SETTINGS)
    before = await large.rows(ROLES)
    large.sandbox.fault("not_json", board="search", source="linkedin")
    summary = await large.refresh(sources=LINKEDIN, settings=SETTINGS)
    assert all((result.status == "skipped" and "shape" in (result.message or "")) or "cards" in (result.message or "")
               for result in summary.results)  # fmt: skip
    assert before == await large.rows(ROLES)


async def test_it_waits_for_boards_without_holding_rows(large: Market) -> None:
    """A board that stores may write the very roles that a search has seen again: neither waits for the other."""
    await large.refresh(sources=LINKEDIN, settings=SETTINGS)
    waiting = (
        "SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        "WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted)"
    )
    large.set_date(END, hour=6)
    async with large.database() as database:
        async with database.transaction() as board:
            await share_store_lock(board)
            feed = asyncio.create_task(large.refresh(sources=LINKEDIN, settings=SETTINGS))
            while not await large.value(waiting):
                assert not feed.done(), "the search did not store"
            await board.execute(text("SET LOCAL lock_timeout = '2s'"))
            await board.execute(text("UPDATE job_hunter.roles SET is_canonical = is_canonical"))
        assert (await feed).skipped == ()
