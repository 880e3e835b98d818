"""Lever: two hosts, pages of unknown size, a text in pieces."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import orjson
import pytest
from pytest_httpx import HTTPXMock

from job_hunter.domain.money import Period
from job_hunter.domain.posting import StatedPay
from job_hunter.errors import SourceChanged, SourceGone, SourceUnavailable
from job_hunter.sources import lever
from job_hunter.sources.contract import decode
from job_hunter.sources.http import Http, Validators

US = "https://api.lever.co/v0/postings/acme?mode=json"
EU = "https://api.eu.lever.co/v0/postings/acme?mode=json"
NOT_FOUND = {"ok": False, "error": "Document not found"}


def jobs(first: int, count: int) -> list[dict[str, object]]:
    """So many short postings."""
    return [{"id": f"job-{n}", "text": f"Engineer {n}"} for n in range(first, first + count)]


PAY = [
    (0, StatedPay(70000, 90000, "GBP", Period.YEAR, None, "salaryRange", None, "Plus equity.")),
    (
        1,
        StatedPay(
            240000, 240000, "USD", Period.YEAR, None, "salaryRange", None, "The on-target earnings (OTE) for this role."
        ),
    ),
    (2, StatedPay(21.5, 30, "GBP", Period.HOUR, None, "salaryRange", None, None)),
    (3, StatedPay(500, 500, "GBP", None, None, "salaryRange", "one-time", None)),
    (4, None),
]


@pytest.mark.parametrize(("index", "expected"), PAY)
def test_stated_pay(index: int, expected: StatedPay | None, board_of, recorded_json) -> None:
    """The range with its period, the description beside it as the note; an interval that is no period stays a word."""
    posting = lever.parse(recorded_json("lever/board.json"), board_of("lever")).postings[index]
    assert posting.stated_pay == (() if expected is None else (expected,))


def test_a_posting_is_what_the_site_said(board_of, recorded_json) -> None:
    """Every place is named, the country is a hint, the time is of creation and in UTC."""
    first, second, third, *_ = lever.parse(recorded_json("lever/board.json"), board_of("lever")).postings
    assert (first.title, first.location, first.places) == ("Arm Engineer", "London", ("London", "Leeds"))
    assert (first.country, first.workplace, first.department) == ("GB", "hybrid", "Engineering")
    assert first.posted_at == datetime(2026, 2, 25, 6, 13, 20, 1000, tzinfo=UTC)
    assert first.apply_url.endswith("0001/apply")
    assert (second.country, second.workplace) == ("US", None)
    assert (third.country, third.department, third.places) == (None, "Floor", ("Leeds",))


def test_the_text_is_joined_from_all_its_parts(board_of, recorded_json) -> None:
    """Requirements and pay often stand in the lists or at the end only, and nothing is said twice."""
    first, _, third, fourth, _ = lever.parse(recorded_json("lever/board.json"), board_of("lever")).postings
    assert first.content == (
        "<div>We build arms.</div>\n<h3>You know R&amp;D</h3>\n<ul><li>C++</li><li>Salary £70k</li></ul>\n"
        "<p>Closing words.</p>\n<p>Plus equity.</p>"
    )
    assert third.content.startswith("<h3>You know")
    assert fourth.content == "Plain &lt; only\n<p>Closing words.</p>"


def test_opening_and_body_stand_in_for_a_missing_description(board_of, recorded_json) -> None:
    """The whole is preferred, its halves will do."""
    payload = recorded_json("lever/board.json")
    del payload[0]["description"], payload[0]["descriptionPlain"]
    first = lever.parse(payload, board_of("lever")).postings[0]
    assert first.content.startswith("<div>We build</div>\n<div>arms.</div>\n<h3>")


async def test_the_us_host_is_asked_first(httpx_mock: HTTPXMock, board_of, recorded) -> None:
    """A site that it knows is one request, and its validators are kept."""
    httpx_mock.add_response(url=US, content=recorded("lever/board.json"), headers={"ETag": '"1"'})
    async with Http() as http:
        harvest = await lever.fetch(http, board_of("lever"))
    assert (len(decode(harvest)), harvest.etag, harvest.status) == (5, '"1"', 200)


@pytest.mark.parametrize("us", [{"status_code": 404, "json": NOT_FOUND}, {"json": NOT_FOUND}, {"text": "<html>"}])
async def test_then_the_eu_host(httpx_mock: HTTPXMock, board_of, recorded, us: dict[str, object]) -> None:
    """An unknown site answers 404, or 200 with something that is no list."""
    httpx_mock.add_response(url=US, **us)
    httpx_mock.add_response(url=EU, content=recorded("lever/board.json"))
    async with Http() as http:
        harvest = await lever.fetch(http, board_of("lever"))
    assert len(decode(harvest)) == 5


UNKNOWN = [
    ({"status_code": 404}, {"status_code": 404}, SourceGone, "unknown to both"),
    ({"json": NOT_FOUND}, {"json": NOT_FOUND}, SourceGone, "unknown to both"),
    ({"json": NOT_FOUND}, {"status_code": 404}, SourceGone, "unknown to both"),
    ({"json": {"jobs": []}}, {"status_code": 404}, SourceChanged, "an object where a list belongs"),
    ({"text": "<html>"}, {"status_code": 404}, SourceChanged, "a web page"),
    ({"status_code": 404}, {"status_code": 503}, SourceUnavailable, "HTTP 503"),
    ({"status_code": 404}, {"status_code": 403}, SourceGone, "HTTP 403"),
]


@pytest.mark.parametrize(("us", "eu", "error", "message"), UNKNOWN)
async def test_a_site_that_neither_knows(httpx_mock: HTTPXMock, board_of, us, eu, error, message) -> None:
    """Only when both hosts say so is a site unknown; trouble at the second is not read as "no such site"."""
    httpx_mock.add_response(url=US, **us)
    httpx_mock.add_response(url=EU, **eu)
    async with Http() as http:
        with pytest.raises(error, match=message) as caught:
            await lever.fetch(http, board_of("lever"))
    if "unknown to both" in message:
        assert caught.value.status == 404


@pytest.mark.parametrize(("status", "error"), [(500, SourceUnavailable), (429, SourceUnavailable), (403, SourceGone)])
async def test_trouble_at_the_us_host_is_not_an_unknown_site(httpx_mock: HTTPXMock, board_of, status, error) -> None:
    """The EU host is asked only about sites the US host does not know."""
    httpx_mock.add_response(url=US, status_code=status)
    async with Http() as http:
        with pytest.raises(error):
            await lever.fetch(http, board_of("lever"))
    assert len(httpx_mock.get_requests()) == 1


async def test_a_replica_of_one_host_keeps_us_from_the_other(httpx_mock: HTTPXMock, board_of) -> None:
    """With a replica in place of Lever no live host is asked."""
    httpx_mock.add_response(url="http://127.0.0.1:9/v0/postings/acme?mode=json", status_code=404)
    async with Http({"lever": "http://127.0.0.1:9"}) as http:
        with pytest.raises(SourceGone):
            await lever.fetch(http, board_of("lever"))
    assert len(httpx_mock.get_requests()) == 1


async def test_an_unchanged_site_is_not_sent_again(httpx_mock: HTTPXMock, board_of) -> None:
    """A site of the EU host costs a 404 and a 304."""
    httpx_mock.add_response(url=US, status_code=404)
    httpx_mock.add_response(url=EU, status_code=304, match_headers={"If-None-Match": '"1"'})
    async with Http() as http:
        harvest = await lever.fetch(http, board_of("lever"), Validators('"1"', None))
    assert (harvest.not_modified, harvest.pages) == (True, [])


PAGING = [
    ("a short site is one request", 99, None, [99]),
    ("a site of a page is asked for more", 100, None, [100, 0]),
    ("a site that comes whole is asked for more once", 302, None, [302, 0]),
    ("answers end at 100", 250, 100, [100, 100, 50]),
    ("answers end at 100 and so does the site", 200, 100, [100, 100, 0]),
]


@pytest.mark.parametrize(("site", "cap", "pages"), [case[1:] for case in PAGING], ids=[case[0] for case in PAGING])
async def test_pages_are_asked_for_until_one_is_short(httpx_mock: HTTPXMock, board_of, site, cap, pages) -> None:
    """Whether the whole site comes at once or 100 at a time, every posting arrives once."""
    sent: list[int] = []

    def reply(request):
        skip = int(request.url.params.get("skip", 0))
        limit = min(int(request.url.params.get("limit", site)), cap or site)
        page = jobs(0, site)[skip : skip + limit]
        sent.append(len(page))
        return httpx.Response(200, content=orjson.dumps(page), headers={"ETag": '"1"'})

    httpx_mock.add_callback(reply, is_reusable=True)
    async with Http() as http:
        harvest = await lever.fetch(http, board_of("lever"))
    assert sent == pages
    parsed = lever.parse(decode(harvest), board_of("lever"))
    assert (len(parsed.postings), parsed.rejects) == (site, ())
    assert harvest.etag == ('"1"' if len(harvest.pages) == 1 else None)


async def test_a_host_that_ignores_the_window_is_left(httpx_mock: HTTPXMock, board_of) -> None:
    """The same page again brings no new posting and ends the asking."""
    httpx_mock.add_response(json=jobs(0, 120), is_reusable=True)
    async with Http() as http:
        harvest = await lever.fetch(http, board_of("lever"))
    assert (len(harvest.pages), len(httpx_mock.get_requests())) == (1, 2)


async def test_a_later_page_that_is_no_list_spoils_the_harvest(httpx_mock: HTTPXMock, board_of) -> None:
    """Half a site must never pass for a whole one."""
    httpx_mock.add_response(url=US, json=jobs(0, 100))
    httpx_mock.add_response(url=US + "&skip=100&limit=100", json=NOT_FOUND)
    async with Http() as http:
        with pytest.raises(SourceChanged, match="an object where a list belongs"):
            await lever.fetch(http, board_of("lever"))


async def test_a_token_is_one_segment_of_the_path(httpx_mock: HTTPXMock, board_of) -> None:
    """A board's name cannot lead elsewhere on the host."""
    httpx_mock.add_response(json=[])
    async with Http() as http:
        await lever.fetch(http, replace(board_of("lever"), token="../x?y"))
    assert httpx_mock.get_requests()[0].url.raw_path == b"/v0/postings/..%2Fx%3Fy?mode=json"
