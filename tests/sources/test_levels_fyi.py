"""levels.fyi: its Markdown and its pages, which figures are none, whose they are, and when the site turns us away."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_httpx import HTTPXMock

from job_hunter.errors import SourceBlocked, SourceChanged, SourceGone
from job_hunter.sources import levels_fyi
from job_hunter.sources.http import Http, Validators
from job_hunter.sources.levels_fyi import PayPage, Reported

Recorded = Callable[[str], Any]
URL = "https://www.levels.fyi/companies/orrin-vale/salaries/software-engineer/locations/london-metro-area"


def html_of(props: dict[str, Any], *, filler: int = 0) -> bytes:
    """A page with its data inside, after `filler` bytes of everything else."""
    data = json.dumps({"props": {"pageProps": props}}).replace("</", "<\\u002f")
    script = f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'
    return f"<!DOCTYPE html><html><body><h1>£</h1>{'<p>x</p>' * (filler // 8)}{script}</body></html>".encode()


@pytest.fixture
def props(recorded_json: Recorded) -> dict[str, Any]:
    """The data of the recorded page."""
    found: dict[str, Any] = recorded_json("levels_fyi/page.json")["props"]["pageProps"]
    return found


def test_markdown_states_medians_in_its_own_currency(recorded: Recorded) -> None:
    """Totals by level; £0 and "£ --" are not published; the day is the last update."""
    page = levels_fyi.parse_markdown(recorded("levels_fyi/london.md").decode())
    assert page is not None
    assert ("London Metro Area", "GBP", "median", date(2026, 11, 3)) == (
        page.place, page.currency, page.statistic, page.updated,
    )  # fmt: skip
    assert [(level.title, level.total) for level in page.levels] == [
        ("Software Engineer I", 58_400.0),
        ("Software Engineer II", 86_500.0),
        ("Senior Software Engineer", 124_000.0),
        ("Distinguished Engineer", 1_200_000.0),
    ]
    assert {None} == {level.base for level in page.levels} | {level.count for level in page.levels}


@pytest.mark.parametrize("text", ["# Orrin Vale\n\n**Currency:** GBP (£)\n", "<html>__NEXT_DATA__</html>"])
def test_markdown_without_levels_leaves_it_to_the_page(text: str) -> None:
    """No table, or the page itself for an answer: the next form is asked for."""
    assert levels_fyi.parse_markdown(text) is None


@pytest.mark.parametrize("text", ["<html>new</html>", "", "# A\n### Levels Breakdown\n| Level | Pay |\n| A | £1 |"])
def test_markdown_of_another_shape_is_said(text: str) -> None:
    """Something else, or a table in no currency, is a changed source and never a figure."""
    with pytest.raises(SourceChanged):
        levels_fyi.parse_markdown(text)


def test_a_page_counts_in_dollars_and_is_turned_back(props: dict[str, Any]) -> None:
    """Means by level times the page's own rate; 0 is not published; "False" is no name; an unnamed rung is none."""
    page = levels_fyi.parse_html(html_of(props))
    assert (
        Reported("L3", "Software Engineer I", 58_460.0, 48_980.0, 6_320.0, 3_160.0, 7),
        Reported("L4", "Software Engineer II", 86_900.0, None, None, None, None),
        Reported(None, "Senior Software Engineer", 118_500.0, 94_800.0, None, None, 3),
    ) == page.levels
    assert ("London Metro Area", "GBP", "mean", date(2026, 11, 3)) == (
        page.place, page.currency, page.statistic, page.updated,
    )  # fmt: skip
    assert {"London, EN, United Kingdom", "Dublin, DN, Ireland"} == set(page.sample_places)


