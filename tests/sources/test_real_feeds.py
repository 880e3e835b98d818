"""Captures of Hacker News, levels.fyi and LinkedIn, held to what a person counted and saw in them."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from job_hunter.config import default_config_dir
from job_hunter.domain.company import Company, Sector
from job_hunter.domain.feed_settings import PayPlace
from job_hunter.domain.hn_comment import Refused, read_comment
from job_hunter.domain.posting import Posting
from job_hunter.domain.role import Readings, interpret
from job_hunter.runtime import load_readings
from job_hunter.sources import hn, levels_fyi, linkedin_guest
from job_hunter.usecases.levels_feed import about_elsewhere

pytestmark = pytest.mark.real

Json = Any

MONTHS = {"2017-02": 843, "2018-03": 678}
"""Top-level comments of each month, as the capture's own index counts them."""

REFUSED = {
    # What a person finds to be no advertisement, or nobody's; everything else in both months is one.
    "2017-02": {
        "13541844": "something else",  # a site that parses the thread asks for a format
        "13541700": "something else",  # a thread about firing
        "13542248": "something else",  # a search page
        "13541981": "something else",  # asks whether there are entry level positions
        "13550844": "seeks work",  # a software house
        "13549895": "seeks work",  # a designer, below a line of o~~o
        "13558326": "no company",  # a start-up team "within a large corporation"
        "13543922": "no company",  # "a high end vacation rental management company"
        "13543316": "no company",  # a "San Francisco-based Revolutionary Ad-Tech Company"
    },
    "2018-03": {
        "16495463": "something else",  # upvote who shows a salary
        "16499060": "something else",  # goes through the listings for inspiration
        "16496818": "something else",  # a site to browse them
        "16495239": "something else",  # haha
        "16495257": "something else",  # on somebody's description
        "16497902": "something else",  # would never work there
        "16496891": "something else",  # one letter
        "16497019": "something else",  # spam
        "16495318": "no company",  # a system engineer in Washington, the name run into the place
        "16495335": "no company",  # a system engineer in Arlington
        "16493417": "no company",  # emulators and disassembly in the southeast of the US, for nobody named
    },
}

COMPANIES = {
    # A sample read by a person: comment, who advertises, and how many openings are named.
    "13562233": ("SpanishDict", 2),
    "13543648": ("SimpleLegal", None),
    "13543570": ("tails.com", 1),
    "13542358": ("Pusher", None),
    "13549409": ("Automation Logic", 1),
    "16500494": ("Rockport Networks", None),
    "16497980": ("Superhuman", 3),
    "16500497": ("SuperAwesome", 1),
    "16493490": ("Geckoboard", 1),
    "16500246": ("Wirewax", 3),
    "16500178": ("JustPark", None),
    "16493713": ("Lendable", 1),
    "16493019": ("Fantasmo.io", 1),
    "16493740": ("draw.io", 1),
    "16493907": ("Bulb", 1),
    "16493767": ("Investec", 1),
    "16494781": ("Stitch Fix", 1),
    "16493989": ("Splunk", 1),
    "16494144": ("Quartzy", 1),
    "16495453": ("Square", None),
    "16494730": ("MBTA", 2),
    "16499201": ("Peterson Center on Healthcare", 1),
    "16500099": ("Tenzir", 1),
    "16495175": ("Flowminder Foundation", 1),
    "16497724": ("Grow", 1),
    "16493809": ("Ladder", None),
    "16493675": ("AdGear", None),
    "16493699": ("Strava", 3),
    "16500153": ("NewsNow.co.uk", 2),
    "13542748": ("LaunchDarkly", 7),
    "13542039": ("MightySignal", 2),
    "13542500": ("PaymentSpring", 1),
    "13542038": ("Citymapper", None),
    "13555539": ("Justworks Inc", 7),
    "13543928": ("Poll Everywhere", None),
}

PAY_AGREES = 0.95
"""Of labelled comments, at least so many must have the labelled pay on their openings, and no other."""


@pytest.fixture(scope="module")
def readings() -> Readings:
    """The readings of the shipped configuration."""
    return load_readings(default_config_dir())


def _load(path: Path) -> Json:
    return json.loads(path.read_bytes())


def _month(real: Path, month: str) -> dict[str, str]:
    """The comments of a month by id."""
    return {row["url"].partition("id=")[2]: row["full_html"] for row in _load(real / "hn" / f"hnmapped_{month}.json")}


@pytest.mark.parametrize("month", MONTHS)
def test_every_comment_gives_a_company_or_a_reason(real: Path, readings: Readings, month: str) -> None:
    """All comments of a month: those a person found to be no advertisement are refused for that, all others read."""
    comments = _month(real, month)
    assert MONTHS[month] == len(comments)
    read = {ident: read_comment(html, readings.gazetteer) for ident, html in comments.items()}
    refused = {ident: found.reason for ident, found in read.items() if isinstance(found, Refused)}
    assert set(REFUSED[month]) == set(refused)
    for ident, words in REFUSED[month].items():
        assert words in refused[ident], ident
    for ident, found in read.items():
        if not isinstance(found, Refused):
            assert found.company.strip(), ident
            assert found.roles, ident
            assert all(role.title.strip() for role in found.roles), ident


