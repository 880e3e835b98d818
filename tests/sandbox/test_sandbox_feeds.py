"""Hacker News, levels.fyi and LinkedIn in their real shapes, with the truth about each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from job_hunter.config import load_companies
from job_hunter.sandbox.config import write_config
from job_hunter.sandbox.server import SandboxServer, sandbox_server
from job_hunter.sandbox.world import World

SEARCH = "/jobs-guest/jobs/api/seeMoreJobPostings/search"


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    """One server for the module."""
    with sandbox_server(World()) as server:
        yield server


@pytest.fixture
def server(running: SandboxServer) -> Iterator[SandboxServer]:
    """The server, put back as it was after each test."""
    yield running
    running.clear_faults()
    running.set_week(-1)
    running.clear_requests()


@pytest.fixture(scope="module")
def shared(running: SandboxServer) -> Iterator[httpx.Client]:
    """One client for the module: making its TLS context is what takes longest."""
    with httpx.Client(base_url=running.url, timeout=10) as client:
        yield client


@pytest.fixture
def client(server: SandboxServer, shared: httpx.Client) -> httpx.Client:
    """A client of the server."""
    return shared


def stories(client: httpx.Client) -> list[Any]:
    """What the author of the threads wrote, as a reader would ask for it."""
    query = "tags=story,author_whoishiring&hitsPerPage=20"
    return list(client.get(f"/api/v1/search_by_date?{query}").json()["hits"])


def newest(client: httpx.Client) -> str:
    """The id of the month's thread."""
    return next(str(hit["objectID"]) for hit in stories(client) if "Who is hiring? (" in hit["title"])


def test_threads_are_found_newest_first_among_others(client: httpx.Client) -> None:
    """The same author posts three stories a month, and one thread once had an odd title."""
    titles = [hit["title"] for hit in stories(client)]
    assert "Ask HN: Who is hiring? (November 2026)" in titles
    assert "Ask HN: Who wants to be hired? (November 2026)" in titles
    moments = [hit["created_at_i"] for hit in stories(client)]
    assert sorted(moments, reverse=True) == moments
    answer = client.get("/api/v1/search_by_date?tags=story,author_whoishiring&hitsPerPage=50").json()
    assert "Ask HN: Who is hiring right now?" in {hit["title"] for hit in answer["hits"]}


def test_a_thread_is_a_tree_of_comments(client: httpx.Client) -> None:
    """Jobs are the direct children; deleted ones have neither author nor text, replies hang below."""
    tree = client.get(f"/api/v1/items/{newest(client)}").json()
    assert {tree["id"]} == {child["parent_id"] for child in tree["children"]}
    assert any(child["text"] is None and child["author"] is None for child in tree["children"])
    assert any(child["children"] for child in tree["children"])
    texts = [child["text"] for child in tree["children"] if child["text"]]
    assert all("/" not in re.sub(r"</?[pa][ >]|<p>|</a>", "", text) for text in texts)
    assert any("&#x2F;" in text and 'rel="nofollow"' in text and "..." in text for text in texts)


def test_the_flat_search_holds_the_same_comments_and_replies_too(client: httpx.Client) -> None:
    """By parent_id the flat list gives the top level of the tree."""
    thread = newest(client)
    tree = client.get(f"/api/v1/items/{thread}").json()
    flat = client.get(f"/api/v1/search_by_date?tags=comment,story_{thread}&hitsPerPage=1000").json()
    top = {hit["objectID"] for hit in flat["hits"] if str(hit["parent_id"]) == thread}
    assert {str(child["id"]) for child in tree["children"]} == top
    assert flat["nbHits"] > len(top)


def test_a_large_thread_is_reachable_by_slices_alone() -> None:
    """Of more than a thousand hits only the first thousand can be paged to; filters by time reach the rest."""
    with sandbox_server(World(companies=3), hn_comments=1100) as server, httpx.Client(base_url=server.url) as client:
        thread = newest(client)
        path = f"/api/v1/search_by_date?tags=comment,story_{thread}&hitsPerPage=300"
        first = client.get(path).json()
        assert first["nbHits"] > 1100
        assert first["nbPages"] == 4
        paged = [hit for page in range(6) for hit in client.get(f"{path}&page={page}").json()["hits"]]
        assert len(paged) == 1000
        rest = client.get(f"{path}&numericFilters=created_at_i<{paged[-1]['created_at_i']}").json()
        assert rest["nbHits"] >= first["nbHits"] - 1000 - 5


