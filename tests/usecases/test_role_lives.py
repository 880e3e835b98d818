"""The life of every role over twelve weeks: first seen, days open, reopened, posted again, pay changed, as it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from job_hunter.sandbox.model import Band
from job_hunter.sandbox.truth import TrueOpening
from tests.usecases.conftest import Market

LIVES = """
    SELECT company_slug, source, external_id, first_seen_at::date, closed_at::date, days_open, times_reopened,
           pay_changes, lineage_id, earlier_role_id, role_id, lineage_first_seen_at
    FROM job_hunter.role_lives"""

Key = tuple[str, str]


def _said(band: Band | None) -> dict[str, Any]:
    if band is None:
        return dict.fromkeys(("min", "max", "currency", "period", "basis"))
    return {"min": band.min, "max": band.max, "currency": band.currency, "period": band.period, "basis": band.basis}


def _weeks_of(market: Market) -> dict[Key, dict[date, TrueOpening]]:
    """Each opening by the days on which it was looked at."""
    found: dict[Key, dict[date, TrueOpening]] = defaultdict(dict)
    for day in market.sandbox.world.dates:
        for opening in market.sandbox.truth.openings(day):
            found[opening.source, opening.external_id][day] = opening
    return found


@pytest.fixture
async def years(make_market: Callable[..., Market]) -> Market:
    """Twelve weeks of eight boards, each week read."""
    market = make_market(companies=8, max_openings=40, seed=5)
    for on in market.sandbox.world.dates:
        market.set_date(on)
        await market.refresh()
    return market


async def test_lives_are_as_they_were(years: Market) -> None:
    """Every role's dates, days, reopenings and changes of pay are the sandbox's; reposts carry their lineage."""
    looks, weeks = years.sandbox.world.dates, _weeks_of(years)
    rows = {(row[1], row[2]): row for row in await years.rows(LIVES)}
    assert weeks.keys() == rows.keys()
    reopened = changes = 0
    for key, seen in weeks.items():
        days = sorted(seen)
        _, _, _, first_seen, closed, days_open, times_reopened, pay_changes, *_ = rows[key]
        missed = [look for look in looks if days[0] < look < days[-1] and look not in seen]
        returns = [day for day in days if looks[looks.index(day) - 1] in missed]
        after = [look for look in looks if look > days[-1]]
        assert (first_seen, closed) == (days[0], after[0] if after else None)
        assert days_open == ((closed or looks[-1]) - days[0]).days - 7 * len(missed)
        assert times_reopened == len(returns)
        expected = [
            {"at": str(later), "cause": "posting", "from": _said(seen[earlier].band), "to": _said(seen[later].band)}
            for earlier, later in pairwise(days)
            if seen[earlier].band != seen[later].band
        ]
        assert expected == [{**change, "at": change["at"][:10]} for change in pay_changes]
        reopened, changes = reopened + len(returns), changes + len(expected)
    assert reopened > 0
    assert changes > 0


async def test_what_is_posted_again_carries_its_lineage(years: Market) -> None:
    """A new id for the same job at the same place: one lineage since its first day, and a link to the earlier role."""
    lives: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    rows = {(row[1], row[2]): row for row in await years.rows(LIVES)}
    by_id = {row[10]: row for row in rows.values()}
    lineage_of = {key: next(iter(seen.values())).lineage for key, seen in _weeks_of(years).items()}
    for key, lineage in lineage_of.items():
        lives[lineage].append(rows[key])
    reposts = [roles for roles in lives.values() if len(roles) > 1]
    assert len(reposts) > 3
    for roles in reposts:
        assert len({role[8] for role in roles}) == 1
        assert len({role[11] for role in roles}) == 1
        for earlier, later in pairwise(sorted(roles, key=lambda role: role[3])):
            assert by_id[later[9]] == earlier
    # The other way round: a link joins one job's roles; that another job of the same name is taken for it is rare.
    linked = [row for row in rows.values() if row[9] is not None]
    true = sum(lineage_of[row[1], row[2]] == lineage_of[by_id[row[9]][1], by_id[row[9]][2]] for row in linked)
    assert true >= 0.9 * len(linked)


async def test_a_retired_role_ends_and_goes_on(market: Market) -> None:
    """A company left out for a day and put back: the day is no day open, and the return is told once."""
    await market.refresh()
    gone = market.companies[0]
    rest = tuple(one for one in market.companies if one.slug != gone.slug)
    market.at += timedelta(days=7)
    await market.refresh(rest)
    retired = await market.rows(LIVES + " WHERE company_slug = :slug", slug=gone.slug)
    assert retired
    assert {row[4] for row in retired} == {market.at.date()}
    market.at += timedelta(days=3)
    await market.refresh()
    back = await market.rows(LIVES + " WHERE company_slug = :slug", slug=gone.slug)
    assert {(row[4], row[5], row[6]) for row in back} == {(None, 7, 1)}
