"""What `probe` finds behind slugs and careers pages, against the replica and pages made up here."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_httpx import HTTPXMock

from job_hunter.config.companies import CompanyEntry
from job_hunter.config.watches import WatchEntry
from job_hunter.domain.careers import boards_linked, is_named_enough, named_by, slug_guesses
from job_hunter.domain.company import Board, Company, Sector
from job_hunter.domain.posting import Posting
from job_hunter.errors import UsageError
from job_hunter.sources import ATS
from job_hunter.sources.http import Http
from job_hunter.usecases.probe import Probe, probe
from tests.usecases.conftest import Market

AT = datetime(2026, 11, 22, tzinfo=UTC)


async def look(market: Market, address: str, name: str | None = None, companies: Sequence[Company] = ()) -> Probe:
    """The use case, with the replica in place of the boards."""
    async with Http(market.base_urls, timeout=5) as http:
        return await probe(http, address, market.readings.gazetteer, at=AT, name=name, companies=companies)


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


@pytest.mark.parametrize("source", ["greenhouse", "lever", "ashby"])
async def test_a_company_of_ours_is_looked_up_where_we_have_it(market: Market, source: str) -> None:
    """Its slug alone: one request, to its own board, whatever that is called."""
    ours = company(market, source)
    market.sandbox.clear_requests()
    found = await look(market, ours.slug, companies=market.companies)
    assert [(board.source, board.token) for board in found.boards] == [(source, ours.ats_id)]
    assert "where companies.yaml has it" in found.advice
    assert len(market.sandbox.requests()) == 1


@pytest.mark.parametrize("source", ["greenhouse", "lever", "ashby"])
async def test_a_company_of_ours_that_moved_is_found_by_its_names(market: Market, source: str) -> None:
    """Its configured board is gone: the new one is found, and the block keeps its slug and sector."""
    there = company(market, source)
    gone = "greenhouse" if source != "greenhouse" else "ashby"
    ours = replace(there, ats_type=gone, ats_id="no-such-board", careers_url=None)
    found = await look(market, ours.slug, companies=[ours])
    assert (found.boards[0].source, found.boards[0].token) == (source, there.ats_id)
    assert "another board than companies.yaml says" in found.advice
    entry = yaml.safe_load(found.block)[0]
    assert (entry["slug"], entry["sector"], entry["ats_id"]) == (ours.slug, ours.sector.value, there.ats_id)


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


CAREERS = "https://careers.example.com/jobs"
BOARD = "https://boards-api.greenhouse.io/v1/boards/examplecorp/jobs?content=true&pay_transparency=true"
EMBEDDED = '<script src="https://boards.greenhouse.io/embed/job_board/js?for=examplecorp"></script>'


def greenhouse(*texts: str, own: str = "Example Corp") -> dict[str, Any]:
    """A board with one London opening for each text."""
    jobs = [
        {
            "id": number,
            "title": "Engineer",
            "company_name": own,
            "location": {"name": "London"},
            "content": text,
            "absolute_url": f"https://job-boards.greenhouse.io/examplecorp/jobs/{number}",
            "first_published": "2026-11-01T09:00:00-04:00",
        }
        for number, text in enumerate(texts, start=1)
    ]
    return {"jobs": jobs, "meta": {"total": len(jobs)}}


async def look_live(market: Market, address: str, name: str | None = None) -> Probe:
    """The use case as it asks live boards; every answer is the test's own."""
    async with Http() as http:
        return await probe(http, address, market.readings.gazetteer, at=AT, name=name)


async def test_a_careers_page_shows_its_board(httpx_mock: HTTPXMock, market: Market) -> None:
    """The embedded board is followed; the page itself is asked once."""
    httpx_mock.add_response(url=CAREERS, html=EMBEDDED)
    httpx_mock.add_response(url=BOARD, json=greenhouse("Example Corp builds."))
    found = await look_live(market, CAREERS, "Example Corp")
    assert [(b.source, b.token, b.openings, b.london, b.named) for b in found.boards] == [
        ("greenhouse", "examplecorp", 1, 1, 1)
    ]
    assert (found.file, found.problems) == ("companies.yaml", ())