def test_comments_appear_are_edited_and_vanish(server: SandboxServer) -> None:
    """Over the weeks a thread grows, some comments change their pay and some are deleted."""
    news, days = server.state.hn, server.world.dates
    ads = [ad for thread in news.threads(days[-1]) for ad in news.ads(thread.ident)]
    edited = [ad for ad in ads if ad.edited_on and ad.edited_on <= days[-1] and ad.is_live(ad.edited_on)]
    assert edited
    for ad in edited:
        assert ad.edited_on is not None
        assert ad.text(ad.edited_on - timedelta(1)) != ad.text(ad.edited_on)
    gone = [ad for ad in ads if ad.gone_on]
    assert gone
    assert all(ad.text(ad.gone_on) is None for ad in gone if ad.gone_on)
    thread = news.threads(days[-1])[2]
    assert thread.is_hiring
    sizes = [sum(ad.created_at.date() <= day for ad in news.ads(thread.ident)) for day in days[-4:]]
    assert 0 == sizes[0] < sizes[1] < sizes[-1]


def test_some_comments_advertise_what_is_on_a_board(server: SandboxServer) -> None:
    """The opening a comment repeats was on its company's board the day it was written, at most one a month each."""
    live = server.state.hn.live(server.world.end)
    repeated = [ad for ad in live if ad.opening]
    assert len(repeated) > 20
    for ad in repeated:
        assert ad.slug is not None
        there = {o.external_id: o for o in server.truth.openings(ad.created_at.date(), ad.slug)}
        assert ad.opening in there
        assert there[ad.opening].title == ad.jobs[0].title
    assert any(len(ad.jobs) > 1 for ad in live)
    assert any(ad.slug is None for ad in live)


def test_an_endpoint_of_hacker_news_can_fail_alone(server: SandboxServer, client: httpx.Client) -> None:
    """Trees fail while the search still answers."""
    thread = newest(client)
    server.fault("error", "items", source="hn")
    assert client.get(f"/api/v1/items/{thread}").status_code == 500
    assert client.get("/api/v1/search_by_date?tags=story,author_whoishiring").status_code == 200
    server.clear_faults()
    assert client.get("/api/v1/items/5").status_code == 404


