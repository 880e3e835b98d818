"""A posting read as a careful person would read it: level, family, places, pay, and the key that finds it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import NamedTuple

from job_hunter.domain.company import Company
from job_hunter.domain.dedup import dedup_key
from job_hunter.domain.families import FAMILY_READING, family_of
from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.level import Family, Level
from job_hunter.domain.levels import LEVEL_READING, Ladder, company_ladder, read_level
from job_hunter.domain.locations import LOCATION_READING, read_location
from job_hunter.domain.money import Basis, Period, annualise
from job_hunter.domain.pay import PAY_READING, Band, Pay, PayHints, read_pay
from job_hunter.domain.place import LocationReading, RemotePolicy
from job_hunter.domain.posting import Posting

PARSER_VERSION = f"pay{PAY_READING}.level{LEVEL_READING}.place{LOCATION_READING}.family{FAMILY_READING}"
COMPARABLE_PERIODS = frozenset({Period.YEAR, Period.MONTH, Period.WEEK})


@dataclass(eq=False)
class Readings:
    """The tables the readings work with, from config/, made when first asked for. `digest` identifies their contents.

    A refresh in which no posting changed needs none of them, and making them takes longer than all its boards.
    """

    load_gazetteer: Callable[[], Gazetteer]
    load_ladder: Callable[[], Ladder]
    digest: str

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The place names. Raises ConfigError when their file is malformed."""
        return self.load_gazetteer()

    @cached_property
    def ladder(self) -> Ladder:
        """The words for levels. Raises ConfigError when their file is malformed."""
        return self.load_ladder()

    def check(self) -> None:
        """Make both tables now. Raises ConfigError."""
        _ = self.gazetteer, self.ladder


class CompPoint(NamedTuple):
    """The datum a role's pay gives: `value` in `currency` per `period`.

    Weekly and monthly figures are in yearly terms and marked; hourly and daily ones stay as stated and are never
    converted. A band gives its midpoint, an open band its stated end.
    """

    bucket: str | None
    value: float
    currency: str
    period: Period
    is_total: bool
    is_annualised: bool
    statistic: str

    @property
    def is_comparable(self) -> bool:
        """Whether the figure stands for a year and so may be converted and enter medians."""
        return self.period is Period.YEAR


@dataclass(frozen=True, slots=True)
class Role:
    """A posting and what was read in it. `effective_date` is the day its pay is converted at."""

    posting: Posting
    title: str
    level: Level | None
    family: Family | None
    location: LocationReading
    remote: RemotePolicy | None
    pay: Pay | None
    pay_reason: str | None
    point: CompPoint | None
    dedup_key: bytes
    posted_at: datetime | None
    effective_date: date
    misses: tuple[str, ...]


def point_of(band: Band, bucket: str | None) -> CompPoint:
    """The comp point that `band` gives in `bucket`; OTE and total compensation never count as base."""
    is_annualised = band.period in (Period.MONTH, Period.WEEK)
    is_open = band.min is None or band.max is None
    return CompPoint(
        bucket,
        annualise(band.mid, band.period) if is_annualised else band.mid,
        band.currency,
        Period.YEAR if is_annualised else band.period,
        band.basis is not Basis.BASE,
        is_annualised,
        "stated_end" if is_open else "midpoint",
    )


@lru_cache(maxsize=256)
def workplace_of(stated: str | None) -> tuple[RemotePolicy | None, tuple[str, ...]]:
    """The policy a source states in a field of its own (`OnSite`, `on-site`, `unspecified`, …), and what is unknown."""
    word = "".join(ch for ch in (stated or "").lower() if ch.isalpha())
    if word in ("", "unspecified"):
        return None, ()
    try:
        return RemotePolicy(word), ()
    except ValueError:
        return None, (stated or "",)


def interpret(posting: Posting, company: Company, readings: Readings, *, seen_on: date) -> Role:
    """Read `posting` of `company`, seen on `seen_on` (the effective date when it bears no date of its own)."""
    title = " ".join(posting.title.split())
    ladder = company_ladder(readings.ladder, slug=company.slug, name=company.display_name, sector=company.sector.value)
    level = read_level(title, readings.ladder, ladder)
    family = family_of(title, posting.department)
    where = read_location(posting.location, readings.gazetteer, country=posting.country, extra=posting.places)
    workplace, unknown_workplace = workplace_of(posting.workplace)
    country = posting.country or (where.places[0].country if where.places else None)
    hints = PayHints(posting.stated_pay, where.places, country, title, posting.location)
    reading = read_pay(posting.content, hints)
    misses: tuple[str, ...] = ()
    if where.misses or level.misses or reading.misses or unknown_workplace:
        misses = (
            *(f"place: {miss}" for miss in where.misses),
            *(f"level: {miss}" for miss in level.misses),
            *(f"currency: {miss}" for miss in reading.misses),
            *(f"workplace: {miss}" for miss in unknown_workplace),
        )
    return Role(
        posting=posting,
        title=title,
        level=level.level,
        family=family,
        location=where,
        remote=workplace or where.remote,
        pay=reading.pay,
        pay_reason=reading.reason,
        point=point_of(reading.pay.band, where.bucket) if reading.pay else None,
        dedup_key=dedup_key(company.slug, title, where.places, level.level, posting.department),
        posted_at=posting.posted_at,
        effective_date=posting.posted_at.date() if posting.posted_at else seen_on,
        misses=misses,
    )
