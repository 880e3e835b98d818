"""What the boards have in common: texts, times and zones of pay."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from job_hunter.sandbox import pay as pays
from job_hunter.sandbox.bodies import Body, body_for
from job_hunter.sandbox.model import Band, Opening, Pay
from job_hunter.sandbox.world import World

Json = dict[str, Any]


def body_of(world: World, opening: Opening, on: date) -> Body:
    """The text of a posting on that day: edited after its revision, with its pay in words where it says it so."""
    pay = opening.pay(on)
    said = pays.sentence(pay) if pay is not None and pay.style == "prose" else None
    key = opening.number * 2 + opening.revision(on)
    return body_for(world.seed, opening.company, key, opening.title, world.body_bytes, said)


def eastern(moment: datetime) -> str:
    """A UTC time as US Eastern with its offset and no fraction, as Greenhouse writes all of its times."""
    year = moment.year
    march, november = date(year, 3, 8), date(year, 11, 1)
    start = march + timedelta((6 - march.weekday()) % 7)
    end = november + timedelta((6 - november.weekday()) % 7)
    summer = (
        datetime(start.year, 3, start.day, 7, tzinfo=UTC) <= moment < datetime(end.year, 11, end.day, 6, tzinfo=UTC)
    )
    hours = 4 if summer else 5
    return f"{moment - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}-0{hours}:00"


def changed_at(opening: Opening, on: date) -> datetime:
    """When a posting says it was last touched: often without any visible change, as on real boards."""
    touched = opening.posted_at or datetime(on.year, 1, 2, 12, tzinfo=UTC)
    days = [pay.since for pay in opening.pays if date.min < pay.since <= on]
    if opening.revision(on) and opening.revised_on:
        days.append(opening.revised_on)
    if opening.number % 5 == 0:
        days.append(on - timedelta(on.toordinal() % 7))
    return max([touched, *(datetime(day.year, day.month, day.day, 9, 30, 7, tzinfo=UTC) for day in days)])


def zones(opening: Opening, stated: Pay) -> list[tuple[str, Band]]:
    """The bands of a posting with the zone each is for ("" where there is only one), in no telling order."""
    rows = [(pays.zone(opening.location.home) if stated.others else "", stated.band), *stated.others]
    return rows if stated.form % 2 else rows[::-1]


def whole(amount: float | None) -> int | float | None:
    """An amount without a needless `.0`."""
    return int(amount) if amount is not None and amount == int(amount) else amount
