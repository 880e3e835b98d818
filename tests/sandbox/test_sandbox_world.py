"""The world evolves as boards do, and always the same way from the same seed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import orjson
import pytest

from job_hunter.sandbox import ashby, greenhouse, lever
from job_hunter.sandbox.names import MOST, company_at
from job_hunter.sandbox.world import World, external_id

BOARD = {"greenhouse": greenhouse.board, "lever": lever.site, "ashby": ashby.board}


def rendered(world: World, on: date) -> bytes:
    """Everything the boards of a world say on a day."""
    return b"".join(orjson.dumps(BOARD[company.source](world, company, on)) for company in world.companies)


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Two worlds of one seed serve the same, another seed something else."""
    first, again, other = World(7, 8), World(7, 8), World(8, 8)
    day = first.dates[5]
    assert rendered(first, day) == rendered(again, day)
    assert rendered(first, day) != rendered(other, day)


def test_a_board_does_not_depend_on_which_was_asked_first() -> None:
    """Boards are generated on request, in any order, with the same result."""
    forwards, backwards = World(3, 6), World(3, 6)
    titles = {c.slug: [o.title for o in forwards.openings(c)] for c in forwards.companies}
    assert titles == {c.slug: [o.title for o in backwards.openings(c)] for c in reversed(backwards.companies)}


def test_companies_are_distinct_and_invented() -> None:
    """Slugs, boards and domains of 10,000 companies are all different; domains can never belong to anybody."""
    companies = [company_at(1, index) for index in range(MOST)]
    assert len({company.slug for company in companies}) == MOST
    assert len({(company.source, company.token.lower()) for company in companies}) == MOST
    assert all(company.domain.endswith(".example") for company in companies)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", company.slug) for company in companies)


def test_the_first_companies_cover_every_source_and_sector() -> None:
    """Thirty-five companies spread over four kinds of board and all sectors, six or more of them trading firms."""
    companies = World().companies
    assert {("greenhouse", "us"), ("lever", "us"), ("lever", "eu"), ("ashby", "us")} == {
        (company.source, company.region) for company in companies
    }
    sectors = [company.sector for company in companies]
    assert {"hft_quant", "bank", "fintech", "ai", "big_tech", "other"} == set(sectors)
    assert sectors.count("hft_quant") >= 6


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_boards_grow_and_shrink_within_reason(seed: int) -> None:
    """No board exceeds its cap, empties, or loses more than four tenths in a week."""
    world = World(seed, max_openings=80)
    for company in world.companies:
        sizes = [len(list(world.on_board(company, day))) for day in world.dates]
        assert max(sizes) <= 80
        assert min(sizes) >= 1
        assert all(after >= before * 0.6 - 1 for before, after in pairwise(sizes))


def test_every_kind_of_event_happens() -> None:
    """Openings open, close, come back, are reposted under a new id, change their pay, add pay and are edited."""
    world = World()
    openings = [opening for company in world.companies for opening in world.openings(company)]
    first = world.dates[0]
    assert any(opening.spans[0][0] > first for opening in openings)
    assert any(opening.spans[-1][1] for opening in openings)
    assert any(len(opening.spans) > 1 for opening in openings)
    assert any(opening.lineage != opening.number and opening.internal == opening.lineage for opening in openings)
    assert any(len(opening.pays) > 1 and opening.pays[0].since == date.min for opening in openings)
    assert any(opening.pays and opening.pays[0].since > first for opening in openings)
    assert any(opening.revised_on for opening in openings)


def test_two_openings_of_a_company_never_look_alike() -> None:
    """On any day a title stands once per place, so that counts by opening and by dedup key agree."""
    world = World(2)
    for company in world.companies:
        for day in world.dates[::4]:
            seen = [(opening.title, opening.location.bucket) for opening in world.on_board(company, day)]
            assert len(seen) == len(set(seen))


