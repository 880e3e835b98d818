"""Which of our companies an advertisement elsewhere is from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.domain.company import Company, Sector
from job_hunter.domain.company_match import SLUG_LENGTH, CompanyIndex, board_of_link, name_key, slug_of

ACME = Company(
    "acme",
    "Acme Trading",
    "greenhouse",
    "acmetrading",
    Sector.HFT_QUANT,
    also_known_as=("Acme Securities",),
    domains=("acme.example",),
)
BOREAL = Company("boreal", "Boreal", "lever", "Boreal", Sector.AI, domains=("boreal.co.uk",))
MET = Company("tin-owl", "Tin Owl", "hn", "tin-owl", Sector.OTHER, domains=("tinowl.example",))


@pytest.fixture
def index() -> CompanyIndex:
    """Two of our own and one met before."""
    return CompanyIndex((ACME, BOREAL, MET))


SAME_NAMES = [
    ("Acme, Inc.", "ACME"),
    ("Müller & Söhne GmbH", "Muller and Sohne"),
    ("O'Neill Ltd", "ONeill"),
    ("Jane  Street", "JaneStreet"),
    ("Société Générale SA", "Societe Generale"),
    ("Две совы", "две СОВЫ"),
]


@pytest.mark.parametrize(("one", "other"), SAME_NAMES)
def test_spellings_of_one_name(one: str, other: str) -> None:
    """Case, accents, punctuation and the legal form do not tell companies apart."""
    assert name_key(one) == name_key(other)


BOARDS = [
    ("https://boards.greenhouse.io/acmetrading/jobs/4012", ("greenhouse", "acmetrading")),
    ("https://job-boards.eu.greenhouse.io/acmetrading", ("greenhouse", "acmetrading")),
    ("https://boards.greenhouse.io/embed/job_app?for=acmetrading&token=1", ("greenhouse", "acmetrading")),
    ("https://boards-api.greenhouse.io/v1/boards/acmetrading/jobs", ("greenhouse", "acmetrading")),
    ("jobs.lever.co/boreal/1-2-3", ("lever", "boreal")),
    ("https://jobs.eu.lever.co/boreal", ("lever", "boreal")),
    ("https://api.lever.co/v0/postings/boreal?mode=json", ("lever", "boreal")),
    ("https://jobs.ashbyhq.com/Etched%20AI", ("ashby", "Etched AI")),
    ("https://api.ashbyhq.com/posting-api/job-board/etched", ("ashby", "etched")),
    ("https://jobs.lever.co/", None),
    ("https://acme.example/jobs/boards.greenhouse.io", None),
    ("https://greenhouse.io.evil.example/acmetrading", None),
    ("http://[broken", None),
]


@pytest.mark.parametrize(("link", "board"), BOARDS)
def test_the_board_behind_a_link(link: str, board: tuple[str, str] | None) -> None:
    """Every form of a board's address gives the same board; others give none."""
    assert board == board_of_link(link)


FOUND = [
    # what the advertisement shows, and whose it is
    ({"name": "Acme Trading LLP"}, "acme"),
    ({"name": "ACME SECURITIES"}, "acme"),
    ({"name": "We", "links": ["https://jobs.lever.co/boreal/12"]}, "boreal"),
    ({"name": "Boreal", "links": ["https://boards.greenhouse.io/acmetrading"]}, "acme"),
    ({"name": "The desk", "header_links": ["https://careers.acme.example/open"]}, "acme"),
    ({"name": "The desk", "header_links": ["www.boreal.co.uk"]}, "boreal"),
    ({"name": "The desk", "emails": ["cv@acme.example"]}, "acme"),
    # a customer's page below the header, a blog, a stranger's host that ends alike
    ({"name": "The desk", "links": ["https://acme.example/customers"]}, None),
    ({"name": "The desk", "header_links": ["https://acme.example/blog/we-use-it"]}, None),
    ({"name": "The desk", "header_links": ["https://shop.acme.example/"]}, None),
    ({"name": "The desk", "emails": ["x@notacme.example"]}, None),
    ({"name": "Acme Plumbing"}, None),
]


@pytest.mark.parametrize(("shown", "slug"), FOUND)
def test_whose_an_advertisement_is(index: CompanyIndex, shown: dict[str, object], slug: str | None) -> None:
    """By its board, its name or other names, then its own domain; a link to somebody else's page tells nothing."""
    found = index.find(**shown)  # type: ignore[arg-type]
    assert slug == (found.slug if found else None)


def test_a_new_company_is_added_once_under_a_free_slug(index: CompanyIndex) -> None:
    """The next advertisement finds it by any spelling; another company gets another slug; ours keep theirs."""
    first = index.find_or_add("Grey Heron Ltd", domain="greyheron.example")
    assert (first.slug, first.ats_type, first.ats_id, first.domains) == (
        "grey-heron", "hn", "grey-heron", ("greyheron.example",),
    )  # fmt: skip
    assert first is index.find_or_add("GREY HERON")
    assert index.find_or_add("Acme").slug == "acme-2"
    assert MET is index.find_or_add("Tin Owl, Inc.")


@given(st.lists(st.text(max_size=90), max_size=12))
def test_slugs_are_unique_and_short(names: list[str]) -> None:
    """Whatever the names, slugs are of letters, digits and dashes, and no two companies share one."""
    index = CompanyIndex(())
    found = {id(company): company for company in map(index.find_or_add, names)}
    slugs = [company.slug for company in found.values()]
    assert len(slugs) == len(set(slugs))
    for slug in (*slugs, *map(slug_of, names)):
        assert slug
        assert len(slug) <= SLUG_LENGTH
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