async def test_a_careers_page_may_have_moved_to_its_board(httpx_mock: HTTPXMock, market: Market) -> None:
    """Redirects are followed to other hosts; one that leads to a board needs no page."""
    httpx_mock.add_response(url="https://example.com/careers", status_code=301, headers={"Location": CAREERS})
    httpx_mock.add_response(
        url=CAREERS, status_code=302, headers={"Location": "https://job-boards.greenhouse.io/examplecorp"}
    )
    httpx_mock.add_response(url=BOARD, json=greenhouse("We build."))
    found = await look_live(market, "example.com/careers", "Example Corp")
    assert [board.token for board in found.boards] == ["examplecorp"]
    assert found.boards[0].is_named_enough


async def test_an_endless_redirect_is_a_problem(httpx_mock: HTTPXMock, market: Market) -> None:
    """It is given up after a few steps, and the host's name is tried on the boards."""
    httpx_mock.add_response(url=CAREERS, status_code=302, headers={"Location": CAREERS}, is_reusable=True)
    httpx_mock.add_response(
        url=re.compile(r"https://[^/]*(greenhouse|lever|ashbyhq).*"), status_code=404, is_reusable=True
    )
    found = await look_live(market, CAREERS)
    assert found.boards == ()
    assert any("redirects without end" in problem for problem in found.problems)


async def test_a_board_that_calls_itself_otherwise(httpx_mock: HTTPXMock, market: Market) -> None:
    """A hosted board's addresses hold its token and prove nothing: what it calls itself and its texts do."""
    httpx_mock.add_response(url=BOARD, json=greenhouse("Another firm.", own="Sample Trading Ltd"), is_reusable=True)
    address = "https://job-boards.greenhouse.io/examplecorp"
    other = await look_live(market, address, "Example Corp")
    assert (other.boards[0].named, other.boards[0].calls_itself) == (0, "Sample Trading Ltd")
    assert "Look before you add it" in other.advice
    assert "calls itself Sample Trading Ltd" in other.advice
    unnamed = await look_live(market, address)
    assert (unnamed.name, unnamed.boards[0].named) == ("Sample Trading Ltd", 1)
    assert yaml.safe_load(unnamed.block)[0]["display_name"] == "Sample Trading Ltd"


@pytest.mark.parametrize("name", ["Yes", "A: B # C", "3i", "O'Neil & Söhne", 'The "Q" Group'])
async def test_any_name_is_written_so_that_yaml_reads_it_back(httpx_mock: HTTPXMock, market: Market, name: str) -> None:
    """Both blocks are what the files' own checks take, whatever the employer is called."""
    httpx_mock.add_response(url=BOARD, json=greenhouse("We build.", own=name))
    found = await look_live(market, "https://boards.greenhouse.io/examplecorp", name)
    assert CompanyEntry(**yaml.safe_load(found.block)[0]).display_name == name
    httpx_mock.add_response(url="https://careers.example.com/", html="<p>Jobs</p>")
    httpx_mock.add_response(
        url=re.compile(r"https://[^/]*(greenhouse|lever|ashbyhq).*"), status_code=404, is_reusable=True
    )
    found = await look_live(market, "https://careers.example.com/", name)
    assert WatchEntry(**yaml.safe_load(found.block)[0]).display_name == name


async def test_an_unreachable_board_leaves_the_question_open(httpx_mock: HTTPXMock, market: Market) -> None:
    """Nothing found while boards are down: run it again; nothing found while all answered: watch the page."""
    boards = re.compile(r"https://[^/]*(greenhouse|lever|ashbyhq).*")
    httpx_mock.add_response(url=boards, status_code=404, is_reusable=True)
    assert "run it again" not in (await look_live(market, "examplecorp")).advice
    httpx_mock.reset()
    httpx_mock.add_response(url=boards, status_code=503, is_reusable=True)
    assert "run it again" in (await look_live(market, "examplecorp")).advice


@pytest.mark.parametrize(
    ("address", "name", "problem"),
    [
        ("", None, "give a board's name"),
        ("///", None, "give a board's name"),
        ("acme\x1b[2J", None, "give a board's name"),
        ("file:///etc/hosts", None, "is no web address"),
        ("https://[acme", None, "is no web address"),
        ("acme", "  ", "--name"),
        ("acme", "Acme\nCorp", "--name"),
    ],
)
async def test_what_is_no_address_or_name_is_refused(
    market: Market, address: str, name: str | None, problem: str
) -> None:
    """Before anything is asked."""
    with pytest.raises(UsageError, match=problem):
        await look(market, address, name)
    assert market.sandbox.requests() == []


