"""Ashby: tiers of components, unlisted jobs, places in changing order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_httpx import HTTPXMock

from job_hunter.domain.money import Period
from job_hunter.domain.posting import StatedPay
from job_hunter.errors import SourceGone, SourceUnavailable
from job_hunter.sources import ashby
from job_hunter.sources.contract import decode
from job_hunter.sources.http import Http, Validators

URL = "https://api.ashbyhq.com/posting-api/job-board/acme?includeCompensation=true"


def tier(low, high, currency, period, label, note) -> StatedPay:
    """A salary of a tier."""
    return StatedPay(low, high, currency, period, None, "compensationTiers", label, note)


PAY = [
    ("Hand Engineer", [tier(106400, 146300, "GBP", Period.YEAR, None, "£106.4K – £146.3K • Offers Equity")]),
    (
        "Solutions Engineer",
        [
            tier(168000, 231000, "USD", Period.YEAR, "NY/SF", "OTE $168K – $231K • 75/25 Split"),
            tier(151000, 207000, "USD", Period.YEAR, "Nationwide", "OTE $151K – $207K"),
            tier(140000, 190000, "CAD", Period.YEAR, "Canada", "CA$140K – CA$190K"),
        ],
    ),
    ("Intern", [tier(11700, 11700, "USD", Period.MONTH, None, "$11.7K per month")]),
    ("Technician", [tier(1500, 1700, "GBP", Period.WEEK, None, "£3K – £3.4K | stated per 2 weeks")]),
    ("Recruiter", []),
    (
        "Welder",
        [
            StatedPay(
                836400,
                1131600,
                "SEK",
                Period.YEAR,
                None,
                "summaryComponents",
                None,
                "SEK 836,400 – SEK 1,131,600",
            )
        ],
    ),
]


@pytest.mark.parametrize(("title", "expected"), PAY)
def test_stated_pay(title: str, expected: list[StatedPay], board_of, recorded_json) -> None:
    """Each tier's salary stays apart in its own currency; equity is no pay; what is written beside goes along."""
    parsed = ashby.parse(recorded_json("ashby/board.json"), board_of("ashby"))
    assert {posting.title: list(posting.stated_pay) for posting in parsed.postings}[title] == expected


INTERVALS = [
    ("1 YEAR", Period.YEAR, 1),
    ("1 MONTH", Period.MONTH, 1),
    ("1 WEEK", Period.WEEK, 1),
    ("2 WEEK", Period.WEEK, 2),
    ("2 WEEKS", Period.WEEK, 2),
    ("1 DAY", Period.DAY, 1),
    ("1 HOUR", Period.HOUR, 1),
    ("12 MONTH", Period.MONTH, 12),
    ("NONE", None, 1),
    ("1 QUARTER", None, 1),
    ("0 YEAR", None, 1),
    (None, None, 1),
]


@pytest.mark.parametrize(("interval", "period", "count"), INTERVALS)
def test_intervals(interval, period, count, board_of, recorded_json) -> None:
    """The interval alone decides the period; one that is unknown leaves it open."""
    payload = recorded_json("ashby/board.json")
    payload["jobs"][0]["compensation"]["compensationTiers"][0]["components"][0]["interval"] = interval
    pay = ashby.parse(payload, board_of("ashby")).postings[0].stated_pay[0]
    assert (pay.period, pay.min, pay.max) == (period, 106400 / count, 146300 / count)


NO_PAY = ["EquityCashValue", "EquityPercentage", "Commission", "Bonus", "Something", None]


@pytest.mark.parametrize("kind", NO_PAY)
def test_only_a_salary_is_pay(kind, board_of, recorded_json) -> None:
    """Equity of £106,400 is not a salary of £106,400."""
    payload = recorded_json("ashby/board.json")
    payload["jobs"][0]["compensation"]["compensationTiers"][0]["components"][0]["compensationType"] = kind
    assert ashby.parse(payload, board_of("ashby")).postings[0].stated_pay == ()