def test_pounds_stay_pounds(props: dict[str, Any]) -> None:
    """Where the page states its own median in pounds and our figure equals it, the figures are pounds already."""
    props["generatedOccupationSchema"] = json.dumps(
        {"estimatedSalary": [{"name": "total", "currency": "GBP", "median": 110_000, "percentile25": 0}]}
    )
    assert [level.total for level in levels_fyi.parse_html(html_of(props)).levels] == [74_000.0, 110_000.0, 150_000.0]
    props["generatedOccupationSchema"] = {
        "estimatedSalary": [{"name": "total", "currency": "GBP", "median": 86_900, "percentile25": 0}]
    }
    assert [level.total for level in levels_fyi.parse_html(html_of(props)).levels] == [58_460.0, 86_900.0, 118_500.0]


def test_dollars_stay_dollars(props: dict[str, Any]) -> None:
    """An American page needs no rate."""
    props |= {"locationCurrency": "USD", "locationExchangeRate": None}
    page = levels_fyi.parse_html(html_of(props))
    assert (page.currency, page.levels[0].total) == ("USD", 74_000.0)


@pytest.mark.parametrize(("stamp", "day"), [
    ("2026-11-03T00:30:00", date(2026, 11, 3)),
    ("Sat Mar 21 2026 00:58:35 GMT+0000 (Coordinated Universal Time)", date(2026, 3, 21)),
    ("9999-12-31T23:59:59-12:00", None),
    ("0001-01-01T00:00:00+12:00", None),
])  # fmt: skip
def test_the_day_of_an_update_in_every_form(props: dict[str, Any], stamp: str, day: date | None) -> None:
    """Both forms the site writes, whatever this machine's time zone; a day beyond the calendar is none."""
    assert levels_fyi.parse_html(html_of(props | {"lastUpdated": stamp})).updated == day


def test_a_currency_in_small_letters_is_the_same(props: dict[str, Any]) -> None:
    """The code is compared with ours later on, so it is read in capitals."""
    stated = levels_fyi.parse_html(html_of(props))
    assert stated == levels_fyi.parse_html(html_of(props | {"locationCurrency": f" {stated.currency.lower()} "}))


@pytest.mark.parametrize("currency", [{"code": "GBP"}, ["GBP"], 5, "£", "pounds"])
def test_a_currency_that_is_no_code_is_a_changed_source(props: dict[str, Any], currency: Any) -> None:
    """Figures in an unknown currency are none."""
    with pytest.raises(SourceChanged, match="currency code"):
        levels_fyi.parse_html(html_of(props | {"locationCurrency": currency}))


def test_markdown_has_no_rung_named_false() -> None:
    """The site writes "False" where it knows no name, in this form too; a byte order mark in front changes nothing."""
    table = "### Levels Breakdown\n\n| Level | Total |\n|---|---|\n| False | £90,000 |\n| L4 | £120K |\n"
    page = levels_fyi.parse_markdown(f"\ufeff# Orrin Vale\n\n**Currency:** GBP (£)\n\n{table}")
    assert page is not None
    assert [(rung.title, rung.total) for rung in page.levels] == [("L4", 120_000.0)]


@pytest.mark.parametrize("rate", [None, 0, -1, "0.8x"])
def test_no_rate_no_figures(props: dict[str, Any], rate: Any) -> None:
    """A page in pounds without a rate is dropped: its figures could be either."""
    with pytest.raises(SourceChanged, match="no exchange rate"):
        levels_fyi.parse_html(html_of(props | {"locationExchangeRate": rate}))


@pytest.mark.parametrize("body", [
    b"<html><body>Nothing here</body></html>",
    b'<script id="__NEXT_DATA__">{"props": </script>',
    b'<script id="__NEXT_DATA__">{"props": {}}</script>',
    b'<script id="__NEXT_DATA__">{"props": {"pageProps": {"averages": "none"}}}</script>',
    b'<script id="__NEXT_DATA__">{"props": {"pageProps": {}}}',
    b'<script id="__NEXT_DATA__">[]</script>',
])  # fmt: skip
def test_a_page_of_another_shape_is_said(body: bytes) -> None:
    """No data, cut data, other data."""
    with pytest.raises(SourceChanged):
        levels_fyi.parse_html(body)


