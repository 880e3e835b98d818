"""What is true of a world on a day: who has which openings, what they pay in pounds, who moved, who is new.

Computed by the sandbox's own code from the world and the rates, never from what was served or parsed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from job_hunter.sandbox.model import Band, Opening, SandboxCompany
from job_hunter.sandbox.rates import Rates
from job_hunter.sandbox.world import World, external_id

HEADLINE_FAMILIES = ("engineering", "trading", "research")
"""The families a leaders report looks at unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class TrueOpening:
    """One opening on one day. `gbp` is the yearly midpoint in pounds; None without pay, period or rate.

    `total_gbp` is set instead of `base_gbp` when the figure is on-target earnings. `first_seen` and `closed_on` are
    as someone sees them who looks on the weekly days (closed_on: the first such day without it, None while open).
    `lineage` is the same for the same job at the same place through reposts.
    """

    company: str
    source: str
    external_id: str
    title: str
    level: str | None
    family: str | None
    location: str
    bucket: str
    places: tuple[str, ...]
    remote: str | None
    band: Band | None
    style: str | None
    posted_at: datetime | None
    first_seen: date
    closed_on: date | None
    lineage: str
    base_gbp: float | None
    total_gbp: float | None
    rate_date: date | None

    @property
    def gbp(self) -> float | None:
        """What enters medians: COALESCE(total_gbp, base_gbp)."""
        return self.base_gbp if self.total_gbp is None else self.total_gbp


@dataclass(frozen=True, slots=True)
class Leader:
    """One company in a ranking: quartiles of the pounds behind it, their number, and how much of it is disclosed.

    `distinct` counts different figures, `open_roles` all openings that match, with pay or without.
    """

    company: str
    p50: float | None
    p25: float | None
    p75: float | None
    n: int
    distinct: int
    open_roles: int
    disclosed: int


@dataclass(frozen=True, slots=True)
class Mover:
    """A company's median on two days."""

    company: str
    before: float
    after: float

    @property
    def delta(self) -> float:
        """Pounds gained or lost."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to openings between two looks, as (company, external id)."""

    opened: frozenset[tuple[str, str]]
    closed: frozenset[tuple[str, str]]
    reopened: frozenset[tuple[str, str]]


