"""The sandbox's own vocabulary: companies, places, bands and the lives of openings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from random import Random

PERIODS_A_YEAR = {"year": 1, "month": 12, "week": 52}


def rng(*parts: object) -> Random:
    """A random source that depends on `parts` alone, the same on every machine and Python."""
    return Random("/".join(str(part) for part in parts))  # noqa: S311 - invented data, not secrets


@dataclass(frozen=True, slots=True)
class SandboxCompany:
    """An invented employer. `source` is greenhouse, lever or ashby; `region` says which of Lever's hosts has it."""

    index: int
    slug: str
    display_name: str
    source: str
    token: str
    sector: str
    domain: str
    region: str = "us"
    also_known_as: tuple[str, ...] = ()
    levels_fyi: str | None = None

    @property
    def careers_url(self) -> str:
        """The page a person would be sent to."""
        return f"https://www.{self.domain}/careers"


@dataclass(frozen=True, slots=True)
class Spot:
    """One work place: `text` as a board writes it, the city (None for a country), ISO country, local currency."""

    text: str
    city: str | None
    country: str
    currency: str


@dataclass(frozen=True, slots=True)
class Location:
    """What a posting says of its place, and the truth about it.

    `bucket` is london, uk, remote-uk, or that of the place elsewhere.
    """

    text: str
    spots: tuple[Spot, ...]
    bucket: str
    remote: str | None = None

    @property
    def home(self) -> Spot:
        """The place that decides the currency: London where it is named, else the first one."""
        return next((spot for spot in self.spots if spot.city == "London" and spot.country == "GB"), self.spots[0])


@dataclass(frozen=True, slots=True)
class Band:
    """Pay as stated: full units of `currency` per `period` (year, month, week, day, hour); None is an open end."""

    min: float | None
    max: float | None
    currency: str
    period: str = "year"
    basis: str = "base"

    @property
    def mid(self) -> float:
        """The midpoint, or the stated end of an open band."""
        ends = [end for end in (self.min, self.max) if end is not None]
        return sum(ends) / len(ends)

    @property
    def both(self) -> tuple[float, float]:
        """Both ends of a band that has both."""
        if self.min is None or self.max is None:
            raise ValueError(f"{self} has an open end")
        return self.min, self.max

    @property
    def yearly_mid(self) -> float | None:
        """The yearly figure (52 weeks, 12 months); None for hour and day rates, which are never annualised."""
        times = PERIODS_A_YEAR.get(self.period)
        return None if times is None else self.mid * times


@dataclass(frozen=True, slots=True)
class Pay:
    """How an opening states its pay from `since` on: the band that is true for it, others beside it, and how.

    `style` is ranges, ranges_block, block, metadata, salary_range, tiers or prose; `form` picks among the wordings.
    """

    since: date
    band: Band
    style: str
    form: int
    others: tuple[tuple[str, Band], ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """One posting under one id, through its whole life.

    `spans` are the half-open intervals [from, to) in which it is on the board; `to` None means still open.
    `lineage` names the same job at the same place through reposts. Unlisted ones are in the answer but hidden.
    """

    number: int
    company: SandboxCompany
    title: str
    level: str | None
    family: str | None
    team: str
    department: str
    location: Location
    posted_at: datetime | None
    spans: tuple[tuple[date, date | None], ...]
    pays: tuple[Pay, ...]
    lineage: int
    internal: int | None
    listed: bool = True
    revised_on: date | None = None

    def is_open(self, on: date) -> bool:
        """Whether the posting is on the board that day."""
        return any(start <= on and (end is None or on < end) for start, end in self.spans)

    def pay(self, on: date) -> Pay | None:
        """What it states as pay that day; None when it states nothing."""
        stated = [pay for pay in self.pays if pay.since <= on]
        return stated[-1] if stated else None

    def revision(self, on: date) -> int:
        """0 for the text as first posted, 1 once it has been edited."""
        return int(self.revised_on is not None and self.revised_on <= on)
