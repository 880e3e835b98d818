"""Greenhouse: one request a board, pay in cents, and what counts as a change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_httpx import HTTPXMock

from job_hunter.domain.posting import StatedPay
from job_hunter.errors import SourceGone, SourceUnavailable
from job_hunter.sources import greenhouse
from job_hunter.sources.contract import decode
from job_hunter.sources.http import Http, Validators

URL = "https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true&pay_transparency=true"


def stated(low, high, currency, origin, label, note=None) -> StatedPay:
    """Pay as Greenhouse states it: without a period or a basis of its own."""
    return StatedPay(low, high, currency, None, None, origin, label, note)


PAY = [
    ("4000000001", [stated(80000, 95500, "GBP", "pay_input_ranges", "Annual Salary:", "Base pay & bonus.")]),
    ("4000000002", [stated(200000, 230000, "USD", "pay_input_ranges", "OTE Range")]),
    ("4000000003", [stated(36.5, 48.25, "GBP", "pay_input_ranges", "This is an hourly rate.")]),
    (
        "4000000004",
        [
            stated(28000, 30000.5, "GBP", "metadata", "Salary Range"),
            stated(55000, 55000, "GBP", "metadata", "On Target Earnings"),
            stated(0, 0, None, "metadata", "Job Post Range (United States)"),
            stated(0.01, 0.01, "GBP", "metadata", "Legacy Range"),
        ],
    ),
    (
        "4000000005",
        [
            stated(137400, 202000, "USD", "pay_input_ranges", "I4"),
            stated(168000, 247000, "USD", "pay_input_ranges", "I5"),
        ],
    ),
]


@pytest.mark.parametrize(("external_id", "expected"), PAY)
def test_stated_pay(external_id, expected, board_of, recorded_json) -> None:
    """Cents become full units, texts numbers; every range stays apart under its own name, placeholders included."""
    parsed = greenhouse.parse(recorded_json("greenhouse/board.json"), board_of("greenhouse"))
    found = {posting.external_id: posting for posting in parsed.postings}
    assert list(found[external_id].stated_pay) == expected


FILLED = [
    ({"unit": "GBP", "min_value": None, "max_value": None, "amount": "55000.0"}, (55_000, 55_000)),
    ({"unit": "GBP", "min_value": "84000.0", "max_value": "115500.0", "amount": None}, (84_000, 115_500)),
    ({"unit": "GBP", "min_value": "", "min": "61000", "max": "72000"}, (61_000, 72_000)),
    ({"unit": "GBP", "min_value": None, "max_value": "90000.0"}, (None, 90_000)),
]


@pytest.mark.parametrize(("value", "expected"), FILLED)
def test_a_currency_field_is_read_from_what_is_filled(value, expected, board_of) -> None:
    """Empty fields may stand beside the filled ones of the other shape."""
    job = {
        "id": 1,
        "title": "Engineer",
        "metadata": [{"name": "Salary Range", "value_type": "currency_range", "value": value}],
    }
    (posting,) = greenhouse.parse({"jobs": [job]}, board_of("greenhouse")).postings
    assert posting.stated_pay == (stated(*expected, "GBP", "metadata", "Salary Range"),)


def test_a_posting_is_what_the_board_said(board_of, recorded_json) -> None:
    """Titles are stripped, times are of first publication and in UTC, the content stays escaped as it came."""
    first = greenhouse.parse(recorded_json("greenhouse/board.json"), board_of("greenhouse")).postings[0]
    assert (first.title, first.location, first.places) == ("Senior Robotics Engineer", "London, United Kingdom", ())
    assert first.posted_at == datetime(2026, 2, 24, 14, 4, 33, tzinfo=UTC)
    assert first.content.startswith("&lt;p&gt;Join us.")
    assert (first.internal_id, first.department) == ("3999999001", "Engineering")
    assert first.apply_url == "https://job-boards.greenhouse.io/acme/jobs/4000000001"


def test_what_is_absent_stays_absent(board_of, recorded_json) -> None:
    """Null places, dates and internal jobs are no reason to refuse a posting, and a script is no address."""
    last = greenhouse.parse(recorded_json("greenhouse/board.json"), board_of("greenhouse")).postings[-1]
    assert (last.location, last.posted_at, last.internal_id, last.department) == ("", None, None, None)
    assert last.apply_url is None


def test_the_workplace_comes_from_the_boards_own_field(board_of, recorded_json) -> None:
    """Where a company keeps a workplace type, it is passed on as a hint."""
    parsed = greenhouse.parse(recorded_json("greenhouse/board.json"), board_of("greenhouse"))
    assert [posting.workplace for posting in parsed.postings] == [None, "Hybrid", None, None, None]


NOISE = [
    ("updated_at", lambda job: job.update(updated_at="2026-03-09T09:00:00-04:00"), False),
    ("data_compliance", lambda job: job.update(data_compliance=[]), False),
    ("disclaimer", lambda job: job.update(ai_disclaimer=None, include_ai_disclaimer=True), False),
    ("department tree", lambda job: job["departments"][0].update(child_ids=[7, 8], parent_id=3), False),
    ("office tree", lambda job: job["offices"][0].update(child_ids=[7]), False),
    ("title", lambda job: job.update(title="Principal Robotics Engineer"), True),
    ("location", lambda job: job.update(location={"name": "Leeds"}), True),
    ("content", lambda job: job.update(content="&lt;p&gt;Other words"), True),
    ("department", lambda job: job["departments"][0].update(name="Research"), True),
    ("pay", lambda job: job["pay_input_ranges"][0].update(max_cents=9600000), True),
    ("metadata", lambda job: job.update(metadata=[{"id": 1, "name": "Pay", "value": None}]), True),
    ("first published", lambda job: job.update(first_published="2026-03-01T00:00:00-05:00"), True),
]


@pytest.mark.parametrize(("change", "counts"), [case[1:] for case in NOISE], ids=[case[0] for case in NOISE])
def test_only_what_matters_is_a_change(change, counts, board_of, recorded_json) -> None:
    """The board touches most postings every day without changing any."""
    payload, board = recorded_json("greenhouse/board.json"), board_of("greenhouse")
    known = {p.external_id: p.payload_hash for p in greenhouse.parse(payload, board).postings}
    change(payload["jobs"][0])
    assert bool(greenhouse.parse(payload, board, known).postings) is counts


TOTALS = [
    ({"total": 5}, 5, True),
    ({"total": 240}, 240, False),
    ({"total": None}, None, True),
    ({"total": True}, None, True),
    ({}, None, True),
    (None, None, True),
]


@pytest.mark.parametrize(("meta", "total", "complete"), TOTALS)
def test_a_total_that_disagrees_is_partial(meta, total, complete, board_of, recorded_json) -> None:
    """An answer with fewer records than it declares must not close anything."""
    payload = {**recorded_json("greenhouse/board.json"), "meta": meta}
    parsed = greenhouse.parse(payload, board_of("greenhouse"))
    assert (parsed.declared_total, parsed.is_complete) == (total, complete)


def test_an_envelope_around_the_list_is_read_too(board_of, recorded_json) -> None:
    """An archived answer may sit in another envelope; only its list of jobs is needed."""
    jobs = recorded_json("greenhouse/board.json")["jobs"]
    parsed = greenhouse.parse({"company": "acme", "job_count": 9, "jobs": jobs}, board_of("greenhouse"))
    assert (len(parsed.postings), parsed.declared_total) == (5, None)


async def test_a_board_is_one_request(httpx_mock: HTTPXMock, board_of, recorded) -> None:
    """The whole board comes at once, with its texts and its pay."""
    headers = {"ETag": 'W/"7"', "Last-Modified": "Mon, 02 Mar 2026 09:00:00 GMT"}
    httpx_mock.add_response(url=URL, content=recorded("greenhouse/board.json"), headers=headers)
    async with Http() as http:
        harvest = await greenhouse.fetch(http, board_of("greenhouse"))
    assert (harvest.status, harvest.etag, harvest.not_modified, harvest.tries) == (200, 'W/"7"', False, 1)
    assert harvest.wire_bytes == len(recorded("greenhouse/board.json"))
    assert greenhouse.parse(decode(harvest), board_of("greenhouse")).is_complete


async def test_an_unchanged_board_is_not_sent_again(httpx_mock: HTTPXMock, board_of) -> None:
    """With the validators of last time the answer may be a bare 304."""
    httpx_mock.add_response(url=URL, match_headers={"If-None-Match": 'W/"7"'}, status_code=304)
    async with Http() as http:
        harvest = await greenhouse.fetch(http, board_of("greenhouse"), Validators('W/"7"', None))
    assert (harvest.not_modified, harvest.pages, harvest.status) == (True, [], 304)


@pytest.mark.parametrize(
    ("status", "error"), [(404, SourceGone), (410, SourceGone), (500, SourceUnavailable), (429, SourceUnavailable)]
)
async def test_a_refusal_is_asked_once(httpx_mock: HTTPXMock, board_of, status: int, error: type[Exception]) -> None:
    """A fetch never retries by itself: the run owns the retry."""
    httpx_mock.add_response(url=URL, status_code=status)
    async with Http() as http:
        with pytest.raises(error):
            await greenhouse.fetch(http, board_of("greenhouse"))
    assert len(httpx_mock.get_requests()) == 1