def test_an_unlisted_job_is_only_counted(board_of, recorded_json) -> None:
    """What the board hides from its visitors is no opening."""
    parsed = ashby.parse(recorded_json("ashby/board.json"), board_of("ashby"))
    assert (len(parsed.postings), parsed.unlisted, parsed.count) == (6, 1, 7)
    assert "Hidden Role" not in {posting.title for posting in parsed.postings}


def test_a_posting_is_what_the_board_said(board_of, recorded_json) -> None:
    """All places in the order they came, the country as a code, the stamp in UTC."""
    first = ashby.parse(recorded_json("ashby/board.json"), board_of("ashby")).postings[0]
    assert (first.location, first.places) == ("London", ("London", "Leeds", "Remote (UK)"))
    assert (first.country, first.workplace, first.department) == ("GB", "Hybrid", "Engineering")
    assert first.posted_at == datetime(2026, 4, 7, 17, 12, 35, 753000, tzinfo=UTC)
    assert first.content == "<p>We build arms &amp; hands.</p>"
    assert first.apply_url.endswith("0001/application")


@pytest.mark.parametrize("location", [None, "", "  "])
def test_the_city_of_the_address_stands_in_for_a_blank_location(location, board_of) -> None:
    """A job without a location is where its address is; one without either is nowhere."""
    address = {"postalAddress": {"addressLocality": " London ", "addressCountry": "UK"}}
    jobs = [{"id": "1", "title": "SRE", "location": location, "address": address}, {"id": "2", "title": "SRE"}]
    found = ashby.parse({"jobs": jobs}, board_of("ashby")).postings
    assert [(posting.location, posting.places) for posting in found] == [("London", ("London",)), ("", ())]


def test_hints_are_never_guessed(board_of, recorded_json) -> None:
    """A union is no country; remote is said by the flag where the workplace type is silent."""
    found = {p.title: p for p in ashby.parse(recorded_json("ashby/board.json"), board_of("ashby")).postings}
    assert {title: posting.country for title, posting in found.items()} == {
        "Hand Engineer": "GB",
        "Solutions Engineer": "US",
        "Intern": None,
        "Technician": None,
        "Recruiter": "DE",
        "Welder": "GB",
    }
    assert (found["Solutions Engineer"].workplace, found["Technician"].workplace) == ("Remote", None)


def test_the_order_of_further_places_is_no_change(board_of, recorded_json) -> None:
    """The same answer names its further places in another order from day to day."""
    payload, board = recorded_json("ashby/board.json"), board_of("ashby")
    known = {p.external_id: p.payload_hash for p in ashby.parse(payload, board).postings}
    payload["jobs"][0]["secondaryLocations"].reverse()
    assert ashby.parse(payload, board, known).postings == ()
    payload["jobs"][0]["secondaryLocations"].pop()
    assert len(ashby.parse(payload, board, known).postings) == 1


async def test_a_board_is_one_request(httpx_mock: HTTPXMock, board_of, recorded) -> None:
    """The whole board comes at once, with its pay."""
    httpx_mock.add_response(url=URL, content=recorded("ashby/board.json"))
    async with Http() as http:
        harvest = await ashby.fetch(http, board_of("ashby"))
    assert ashby.parse(decode(harvest), board_of("ashby")).count == 7


async def test_an_unchanged_board_is_not_sent_again(httpx_mock: HTTPXMock, board_of) -> None:
    """With the validators of last time the answer may be a bare 304."""
    httpx_mock.add_response(url=URL, match_headers={"If-Modified-Since": "yesterday"}, status_code=304)
    async with Http() as http:
        harvest = await ashby.fetch(http, board_of("ashby"), Validators(None, "yesterday"))
    assert (harvest.not_modified, harvest.pages) == (True, [])


@pytest.mark.parametrize(("status", "error"), [(404, SourceGone), (500, SourceUnavailable), (429, SourceUnavailable)])
async def test_a_refusal_is_asked_once(httpx_mock: HTTPXMock, board_of, status: int, error: type[Exception]) -> None:
    """A fetch never retries by itself: the run owns the retry."""
    httpx_mock.add_response(url=URL, status_code=status)
    async with Http() as http:
        with pytest.raises(error):
            await ashby.fetch(http, board_of("ashby"))
    assert len(httpx_mock.get_requests()) == 1