# name, text, the posting's own company name, its address → whether it names the employer
NAMINGS = {
    "in its text": ("Acme", "At Acme, we build", None, None, True),
    "with a possessive": ("Acme", "Acme’s office", None, None, True),
    "in capitals": ("Imc", "IMC is a trading firm", None, None, True),
    "written apart": ("Janestreet", "Jane Street is", None, None, True),
    "written together": ("Jane Street", "JaneStreet is", None, None, True),
    "without its legal form": ("Acme Ltd", "Acme builds", None, None, True),
    "with accents": ("Societe Generale", "Société Générale recrute", None, None, True),
    "with an ampersand": ("Smith and Sons", "Smith & Sons hires", None, None, True),
    "as a part of a word": ("Wise", "otherwise likewise", None, None, False),
    "as a verb": ("Ramp", "help us ramp up", None, None, False),
    "written small by itself": ("monday.com", "at monday.com", None, None, True),
    "by what it calls itself": ("PlayStation", "we build", "PlayStation Global", None, True),
    "by what another calls itself": ("PlayStation", "we build", "Play", None, False),
    "on its own site": ("Acme", "we build", None, "https://careers.acme.com/1", True),
    "by the board's address": ("Acme", "we build", None, "https://jobs.lever.co/acme/1", False),
    "nowhere": ("Acme", "we build", None, None, False),
    "no letters": ("!!!", "we build!!!", None, None, False),
}


@pytest.mark.parametrize("case", NAMINGS)
def test_named_by(case: str) -> None:
    """What counts as an opening that names its employer."""
    name, text, own, address, expected = NAMINGS[case]
    posting = Posting(
        source="lever",
        external_id="1",
        board="acme",
        title="Engineer",
        location="London",
        content=text,
        payload_hash=b"",
        raw=b"{}",
        company_name=own,
        apply_url=address,
    )
    assert named_by(name, [posting]) == (int(expected), 1)


# Captures of single boards: the employer, its openings, and in how many texts a plain search for the word finds it.
REAL_BOARDS = {
    "ashby/cursor_54.json": ("Cursor", 54, 47),
    "ashby/etched_10.json": ("Etched", 10, 10),
    "greenhouse/catawiki_full_content_50.json": ("Catawiki", 50, 50),
    "lever/matchgroup_82.json": ("Match Group", 82, 41),
    "lever/palantir_10.json": ("Palantir", 10, 10),
}


@pytest.mark.real
@pytest.mark.parametrize("path", REAL_BOARDS)
def test_real_boards_are_their_employers_and_nobody_elses(path: str) -> None:
    """Half of the openings or more name the employer; a few common words that are employers too name none."""
    folder = os.environ.get("JOB_HUNTER_REAL_PAYLOADS")
    if not folder or not Path(folder).is_dir():
        pytest.skip("JOB_HUNTER_REAL_PAYLOADS names no folder of captured payloads")
    name, openings, naming = REAL_BOARDS[path]
    source = path.partition("/")[0]
    board = Board(source, "x", Company("x", "X", source, "x", Sector.OTHER))
    postings = ATS[source].parse(json.loads((Path(folder) / path).read_bytes()), board, {}).postings
    assert named_by(name, postings) == (naming, openings)
    assert is_named_enough(naming, openings)
    for other in ("Wise", "Ramp", "Monzo", "Flow Traders"):
        assert named_by(other, postings)[0] == 0


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
        ("Jane-Street", ["Jane-Street", "jane-street", "janestreet", "JaneStreet"]),
        ("https://www.g-research.com/vacancies/", ["g-research", "gresearch", "GResearch"]),
        ("https://www.skylark.energy/jobs", ["skylark"]),
        ("jobs.acme.technology", ["acme"]),
        ("careers.acme.co.uk", ["acme"]),
        ("acme.io", ["acme"]),
    ],
)
def test_slug_guesses(address: str, guesses: list[str]) -> None:
    """What is tried for an address that names no board."""
    assert slug_guesses(address) == guesses
