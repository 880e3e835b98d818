"""All sources side by side, with each of them down, slow, blocked or changed in shape: only that one is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from job_hunter.domain.feed_settings import FeedSettings, JobSearch
from job_hunter.domain.run import Summary
from job_hunter.errors import DatabaseUnavailable
from job_hunter.report.refresh_summary import render_refresh_summary, source_lines
from job_hunter.usecases import feeds
from job_hunter.usecases.feeds import default_sources, feeds_of
from tests.usecases.conftest import Market

SETTINGS = FeedSettings(
    linkedin_enabled=True, details=3, pages=1, searches=(JobSearch("london-engineer", "engineer", "London"),)
)
SERVICES = {"hn": "hn", "levels_fyi": "levels_fyi", "linkedin_guest": "linkedin"}

FAULTS: list[tuple[str, str, dict[str, Any]]] = [
    # the feed, its fault and options: no board of the feed is complete
    ("hn", "error", {}),
    ("hn", "hang", {}),
    ("hn", "forbidden", {}),
    ("hn", "not_json", {}),
    ("hn", "truncated", {}),
    ("hn", "empty_body", {}),
    ("hn", "redirect_foreign", {}),
    ("levels_fyi", "error", {}),
    ("levels_fyi", "cut", {}),
    ("levels_fyi", "block_page", {}),
    ("levels_fyi", "not_json", {}),
    ("levels_fyi", "gzip_bomb", {}),
    ("linkedin_guest", "error", {}),
    ("linkedin_guest", "cut", {}),
    ("linkedin_guest", "authwall", {}),
    ("linkedin_guest", "not_json", {}),
]


@pytest.fixture
def small(make_market: Callable[..., Market]) -> Market:
    """Six companies with few openings."""
    return make_market(max_openings=8)


def _statuses(summary: Summary) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for result in summary.results:
        found.setdefault(result.source, set()).add(result.status.value)
    return found


@pytest.mark.parametrize(("feed", "fault", "options"), FAULTS)
async def test_a_feed_fails_alone(small: Market, feed: str, fault: str, options: dict[str, Any]) -> None:
    """Its boards are skipped with a reason; every other source is complete; a healthy run later brings it all."""
    small.sandbox.fault(fault, source=SERVICES[feed], **options)
    summary = await small.refresh(sources=default_sources(SETTINGS), settings=SETTINGS)
    assert not summary.is_failed
    statuses = _statuses(summary)
    assert statuses.pop(feed) == {"skipped"}
    assert {"complete"} == set().union(*statuses.values())
    assert all(result.message for result in summary.skipped)
    small.sandbox.clear_faults()
    healed = await small.refresh(sources=(feed,), settings=SETTINGS)
    assert _statuses(healed) == {feed: {"complete"}}
    assert healed.totals()["new"] > 0


async def test_a_slow_feed_is_waited_for(small: Market) -> None:
    """Half a second an answer: complete all the same."""
    for service in SERVICES.values():
        small.sandbox.fault("slow", source=service, times=2, seconds=0.5)
    summary = await small.refresh(sources=default_sources(SETTINGS), settings=SETTINGS)
    assert {"complete"} == set().union(*_statuses(summary).values())


async def test_what_nobody_foresaw_costs_one_feed(small: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """A programming error in one feed is its line in the ledger; a database that is gone ends the run."""

    async def broken(context: object) -> list[Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(feeds, "FEEDS", {**feeds.FEEDS, "hn": broken})
    summary = await small.refresh(sources=default_sources(SETTINGS), settings=SETTINGS)
    (failed,) = summary.skipped
    assert (failed.source, "ZeroDivisionError" in (failed.message or "")) == ("hn", True)

    async def gone(context: object) -> list[Any]:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(feeds, "FEEDS", {**feeds.FEEDS, "hn": gone})
    with pytest.raises(BaseExceptionGroup, check=lambda group: bool(group.subgroup(DatabaseUnavailable))):
        await small.refresh(sources=("hn",), settings=SETTINGS)


def test_sources_of_a_run_that_names_none() -> None:
    """Boards, Hacker News and levels.fyi; for named companies what can be asked about them; LinkedIn if enabled."""
    assert default_sources(FeedSettings()) == ("ats", "hn", "levels_fyi")
    assert default_sources(FeedSettings(), only=("acme",)) == ("ats", "levels_fyi")
    assert default_sources(SETTINGS) == ("ats", "hn", "levels_fyi", "linkedin_guest")
    assert feeds_of(("linkedin_guest", "ats", "hn")) == ("hn", "linkedin_guest")


async def test_the_summary_tells_each_source(small: Market) -> None:
    """Counts, fill rates with their change since the last run, and the time, for boards and feeds alike."""
    sources = default_sources(SETTINGS)
    first = await small.refresh(sources=sources, settings=SETTINGS)
    lines = {line.source: line for line in source_lines(first)}
    assert {"hn", "levels_fyi", "linkedin_guest"} < set(lines)
    assert all(line.changes is None and line.seconds is not None for line in lines.values())
    levels = lines["levels_fyi"]
    assert levels.rates is not None
    assert levels.rates[0] == levels.rates[2] == 1.0
    async with small.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql(
            "UPDATE job_hunter.board_fetches SET with_pay = with_pay / 2 WHERE source = 'levels_fyi'"
        )
    small.sandbox.fault("error", source="hn")
    second = await small.refresh(sources=sources, settings=SETTINGS)
    lines = {line.source: line for line in source_lines(second)}
    changes = lines["levels_fyi"].changes
    assert changes is not None
    assert changes[0] > 0.4
    assert changes[1:] == (0.0, 0.0)
    assert (lines["hn"].complete, lines["hn"].rates, lines["hn"].changes) == (0, None, None)
    text = render_refresh_summary(second)
    assert "| levels\\_fyi |" in text
    assert f"100% (+{round(changes[0] * 100)})" in text
    assert "Boards that need a look" in text
    assert "skipped: 1 of hn" in second.sentence()
