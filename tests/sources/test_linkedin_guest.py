"""LinkedIn's pages for guests: cards, details, and every way in which it turns guests away."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpx import HTTPXMock

from job_hunter.errors import SourceBlocked, SourceChanged, SourceGone, SourceUnavailable
from job_hunter.sources import linkedin_guest
from job_hunter.sources.http import Http
from job_hunter.sources.linkedin_guest import Card, Cards

Recorded = Callable[[str], Any]
DETAIL = "https://www.linkedin.com/jobs-guest/jobs/api/jobPosting/4490000011"


def test_cards_are_read_as_shown(recorded: Recorded) -> None:
    """Blanks and entities are those of the markup, addresses lose their tracking, a repeated card is one."""
    found = linkedin_guest.parse_cards(recorded("linkedin/search.html"))
    day = datetime(2026, 11, 18, tzinfo=UTC)
    assert (
        Card("4490000011", "Senior C++ Engineer", "Fenwick Ticks & Co", "London, England, United Kingdom", day,
             "https://uk.linkedin.com/jobs/view/senior-c%2B%2B-engineer-at-fenwick-ticks-4490000011",
             "£60,000.00 - £80,000.00"),
        Card("4490000012", "Data Engineer", "Confidential", "Greater London", datetime(2026, 11, 22, tzinfo=UTC),
             "https://uk.linkedin.com/jobs/view/data-engineer-4490000012"),
        Card("4490000013", "Platform Lead", "Orrin Vale", "London", None,
             "https://www.linkedin.com/jobs/view/platform-lead-at-orrin-vale-4490000013/"),
    ) == found.cards  # fmt: skip


def test_the_next_page_starts_after_every_card_received(recorded: Recorded) -> None:
    """A repeated card and an unreadable one count too."""
    assert linkedin_guest.parse_cards(recorded("linkedin/search.html")).count == 5


def test_a_card_with_a_broken_link_is_one_card_without_it(recorded: Recorded) -> None:
    """A link no parser takes costs its own card the address and no other card anything."""
    body = recorded("linkedin/search.html")
    whole = linkedin_guest.parse_cards(body).cards
    broken = linkedin_guest.parse_cards(body.replace(b"https://uk.linkedin.com/", b"https://[uk/", 1)).cards
    assert broken == (replace(whole[0], url=None), *whole[1:])


@pytest.mark.parametrize("body", [b"", b"<!DOCTYPE html>\n\n", b"  ", b"<!---->", b"<ul></ul>"])
def test_nothing_is_no_cards(body: bytes) -> None:
    """The end of the results, or a soft block: an empty page."""
    assert Cards(()) == linkedin_guest.parse_cards(body)


@pytest.mark.parametrize("body", [b"<p>Something new</p>", b'<div class="job-search-card"><p>x</p></div>'])
def test_a_page_of_another_shape_is_said(body: bytes) -> None:
    """Words without cards, cards without anything to read."""
    with pytest.raises(SourceChanged):
        linkedin_guest.parse_cards(body)


def test_a_card_is_the_same_until_it_says_something_else(recorded: Recorded) -> None:
    """Tracking changes each time and is no change; a card read with its details is another thing."""
    body = recorded("linkedin/search.html")
    first = linkedin_guest.parse_cards(body).cards[0]
    again = linkedin_guest.parse_cards(body.replace(b"trackingId=b", b"trackingId=c").replace(b"4 days", b"5 days"))
    assert first.digest(detailed=True) == again.cards[0].digest(detailed=True)
    assert first.digest(detailed=True) != first.digest(detailed=False)
    raised = linkedin_guest.parse_cards(body.replace("£80,000".encode(), "£90,000".encode())).cards[0]
    assert first.digest(detailed=True) != raised.digest(detailed=True)


def test_a_detail_is_read(recorded: Recorded) -> None:
    """The markup inside, the pay shown beside it, and the criteria with their labels."""
    detail = linkedin_guest.parse_detail(recorded("linkedin/detail.html"))
    assert detail.description.startswith("We match orders &amp; buyers.<br><ul><li>C++20</li>")
    assert detail.description.endswith("<strong>Hybrid</strong>")
    assert detail.salary == "£60,000.00/yr - £80,000.00/yr"
    assert detail.criteria == (("Seniority level", "Not Applicable"), ("Employment type", "Full-time"))
    assert not detail.is_closed


def test_a_closed_posting_says_so(recorded: Recorded) -> None:
    """Without a description it is an answer all the same."""
    assert linkedin_guest.parse_detail(recorded("linkedin/closed.html")).is_closed


@pytest.mark.parametrize("body", [b"", b"<p>Something new</p>"])
def test_a_detail_of_another_shape_is_said(body: bytes) -> None:
    """Neither a description nor closed."""
    with pytest.raises(SourceChanged):
        linkedin_guest.parse_detail(body)


@given(
    st.binary(max_size=200) | st.text(alphabet='<>/="\x00 div li class job-search-card', max_size=200).map(str.encode)
)
def test_no_bytes_defeat_the_parsers(body: bytes) -> None:
    """Cards or none, a detail or none, or a changed source."""
    for parse in (linkedin_guest.parse_cards, linkedin_guest.parse_detail):
        with suppress(SourceChanged):
            parse(body)


REFUSALS = [
    # the answer, and the error it is
    ({"status_code": 429}, SourceBlocked),
    ({"status_code": 999}, SourceBlocked),
    ({"status_code": 401}, SourceBlocked),
    ({"status_code": 403}, SourceBlocked),
    ({"status_code": 302, "headers": {"location": "https://www.linkedin.com/authwall?trk=x"}}, SourceBlocked),
    ({"status_code": 302, "headers": {"location": "https://www.linkedin.com/uas/login"}}, SourceBlocked),
    ({"status_code": 200, "text": '<form action="/uas/login-submit">Sign in to LinkedIn</form>'}, SourceBlocked),
    ({"status_code": 301, "headers": {"location": "https://www.linkedin.com/jobs/"}}, SourceGone),
    ({"status_code": 404}, SourceGone),
    ({"status_code": 500}, SourceUnavailable),
]


@pytest.mark.parametrize(("answer", "error"), REFUSALS)
async def test_refusals_by_name(httpx_mock: HTTPXMock, answer: dict[str, Any], error: type[Exception]) -> None:
    """429, 999, the login and its page are blocks; 404 and a page elsewhere are gone; 5xx is worth a retry."""
    httpx_mock.add_response(url=DETAIL, **answer)
    async with Http(intervals={}) as http:
        with pytest.raises(error):
            await linkedin_guest.fetch_detail(http, "4490000011")
    assert len(httpx_mock.get_requests()) == 1


async def test_the_national_host_is_followed(httpx_mock: HTTPXMock, recorded: Recorded) -> None:
    """The same page on uk.linkedin.com is the page."""
    national = DETAIL.replace("www.", "uk.")
    httpx_mock.add_response(url=DETAIL, status_code=302, headers={"location": national})
    httpx_mock.add_response(url=national, content=recorded("linkedin/detail.html"))
    async with Http(intervals={}) as http:
        answer = await linkedin_guest.fetch_detail(http, "4490000011")
    assert b"show-more-less-html" in answer.body


async def test_words_about_signing_in_among_cards_are_no_login(httpx_mock: HTTPXMock, recorded: Recorded) -> None:
    """A page with cards is read, whatever it invites to."""
    body = recorded("linkedin/search.html") + b"<p>Join LinkedIn to see more</p>"
    httpx_mock.add_response(content=body)
    async with Http(intervals={}) as http:
        answer = await linkedin_guest.fetch_cards(http, keywords="engineer", location="London", start=0)
    assert len(linkedin_guest.parse_cards(answer.body).cards) == 3
    (request,) = httpx_mock.get_requests()
    assert dict(request.url.params) == {"keywords": "engineer", "location": "London", "start": "0", "f_TPR": "r604800"}