def test_a_page_without_rungs_is_empty(props: dict[str, Any]) -> None:
    """An empty ladder is an answer."""
    for averages in ([], None):
        assert levels_fyi.parse_html(html_of(props | {"averages": averages})).levels == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**7) | st.floats(-10, 10**7) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["level", "primaryLevelName", "secondaryLevelName", "titles", "count", "base", "total", "rawValues", "samples",
         "location", "stock", "bonus"]
    ), inner, max_size=6),
    max_leaves=10,
)  # fmt: skip


@example([{"level": "L4", "base": 0.004}])
@given(st.lists(json_values, max_size=4))
def test_no_rung_defeats_the_parser(rungs: list[Any]) -> None:
    """Whatever is among the averages is a level with a name and a positive figure, or none."""
    page = levels_fyi.parse_html(html_of({"averages": rungs, "locationCurrency": "GBP", "locationExchangeRate": 0.8}))
    for level in page.levels:
        assert level.key
        assert (level.total or 0) > 0 or (level.base or 0) > 0
        assert level.count is None or level.count > 0


@pytest.mark.parametrize(("body", "is_one"), [
    (b"", True),
    (b"  \n", True),
    (b"<title>Just a moment...</title>", True),
    (b"<h1>Human Verification</h1>", True),
    (b"# Levels.fyi - Acme", False),
    (b"# Salaries at Captcha Works, in just a moment", False),
    (b'<script id="__NEXT_DATA__">captcha settings</script>', False),
    (b"<p>captcha</p>" + b" " * 200_000, False),
])  # fmt: skip
def test_what_is_a_challenge(body: bytes, is_one: bool) -> None:
    """Nothing at all, or a small page that asks for a human; a page with data is never one."""
    assert is_one is levels_fyi.is_challenge(body)


async def fetch(validators: Validators | None = None) -> levels_fyi.Fetched:
    """Ask for the page of Orrin Vale in London."""
    async with Http(intervals={}) as http:
        return await levels_fyi.fetch_page(
            http, company="orrin-vale", family="software-engineer", place="london-metro-area", validators=validators
        )


async def test_markdown_is_enough(httpx_mock: HTTPXMock, recorded: Recorded) -> None:
    """One request where the Markdown has levels."""
    httpx_mock.add_response(url=f"{URL}.md", content=recorded("levels_fyi/london.md"))
    page = (await fetch()).page
    assert isinstance(page, PayPage)
    assert page.statistic == "median"


async def test_the_page_is_asked_where_markdown_has_no_levels(httpx_mock: HTTPXMock, props: dict[str, Any]) -> None:
    """Two requests, and what comes are means."""
    httpx_mock.add_response(url=f"{URL}.md", text="# Orrin Vale\n")
    httpx_mock.add_response(url=URL, content=html_of(props))
    page = (await fetch()).page
    assert page is not None
    assert page.statistic == "mean"


async def test_an_unmodified_page_costs_no_body(httpx_mock: HTTPXMock) -> None:
    """What we hold is named to the site, and 304 is no page."""
    httpx_mock.add_response(url=f"{URL}.md", status_code=304, match_headers={"If-None-Match": '"7"'})
    fetched = await fetch(Validators('"7"'))
    assert fetched.page is None
    assert fetched.answer.not_modified


@pytest.mark.parametrize("status", [401, 403, 405, 429, 503])
async def test_every_refusal_is_a_block(httpx_mock: HTTPXMock, status: int) -> None:
    """403 and 405 mean throttled here: never "no such page", never worth a retry."""
    httpx_mock.add_response(url=f"{URL}.md", status_code=status)
    with pytest.raises(SourceBlocked) as raised:
        await fetch()
    assert status == raised.value.status
    assert len(httpx_mock.get_requests()) == 1


async def test_a_missing_page_is_too_few_submissions(httpx_mock: HTTPXMock) -> None:
    """404 in both forms."""
    httpx_mock.add_response(url=f"{URL}.md", status_code=404)
    httpx_mock.add_response(url=URL, status_code=404)
    with pytest.raises(SourceGone, match="too few submissions"):
        await fetch()