def props(client: httpx.Client, path: str) -> Any:
    """The data inside a levels.fyi page."""
    page = client.get(path).text
    found = re.search(r'<script id="__NEXT_DATA__" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])["props"]["pageProps"]


def pages(server: SandboxServer, place: str = "london") -> list[Any]:
    """The pages there are about a place."""
    site, world = server.state.levels_fyi, server.world
    found = [site.page(c.levels_fyi, "software-engineer", place, world.end) for c in world.companies if c.levels_fyi]
    return [page for page in found if page is not None]


def test_a_page_counts_in_dollars_whatever_it_prints(server: SandboxServer, client: httpx.Client) -> None:
    """Means by level are USD; times the page's own rate they are the pounds of the truth."""
    own = [page for page in pages(server) if page.served == "london" and page.rungs]
    for page in own[:5]:
        data = props(client, f"/companies/{page.company.slug}/salaries/software-engineer/locations/london")
        assert data["locationCurrency"] == "GBP"
        for average, rung in zip(data["averages"], page.rungs, strict=True):
            assert rung.total == pytest.approx(average["total"] * data["locationExchangeRate"], abs=1)
            assert average["total"] >= average["base"]
            assert len(average["samples"]) == min(20, average["count"])


def test_markdown_is_in_the_currency_it_names(server: SandboxServer, client: httpx.Client) -> None:
    """Totals by level in pounds where the page is about London, with the credit the site asks for."""
    page = next(
        page for page in pages(server) if page.served == "london" and page.company.index % 8 != 7 and page.rungs
    )
    text = client.get(f"/companies/{page.company.slug}/salaries/software-engineer/locations/london.md").text
    assert "**Location:** London, United Kingdom" in text
    assert "**Currency:** GBP (£)" in text
    rows = re.findall(r"^\| (.+?) \| £([\d,]+) \|$", text, re.MULTILINE)
    assert [(r.title, r.total) for r in page.rungs if r.total] == [(t, float(n.replace(",", ""))) for t, n in rows]
    assert "Data source: Levels.fyi" in text


def test_pages_have_the_gaps_and_traps_of_the_real_site(server: SandboxServer, client: httpx.Client) -> None:
    """Zero for unpublished, empty ladders, a level called False, another country served in place of the one asked."""
    found = pages(server)
    assert any(rung.total == 0 for page in found for rung in page.rungs)
    assert any(not page.rungs for page in found)
    assert any(rung.name == "False" for page in found for rung in page.rungs)
    strayed = next(page for page in found if page.served != "london")
    path = f"/companies/{strayed.company.slug}/salaries/software-engineer/locations/london"
    data = props(client, path)
    assert (
        data["percentiles"]["locationName"], data["locationMeta"]["name"],
    ) == ("United States", "London, United Kingdom")  # fmt: skip
    assert "**Location:** United States" in client.get(f"{path}.md").text
    assert {0} == set(props_of_empty(server, client)["percentiles"]["tc"].values())


def props_of_empty(server: SandboxServer, client: httpx.Client) -> Any:
    """The data of a page without a ladder."""
    page = next(page for page in pages(server) if not page.rungs)
    return props(client, f"/companies/{page.company.slug}/salaries/software-engineer/locations/london")


def test_unknown_pages_are_not_found(server: SandboxServer, client: httpx.Client) -> None:
    """A company with too few submissions, an unknown family, an unknown place: 404."""
    none = next(company for company in server.world.companies if company.levels_fyi is None)
    some = next(company for company in server.world.companies if company.levels_fyi)
    for path in (
        f"{none.slug}/salaries/software-engineer",
        f"{some.slug}/salaries/astronaut",
        f"{some.slug}/salaries/software-engineer/locations/atlantis",
        f"{some.slug}/culture",
    ):
        assert client.get(f"/companies/{path}").status_code == 404
    assert client.get(f"/companies/{some.slug}/salaries.md").status_code == 200


def test_the_site_changes_once_a_month(server: SandboxServer, client: httpx.Client) -> None:
    """Its validators hold all month."""
    company = next(company for company in server.world.companies if company.levels_fyi)
    path = f"/companies/{company.slug}/salaries/software-engineer/locations/london.md"
    server.set_date(date(2026, 11, 8))
    etag = client.get(path).headers["etag"]
    server.set_date(date(2026, 11, 22))
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    server.set_date(date(2026, 10, 25))
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "mark"),
    [("block_page", 200, "Human Verification"), ("empty_body", 200, ""), ("forbidden", 403, "Forbidden")],
)
def test_the_site_blocks_in_its_ways(
    server: SandboxServer, client: httpx.Client, kind: str, status: int, mark: str
) -> None:
    """A challenge with status 200, nothing at all with status 200, a plain refusal; after some good answers."""
    company = next(company for company in server.world.companies if company.levels_fyi)
    path = f"/companies/{company.slug}/salaries/software-engineer.md"
    server.fault(kind, source="levels_fyi", skip=2)
    assert "Levels.fyi" in client.get(path).text
    assert "Levels.fyi" in client.get(path).text
    answer = client.get(path)
    assert status == answer.status_code
    assert mark in answer.text
    assert "Attribution" not in answer.text


def test_levels_pages_can_be_as_long_as_real_ones() -> None:
    """Three megabytes when asked for."""
    with sandbox_server(World(companies=2), levels_page_bytes=3_000_000) as server:
        company = server.world.companies[0]
        page = httpx.get(f"{server.url}/companies/{company.slug}/salaries/software-engineer").text
        assert 2_900_000 < len(page) < 3_200_000


def all_cards(client: httpx.Client, **query: Any) -> list[str]:
    """The ids of every card, page after page, until an empty one."""
    found: list[str] = []
    while ids := re.findall(r"urn:li:jobPosting:(\d+)", client.get(SEARCH, params=query | {"start": len(found)}).text):
        found += ids
    return found


def test_cards_come_ten_a_page_and_some_twice(server: SandboxServer, client: httpx.Client) -> None:
    """Stepping by the number received reaches every posting once the repeats are dropped."""
    assert len(re.findall(r"<li>", client.get(SEARCH, params={"location": "London", "start": 0}).text)) == 10
    ids = all_cards(client, location="London")
    expected = {str(card.ident) for card in server.state.linkedin.cards(server.world.end, place="London")}
    assert expected == set(ids)
    assert len(ids) > len(set(ids))