def quantile(values: Iterable[float], q: float) -> float | None:
    """The continuous quantile (linear between neighbours), as SQL's percentile_cont; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    position = q * (len(ordered) - 1)
    low = int(position)
    rest = position - low
    return ordered[low] if rest == 0 else ordered[low] * (1 - rest) + ordered[low + 1] * rest


class Truth:
    """Answers about a world. `looks` are the days on which a reader looked (the weekly days by default)."""

    def __init__(self, world: World, rates: Rates | None = None, looks: Collection[date] | None = None) -> None:
        self.world = world
        self.rates = rates or Rates(world.seed)
        self.looks = tuple(sorted(looks)) if looks is not None else world.dates
        self._known: dict[tuple[date, int, frozenset[date]], tuple[TrueOpening, ...]] = {}

    def openings(self, on: date, company: str | None = None) -> tuple[TrueOpening, ...]:
        """Every listed opening on the boards that day, of one company or of all."""
        if company is not None:
            return self._on_board(self.world.company(company, on), on)
        key = (on, self.world.moves, self.rates.suspended)
        if key not in self._known:
            here = self.world.companies_on(on)
            self._known[key] = tuple(opening for where in here for opening in self._on_board(where, on))
        return self._known[key]

    def _on_board(self, where: SandboxCompany, on: date) -> tuple[TrueOpening, ...]:
        return tuple(self._true(where, opening, on) for opening in self.world.on_board(where, on) if opening.listed)

    def _true(self, where: SandboxCompany, opening: Opening, on: date) -> TrueOpening:
        pay = opening.pay(on)
        band = pay.band if pay else None
        gbp, rate_date = self._priced(band, opening.posted_at or self._first_seen(opening, on))
        is_total = band is not None and band.basis in ("ote", "total")
        return TrueOpening(
            company=where.slug,
            source=where.source,
            external_id=external_id(self.world.seed, opening, where.source),
            title=opening.title,
            level=opening.level,
            family=opening.family,
            location=opening.location.text,
            bucket=opening.location.bucket,
            places=tuple(spot.city or spot.country for spot in opening.location.spots),
            remote=opening.location.remote,
            band=band,
            style=pay.style if pay else None,
            posted_at=opening.posted_at,
            first_seen=self._first_seen(opening, on),
            closed_on=self._closed_on(opening, on),
            lineage=f"{where.slug}/{opening.lineage}",
            base_gbp=None if is_total else gbp,
            total_gbp=gbp if is_total else None,
            rate_date=rate_date,
        )

    def _priced(self, band: Band | None, posted: datetime | date) -> tuple[float | None, date | None]:
        if band is None or band.yearly_mid is None:
            return None, None
        day = posted.date() if isinstance(posted, datetime) else posted
        return self.rates.to_gbp(band.yearly_mid, band.currency, day)

    def _first_seen(self, opening: Opening, on: date) -> date:
        return next((look for look in self.looks if look <= on and opening.is_open(look)), on)

    def _closed_on(self, opening: Opening, on: date) -> date | None:
        """The first look after its last appearance, looking at everything that will ever happen."""
        seen = [look for look in self.looks if opening.is_open(look)]
        last = seen[-1] if seen else on
        return next((look for look in self.looks if look > last), None)

    def select(
        self, on: date, *, bucket: str | None = None, families: Collection[str] | None = None, level: str | None = None
    ) -> tuple[TrueOpening, ...]:
        """The openings of a day that match; None does not filter."""
        return tuple(
            opening
            for opening in self.openings(on)
            if (bucket is None or opening.bucket == bucket)
            and (families is None or opening.family in families)
            and (level is None or opening.level == level)
        )

    def leaders(
        self, on: date, *, bucket: str = "london", families: Collection[str] | None = None, level: str | None = None
    ) -> tuple[Leader, ...]:
        """Companies by median, best first; those without any figure come last, by slug."""
        by_company: dict[str, list[TrueOpening]] = {}
        for opening in self.select(on, bucket=bucket, families=families, level=level):
            by_company.setdefault(opening.company, []).append(opening)
        rows = [self._leader(slug, openings) for slug, openings in by_company.items()]
        return tuple(sorted(rows, key=lambda row: (row.p50 is None, -(row.p50 or 0), row.company)))

    def _leader(self, slug: str, openings: list[TrueOpening]) -> Leader:
        figures = [opening.gbp for opening in openings if opening.gbp is not None]
        return Leader(
            company=slug,
            p50=quantile(figures, 0.5),
            p25=quantile(figures, 0.25),
            p75=quantile(figures, 0.75),
            n=len(figures),
            distinct=len({round(figure, 2) for figure in figures}),
            open_roles=len(openings),
            disclosed=sum(opening.band is not None for opening in openings),
        )

    def p50(
        self, on: date, bucket: str = "london", families: Collection[str] | None = None, level: str | None = None
    ) -> dict[str, float]:
        """Each company's median in pounds, companies without a figure left out."""
        rows = self.leaders(on, bucket=bucket, families=families, level=level)
        return {row.company: row.p50 for row in rows if row.p50 is not None}

    def open_roles(self, on: date, bucket: str | None = None) -> dict[str, int]:
        """How many openings each company has that day (companies without one left out)."""
        counts: dict[str, int] = {}
        for opening in self.select(on, bucket=bucket):
            counts[opening.company] = counts.get(opening.company, 0) + 1
        return counts

    def movers(
        self,
        before: date,
        after: date,
        bucket: str = "london",
        families: Collection[str] | None = None,
        level: str | None = None,
    ) -> tuple[Mover, ...]:
        """Companies with a median on both days, by the size of the change, largest first, ties by slug."""
        earlier, later = (self.p50(day, bucket, families, level) for day in (before, after))
        rows = [Mover(slug, earlier[slug], later[slug]) for slug in earlier.keys() & later.keys()]
        return tuple(sorted(rows, key=lambda row: (-abs(row.delta), row.company)))

    def entrants(
        self,
        before: date,
        after: date,
        bucket: str = "london",
        families: Collection[str] | None = None,
        level: str | None = None,
    ) -> tuple[str, ...]:
        """Companies with a median on the later day only."""
        earlier, later = (self.p50(day, bucket, families, level) for day in (before, after))
        return tuple(sorted(later.keys() - earlier.keys()))

    def leavers(
        self,
        before: date,
        after: date,
        bucket: str = "london",
        families: Collection[str] | None = None,
        level: str | None = None,
    ) -> tuple[str, ...]:
        """Companies with a median on the earlier day only."""
        return self.entrants(after, before, bucket, families, level)

    def changes(self, before: date, after: date) -> Changes:
        """What a reader sees who looked on `before` and next on `after`."""
        then, now = ({(row.company, row.external_id) for row in self.openings(day)} for day in (before, after))
        appeared = now - then
        seen_before = {key for look in self.looks if look < before for key in self._keys(look)}
        reopened = frozenset(appeared & seen_before)
        return Changes(frozenset(appeared - reopened), frozenset(then - now), reopened)

    def _keys(self, on: date) -> set[tuple[str, str]]:
        return {(row.company, row.external_id) for row in self.openings(on)}

    def as_json(self, on: date) -> dict[str, Any]:
        """The whole truth of a day, ready to be serialised."""
        week_ago = on - timedelta(7)
        answer: dict[str, Any] = {
            "date": on,
            "openings": [asdict(opening) | {"gbp": opening.gbp} for opening in self.openings(on)],
            "leaders": {bucket: [asdict(row) for row in self.leaders(on, bucket=bucket)]
                        for bucket in ("london", "uk", "remote-uk")},
            "open_roles": self.open_roles(on),
        }  # fmt: skip
        if week_ago >= self.world.dates[0]:
            changes = self.changes(week_ago, on)
            answer["movers"] = [asdict(row) | {"delta": row.delta} for row in self.movers(week_ago, on)]
            answer["entrants"], answer["leavers"] = self.entrants(week_ago, on), self.leavers(week_ago, on)
            answer["changes"] = {name: sorted(getattr(changes, name)) for name in ("opened", "closed", "reopened")}
        return answer