def test_a_sample_of_companies(real: Path, readings: Readings) -> None:
    """Who advertises, and how many openings, as a person reads it."""
    comments = {ident: html for month in MONTHS for ident, html in _month(real, month).items()}
    for ident, (company, roles) in COMPANIES.items():
        found = read_comment(comments[ident], readings.gazetteer)
        assert not isinstance(found, Refused), ident
        assert (ident, company) == (ident, found.company)
        if roles is not None:
            assert (ident, roles) == (ident, len(found.roles))


def _pays(html: str, readings: Readings) -> list[dict[str, Any] | None]:
    """The pay of each opening of a comment."""
    found = read_comment(html, readings.gazetteer)
    if isinstance(found, Refused):
        return []
    company = Company("c", "C", "hn", "c", Sector.OTHER)
    pays: list[dict[str, Any] | None] = []
    for role in found.roles:
        posting = Posting(
            source="hn",
            external_id="1",
            board="1",
            title=role.title,
            location=role.location,
            content=role.content,
            payload_hash=b"",
            raw=b"",
        )
        pay = interpret(posting, company, readings, seen_on=date(2018, 3, 1)).pay
        names = ("min", "max", "currency", "period")
        pays.append({name: getattr(pay.band, name) for name in names} if pay else None)
    return pays


def test_pay_agrees_with_the_labelled_comments(real: Path, readings: Readings) -> None:
    """Of each labelled comment: the labelled band is on an opening of it, and where none is labelled there is none."""
    gold = Path(os.environ.get("JOB_HUNTER_GOLD", "/nonexistent")) / "pay_dev.jsonl"
    if not gold.exists():
        pytest.skip("JOB_HUNTER_GOLD names no folder of labelled cases")
    comments = {ident: html for month in MONTHS for ident, html in _month(real, month).items()}
    cases = [json.loads(line) for line in gold.read_text("utf-8").split("\n") if line]
    cases = [case for case in cases if case["posting"] in comments and case["file"].startswith("hn/")]
    assert len(cases) > 30
    wrong = []
    for case in cases:
        expected, *others = [case["expect"]["pay"], *case["expect"].get("also_ok", [])]
        found = _pays(comments[case["posting"]], readings)
        wanted = [
            band and {name: band[name] for name in ("min", "max", "currency", "period")} for band in (expected, *others)
        ]
        stated = [pay for pay in found if pay]
        is_right = not stated if expected is None else bool(stated) and all(pay in wanted for pay in stated)
        if not is_right:
            wrong.append((case["posting"], wanted, found))
    assert len(wrong) <= (1 - PAY_AGREES) * len(cases), wrong


def test_searches_and_a_tree_of_algolia(real: Path) -> None:
    """Two of three stories are monthly threads; one of six hits is top-level; the cut tree has four comments."""
    threads = hn.parse_threads(_load(real / "hn" / "algolia_hn_hiring_thread.json"))
    assert [hn.Thread(13541679, "February 2017"), hn.Thread(12846216, "November 2016")] == threads
    july = hn.Thread(48747976, "July 2026")
    hits = hn.parse_comments([_load(real / "hn" / "algolia_hn_hiring_comments.json")], july)
    assert len(hits.comments) == 1
    assert not hits.is_whole  # 436 are said to be there
    tree = hn.parse_comments([_load(real / "hn" / "algolia_item_small.json")], july)
    assert [comment.id for comment in tree.comments] == [48747987, 48747990, 48748003, 48748007]
    assert tree.comments[0].created_at == datetime(2026, 7, 1, 15, 1, 52, tzinfo=UTC)


def test_the_openings_of_the_cut_tree(real: Path, readings: Readings) -> None:
    """Four advertisements: who, and whether pay is stated."""
    tree = _load(real / "hn" / "algolia_item_small.json")
    found = [read_comment(child["text"], readings.gazetteer) for child in tree["children"]]
    names = [None if isinstance(one, Refused) else one.company for one in found]
    assert names == ["CaseLight", "We The Flywheel", "SmarterDx", "PrairieLearn"]
    (pay,) = _pays(tree["children"][2]["text"], readings)
    assert pay is not None
    assert (pay["min"], pay["max"]) == (150_000, 250_000)