def test_a_card_has_the_parts_of_the_real_one(client: httpx.Client) -> None:
    """Title, company with or without a link, place, day, and a national host with tracking in the address."""
    text = "".join(client.get(SEARCH, params={"start": start}).text for start in range(0, 200, 10))
    for part in (
        r'<a class="base-card__full-link[^>]*href="https://uk\.linkedin\.com/jobs/view/[^"]*-\d{10}\?position=',
        r'<h3 class="base-search-card__title">\s*\S',
        r'<h4 class="base-search-card__subtitle">\s*<a class="hidden-nested-link"',
        r'<h4 class="base-search-card__subtitle">\s*[A-Z]',
        r'<span class="job-search-card__location">\s*\S',
        r'<time class="job-search-card__listdate" datetime="\d{4}-\d\d-\d\d">',
    ):
        assert re.search(part, text)


def test_a_search_can_be_narrowed(server: SandboxServer, client: httpx.Client) -> None:
    """By keywords in the title and by the days since posting."""
    week = set(all_cards(client, location="London, United Kingdom", f_TPR="r604800"))
    assert week < set(all_cards(client, location="London, United Kingdom"))
    engineers = set(all_cards(client, keywords="engineer"))
    cards = {str(card.ident): card for card in server.state.linkedin.cards(server.world.end)}
    assert engineers
    assert all("engineer" in cards[ident].opening.title.lower() for ident in engineers)
    assert client.get(SEARCH, params={"start": 1000}).status_code == 400
    assert client.get(SEARCH, params={"start": 990}).text == ""


def test_a_posting_has_its_text_and_criteria(server: SandboxServer, client: httpx.Client) -> None:
    """The page of an open posting."""
    card = server.state.linkedin.cards(server.world.end)[0]
    page = client.get(f"/jobs-guest/jobs/api/jobPosting/{card.ident}").text
    for part in ("show-more-less-html__markup", "posted-time-ago__text", "description__job-criteria-item", "Over 200"):
        assert part in page
    assert client.get("/jobs-guest/jobs/api/jobPosting/17").status_code == 404


def test_a_closed_posting_says_so_for_a_while_and_is_gone_then(server: SandboxServer, client: httpx.Client) -> None:
    """Closed with status 200, not found three weeks later."""
    day = server.world.dates[2]
    server.set_date(day)
    cards = server.state.linkedin.cards(day)
    ends = [(card, card.opening.spans[-1][1]) for card in cards if len(card.opening.spans) == 1]
    card, closed_on = next((card, end) for card, end in ends if end and end <= server.world.dates[4])
    server.set_date(closed_on)
    answer = client.get(f"/jobs-guest/jobs/api/jobPosting/{card.ident}")
    assert answer.status_code == 200
    assert "No longer accepting applications" in answer.text
    server.set_date(closed_on + timedelta(22))
    assert client.get(f"/jobs-guest/jobs/api/jobPosting/{card.ident}").status_code == 404


@pytest.mark.parametrize(("kind", "options", "status"), [
    ("rate_limited", {"retry_after": None}, 429), ("status", {"status": 999}, 999), ("authwall", {}, 302),
])  # fmt: skip
def test_linkedin_stops_guests(
    server: SandboxServer, client: httpx.Client, kind: str, options: dict[str, Any], status: int
) -> None:
    """After a few requests: 429, 999 or the way to the login."""
    server.fault(kind, source="linkedin", skip=2, **options)
    assert [200, 200, status] == [client.get(SEARCH, params={"start": start}).status_code for start in (0, 10, 20)]
    if kind == "authwall":
        assert "/authwall" in client.get(SEARCH).headers["location"]


def test_the_truth_about_each_feed_is_served(client: httpx.Client) -> None:
    """What a reader should find that day, over HTTP."""
    for of, names in (
        ("hn", {"comment", "company", "titles", "band", "opening"}),
        ("levels_fyi", {"company", "name", "level", "total", "count"}),
        ("linkedin", {"id", "company", "title", "opening"}),
    ):
        rows = client.get("/_sandbox/truth", params={"of": of}).json()
        assert len(rows) > 10
        assert names <= set(rows[0])


def test_the_product_accepts_the_configuration(tmp_path: Path) -> None:
    """The product's own reader takes the companies.yaml of the sandbox."""
    world = World()
    write_config(tmp_path, world)
    companies = load_companies(tmp_path)
    assert [company.slug for company in world.companies] == [company.slug for company in companies]
    assert {company.levels_fyi for company in world.companies} == {company.levels_fyi for company in companies}
