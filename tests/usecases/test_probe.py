"""What `probe` finds behind slugs and careers pages, against the replica and pages made up here."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml
from pytest_httpx import HTTPXMock

from job_hunter.config.companies import CompanyEntry
from job_hunter.config.watches import WatchEntry
from job_hunter.domain.careers import boards_linked, slug_guesses
from job_hunter.domain.company import Company
from job_hunter.sources.http import Http
from job_hunter.usecases.probe import Probe, probe
from tests.usecases.conftest import Market

AT = datetime(2026, 11, 22, tzinfo=UTC)


async def look(market: Market, address: str, name: str | None = None) -> Probe:
    """The use case, with the replica in place of the boards."""
    async with Http(market.base_urls, timeout=5) as http:
        return await probe(http, address, market.readings.gazetteer, at=AT, name=name)


def company(market: Market, source: str) -> Company:
    """The first company on that system."""
    return next(company for company in market.companies if company.ats_type == source)


@pytest.mark.parametrize("source", ["greenhouse", "lever", "ashby"])
async def test_a_slug_is_found_on_its_system(market: Market, source: str) -> None:
    """The board, its openings and those in London, that it is the employer's, and a block that companies.yaml takes."""
    wanted = company(market, source)
    found = await look(market, wanted.ats_id, wanted.display_name)
    openings = [o for o in market.sandbox.truth.openings(market.at.date()) if o.company == wanted.slug]
    board = found.boards[0]
    assert (board.source, board.token, board.openings) == (source, wanted.ats_id, len(openings))
    assert board.is_named_enough
    assert found.file == "companies.yaml"
    entry = CompanyEntry(**yaml.safe_load(found.block)[0])
    assert (entry.ats_type, entry.ats_id) == (source, wanted.ats_id)
    assert wanted.display_name in found.advice


async def test_the_address_of_a_board_needs_no_guess(market: Market) -> None:
    """One request, to the board named in the address."""
    wanted = company(market, "greenhouse")
    found = await look(market, f"https://job-boards.greenhouse.io/{wanted.ats_id}/jobs/123", wanted.display_name)
    assert [board.token for board in found.boards] == [wanted.ats_id]
    assert len(market.sandbox.requests()) == 1


async def test_another_employers_board_is_not_taken(market: Market) -> None:
    """A board of that slug whose openings name somebody else: said so, and no block for companies.yaml."""
    wanted = company(market, "greenhouse")
    found = await look(market, wanted.ats_id, "Zebra Crossing Holdings")
    assert found.boards
    assert found.file == "cdio_watches.yaml"
    assert "do not name Zebra Crossing Holdings" in found.advice


async def test_nothing_found_gives_a_watch(market: Market) -> None:
    """Unknown everywhere: a block that cdio_watches.yaml takes, and what to do with it."""
    found = await look(market, "nobody-hires-here")
    assert found.boards == ()
    assert "changedetection.io" in found.advice
    entry = yaml.safe_load(found.block.replace("https://CAREERS-PAGE", "https://example.com/jobs"))[0]
    assert WatchEntry(**entry).slug == "nobody-hires-here"


async def test_a_board_that_is_down_is_a_problem_and_no_absence(market: Market) -> None:
    """A 500 is told; it is not read as "no such board"."""
    wanted = company(market, "greenhouse")
    market.sandbox.fault("error", board=wanted.ats_id)
    found = await look(market, wanted.ats_id, wanted.display_name)
    assert any("500" in problem for problem in found.problems)


async def test_with_a_replica_no_other_host_is_asked(market: Market) -> None:
    """The address of a live page is refused while a replica stands in for the boards."""
    found = await look(market, "https://careers.example.com/jobs")
    assert any("was not asked" in problem for problem in found.problems)


async def test_a_careers_page_shows_its_board(httpx_mock: HTTPXMock, market: Market) -> None:
    """The embedded board is followed; the page itself is asked once."""
    httpx_mock.add_response(
        url="https://careers.example.com/jobs",
        html='<script src="https://boards.greenhouse.io/embed/job_board/js?for=examplecorp"></script>',
    )
    httpx_mock.add_response(
        url="https://boards-api.greenhouse.io/v1/boards/examplecorp/jobs?content=true&pay_transparency=true",
        json={
            "jobs": [
                {
                    "id": 1,
                    "title": "Engineer",
                    "location": {"name": "London"},
                    "content": "&lt;p&gt;Example Corp builds.&lt;/p&gt;",
                    "absolute_url": "https://example.com/1",
                    "first_published": "2026-11-01T09:00:00-04:00",
                }
            ],
            "meta": {"total": 1},
        },
    )
    async with Http() as http:
        found = await probe(
            http, "https://careers.example.com/jobs", market.readings.gazetteer, at=AT, name="Example Corp"
        )
    assert [(b.source, b.token, b.openings, b.london, b.named) for b in found.boards] == [
        ("greenhouse", "examplecorp", 1, 1, 1)
    ]
    assert found.file == "companies.yaml"


PAGES = {
    "a link": ('<a href="https://jobs.lever.co/acme/1">', [("lever", "acme")]),
    "escaped in a script": (r'{"url":"https:\/\/jobs.ashbyhq.com\/Acme%20Labs"}', [("ashby", "Acme Labs")]),
    "embedded": ('<div src="//boards.greenhouse.io/embed/job_board?for=acme&amp;b=1">', [("greenhouse", "acme")]),
    "the most linked first": (
        "https://jobs.lever.co/one https://jobs.ashbyhq.com/two https://jobs.ashbyhq.com/two/x",
        [("ashby", "two"), ("lever", "one")],
    ),
    "none": ('<a href="https://example.com/jobs">', []),
}


@pytest.mark.parametrize("page", PAGES)
def test_boards_linked(page: str) -> None:
    """The boards that a page's source names."""
    html, boards = PAGES[page]
    assert boards_linked(html) == boards


@pytest.mark.parametrize(
    ("address", "guesses"),
    [
        ("janestreet", ["janestreet"]),
        ("Jane-Street", ["Jane-Street", "jane-street", "janestreet"]),
        ("https://www.g-research.com/vacancies/", ["g-research", "gresearch"]),
        ("careers.acme.co.uk", ["acme"]),
        ("acme.io", ["acme"]),
    ],
)
def test_slug_guesses(address: str, guesses: list[str]) -> None:
    """What is tried for an address that names no board."""
    assert slug_guesses(address) == guesses