def test_an_unchanged_posting_is_served_unchanged() -> None:
    """From one week to the next only what changed differs; Greenhouse's updated_at also moves by itself."""
    world = World()
    company = next(
        c for c in world.companies if c.source == "greenhouse" and len(list(world.on_board(c, world.end))) > 40
    )
    before, after = (
        {job["id"]: job for job in greenhouse.board(world, company, day)["jobs"]} for day in world.dates[-2:]
    )
    both = before.keys() & after.keys()
    noisy = [ident for ident in both if before[ident]["updated_at"] != after[ident]["updated_at"]]
    same = [ident for ident in both if before[ident] | {"updated_at": ""} == after[ident] | {"updated_at": ""}]
    assert len(same) > len(both) * 0.8
    assert set(noisy) & set(same)
    assert set(same) - set(noisy)


def test_about_half_of_the_openings_state_their_pay() -> None:
    """Disclosure is near 45 per cent, in several currencies, periods, bases and styles, some with open ends."""
    world = World()
    openings = [opening for company in world.companies for opening in world.on_board(company, world.end)]
    pays = [pay for opening in openings if (pay := opening.pay(world.end))]
    assert 0.38 < len(pays) / len(openings) < 0.55
    assert {"GBP", "USD", "EUR", "CHF", "PLN", "SGD", "BGN", "AED"} <= {pay.band.currency for pay in pays}
    assert {"year", "month", "day", "hour"} <= {pay.band.period for pay in pays}
    assert {"base", "ote"} == {pay.band.basis for pay in pays}
    assert {"prose", "ranges", "ranges_block", "block", "metadata", "salary_range", "tiers"} == {p.style for p in pays}
    assert any(pay.band.min is None for pay in pays)
    assert any(pay.band.max is None for pay in pays)
    assert any(pay.others for pay in pays)


def test_prose_can_be_left_out() -> None:
    """A world without prose states pay in fields and pay blocks only."""
    world = World(prose=False)
    pays = [pay for company in world.companies for opening in world.openings(company) for pay in opening.pays]
    assert "prose" not in {pay.style for pay in pays}
    assert all(pay.band.min is not None and pay.band.max is not None for pay in pays)


def test_a_benchmark_world_has_boards_of_one_size() -> None:
    """Every board holds exactly the asked number of openings every week, with texts of about the asked length."""
    world = World(companies=4, weeks=3, openings_per_company=300, body_bytes=6000)
    for company in world.companies:
        assert {300} == {len(list(world.on_board(company, day))) for day in world.dates}
    jobs = greenhouse.board(world, world.companies[0], world.end)["jobs"]
    lengths = [len(job["content"].replace("&lt;", "<").replace("&gt;", ">")) for job in jobs]
    assert 5400 < sum(lengths) / len(lengths) < 6900


def test_a_large_world_generates_boards_on_request() -> None:
    """Of ten thousand boards only those asked for are made."""
    world = World(companies=10_000, weeks=1, openings_per_company=20)
    last = world.companies[-1]
    assert len(list(world.on_board(last, world.end))) == 20
    assert len(world._boards) == 1
    assert last == world.find(last.source, last.token, world.end)


def test_a_company_can_move_to_another_board() -> None:
    """From the day of the move the old board is unknown and the new one holds the same jobs under new ids."""
    world = World()
    company = next(c for c in world.companies if c.source == "greenhouse")
    titles = [opening.title for opening in world.on_board(company, world.end)]
    world.move(company.slug, "ashby", "NewHome", world.end)
    assert world.find("greenhouse", company.token, world.end) is None
    assert company == world.find("greenhouse", company.token, world.end - timedelta(1))
    there = world.find("ashby", "NewHome", world.end)
    assert there is not None
    jobs = ashby.board(world, there, world.end)["jobs"]
    assert titles == [job["title"].strip() for job in jobs]
    opening = next(world.on_board(there, world.end))
    assert jobs[0]["id"] == external_id(world.seed, opening, "ashby") != external_id(world.seed, opening, "greenhouse")


def test_a_world_can_have_boards_of_one_system() -> None:
    """Benchmarks compare like with like when every posting has the same shape."""
    assert {"greenhouse"} == {company.source for company in World(companies=20, sources=("greenhouse",)).companies}


def test_an_impossible_world_is_refused() -> None:
    """No companies, too many, or no week at all."""
    for arguments in ({"companies": 0}, {"companies": MOST + 1}, {"weeks": 0}, {"sources": ("fax",)}):
        with pytest.raises(ValueError, match="a world has"):
            World(**arguments)