def _page(rows: list[Json], **props: Any) -> levels_fyi.PayPage:
    """A page of the site around captured figures, as the site builds it."""
    whole = {"locationCurrency": "USD", "locationExchangeRate": 1, **props, "averages": rows}
    data = json.dumps({"props": {"pageProps": whole}}).replace("</", "<\\u002f")
    return levels_fyi.parse_html(f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'.encode())


def test_company_ladders_of_2024(real: Path) -> None:
    """158 companies with 628 rungs, every one read with its total, base, stock and bonus."""
    companies = _load(real / "levels_fyi" / "company_salary_rows_2024.txt")
    rungs = figures = 0
    for _, rows in companies:
        page = _page(
            [
                {
                    "primaryLevelName": name,
                    "secondaryLevelName": title,
                    "rawValues": {"total": total, "base": base, "stock": stock, "bonus": bonus},
                }
                for name, title, _, total, base, stock, bonus in rows
            ]
        )
        rungs += len(page.levels)
        figures += sum((level.total or 0) > 0 for level in page.levels)
        if rows[0][0] == "L5" and rows[0][3] == 326_000:  # Coupang, looked up by eye
            assert (page.levels[0].total, page.levels[0].base, page.levels[0].stock, page.levels[0].bonus) == (
                326_000, 179_000, 125_000, 23_000,
            )  # fmt: skip
    assert (len(companies), rungs, figures) == (158, 628, 628)


def test_submissions_of_an_answer_tell_where_a_page_is_about(real: Path, readings: Readings) -> None:
    """50 rows, 40 of San Jose and 10 of San Francisco: a page that shows these is not about London."""
    rows = _load(real / "levels_fyi" / "api_v3_salary_search_decrypted_sample.json")["rows"]
    assert Counter(row["location"] for row in rows) == {"San Jose, CA": 40, "San Francisco, CA": 10}
    page = _page([{"primaryLevelName": "2-1", "total": 256_000, "samples": rows}])
    assert len(page.sample_places) == 50
    assert about_elsewhere(page, PayPlace("london-metro-area", "london"), readings.gazetteer) == "US"
    usual = _page([{"primaryLevelName": "2-1", "total": 256_000, "samples": [
        {"location": "London, EN, United Kingdom"} for _ in range(51)
    ] + rows}])  # fmt: skip
    assert about_elsewhere(usual, PayPlace("london-metro-area", "london"), readings.gazetteer) is None


def test_medians_of_a_cache_of_pages(real: Path) -> None:
    """492 pages found with base and total, 1,053 not found."""
    cache = _load(real / "levels_fyi" / "new_grad_salary_cache.json")
    assert (len(cache["found"]), len(cache["not_found"])) == (492, 1053)
    pages = [
        _page([{"primaryLevelName": "Entry", "base": base, "total": total}]) for base, total in cache["found"].values()
    ]
    read = [(page.levels[0].base, page.levels[0].total) for page in pages if page.levels]
    stated = [(base or None, total or None) for base, total in cache["found"].values()]
    assert [pytest.approx(pair, abs=0.01) for pair in stated if any(pair)] == read


CARDS = (
    # The ten cards of the search, as a person reads them: id, title, company, place, day.
    ("4426694701", "Quality Assurance Manager", "EQ Food", "Minto", "2026-06-12"),
    ("4428774076", "QC Manager", "David Russo Pty Ltd", "Sydney", "2026-06-17"),
    ("4422537148", "Site Quality Manager", "Manufacturing", "Rooty Hill", "2026-05-31"),
    ("4419131880", "Quality Assurance Manager", "Real Pet Food Company", "Ingleburn", "2026-05-27"),
    ("4427681673", "Product Quality Manager - Seafood", "Tassal Group", "Lidcombe", "2026-06-12"),
    ("4413523234", "Food Manufacturing Operations Manager", "One Harvest", "Sydney", "2026-06-02"),
    ("4430438347", "Food Manufacturing Operations Manager", "One Harvest", "Sydney", "2026-06-18"),
    ("4426862870", "Restaurant Manager Baulkham Hills", "Zeus Street Greek", "Baulkham Hills", "2026-06-16"),
    ("4426494176", "Production Manager - Food Manufacturing", "Design & Build Recruitment", "Sydney", "2026-06-16"),
    ("4428225208", "National Operations Manager (Audit & Certifications)", "SGS", "Alexandria", "2026-06-19"),
)


def test_the_ten_cards_of_a_search(real: Path) -> None:
    """Every card with its title, company, place and day; national addresses without tracking; no pay on any."""
    found = linkedin_guest.parse_cards((real / "linkedin" / "guest_search_10_au.html").read_bytes())
    assert found.count == 10
    expected = [(*card[:3], f"{card[3]}, New South Wales, Australia", card[4]) for card in CARDS]
    assert expected == [
        (card.id, card.title, card.company, card.location, f"{card.listed_at:%Y-%m-%d}") for card in found.cards
    ]
    for card in found.cards:
        assert card.url is not None
        assert card.url.startswith("https://au.linkedin.com/jobs/view/")
        assert card.url.endswith(card.id)
        assert card.salary is None


def test_an_open_posting_and_a_closed_one(real: Path) -> None:
    """The open one has its text and four criteria and no pay of its own; the closed one says that it is."""
    detail = linkedin_guest.parse_detail((real / "linkedin" / "guest_jobPosting_notion.html").read_bytes())
    assert detail.description.startswith("Who We Are<br><br>Notion is the collaborative AI workspace")
    assert "$126,000 - $146,000" in detail.description
    assert detail.salary is None
    assert detail.criteria == (
        ("Seniority level", "Not Applicable"),
        ("Employment type", "Full-time"),
        ("Job function", "Engineering and Information Technology"),
        ("Industries", "Software Development"),
    )
    assert not detail.is_closed
    assert linkedin_guest.parse_detail((real / "linkedin" / "guest_closed.html").read_bytes()).is_closed
