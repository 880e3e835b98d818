"""The newest snapshot against an earlier one: movers with the causes of their change, who came, who left."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from job_hunter.domain.leaders import Comparison, Mover
from job_hunter.domain.trends import Figure, quantile, split_delta
from job_hunter.storage.series import CompanyName, Coverage, PointRow, ReadingVersion

WEEK = timedelta(weeks=1)
MOVED_BY = 0.5
"""Pounds below which a median has not moved."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, and the companies that our own reading brought into view or took out of it: no entrants, no
    leavers. `unread` have figures on both days, and a board that was not read on one of them: no movers."""

    comparison: Comparison
    appeared: tuple[str, ...]
    disappeared: tuple[str, ...]
    unread: tuple[str, ...]


def compare(
    weeks: int,
    before: date,
    newest: date,
    by_date: Mapping[date, Mapping[int, Sequence[PointRow]]],
    names: Mapping[int, CompanyName],
    covered: Coverage,
    unpriced: Collection[tuple[date, int]],
    reread_lineages: frozenset[int],
) -> Compared:
    """Compare the figures of `newest` with those of `before`, by company id; `reread_lineages` are read differently.

    `unpriced` are the (date, company id) with figures that lack pounds.
    """
    earlier, later = by_date.get(before, {}), by_date.get(newest, {})
    reread = frozenset(("lineage", lineage) for lineage in reread_lineages)
    movers = []
    # A board that was not read on one of the two days is no news: its company neither came, nor went, nor moved.
    unread = {
        company
        for company in earlier.keys() | later.keys()
        if covered.is_missing(before, company) or covered.is_missing(newest, company)
    }
    for company in (earlier.keys() & later.keys()) - unread:
        old, new = quantile((p.gbp for p in earlier[company]), 0.5), quantile((p.gbp for p in later[company]), 0.5)
        assert old is not None
        assert new is not None
        if abs(new - old) >= MOVED_BY:
            split = split_delta(map(_figure, earlier[company]), map(_figure, later[company]), reread)
            name = names[company]
            movers.append(Mover(name.slug, name.name, old, new, split, len(earlier[company]), len(later[company])))
    # Nor is a day without an exchange rate.
    came = {
        company
        for company in later.keys() - earlier.keys() - unread
        if (before, company) in covered.read and (before, company) not in unpriced
    }
    left = {
        company
        for company in earlier.keys() - later.keys() - unread
        if (newest, company) in covered.read and (newest, company) not in unpriced
    }
    appeared = {company for company in came if all(row.lineage in reread_lineages for row in later[company])}
    disappeared = {company for company in left if all(row.lineage in reread_lineages for row in earlier[company])}

    def named(companies: Collection[int]) -> tuple[str, ...]:
        return tuple(sorted(names[company].name for company in companies))

    comparison = Comparison(
        weeks=weeks,
        before=before,
        days=(newest - before).days,
        is_short=before > newest - WEEK * weeks,
        movers=tuple(sorted(movers, key=lambda mover: (-abs(mover.delta), mover.name))),
        entrants=named(came - appeared),
        leavers=named(left - disappeared),
    )
    return Compared(comparison, named(appeared), named(disappeared), named(unread & earlier.keys() & later.keys()))


def unread_notes(compared: Sequence[Compared]) -> Iterator[str]:
    """A sentence for the companies that are not compared with one or more of the earlier days."""
    days: dict[tuple[str, ...], dict[date, None]] = {}
    for one in compared:
        if one.unread:
            days.setdefault(one.unread, {})[one.comparison.before] = None
    for companies, befores in days.items():
        named, reach = ", ".join(companies), " and ".join(map(str, befores))
        yield f"Not compared with {reach}, because their board was not read on one of the days: {named}."


def break_notes(compared: Sequence[Compared], versions: Mapping[date, ReadingVersion], newest: date) -> Iterator[str]:
    """A sentence for each earlier day since which we read differently: a break in the series, not the market."""
    for before, one in {one.comparison.before: one for one in compared}.items():
        moved = [mover.name for mover in one.comparison.movers if mover.split.is_ours]
        effects = (("moved", moved), ("appeared", one.appeared), ("disappeared", one.disappeared))
        told = "; ".join(f"{', '.join(companies)} {verb}" for verb, companies in effects if companies)
        old, new = versions.get(before), versions.get(newest)
        if old and new and old != new:
            what = f"{old.parsers} → {new.parsers}" if old.parsers != new.parsers else "levels.yaml or locations.yaml"
            said = f"Our readings changed since {before} ({what}): their share of each move stands apart."
        elif told:
            said = f"Postings were read again since {before}: the share of that in each move stands apart."
        else:
            continue
        yield f"{said} For that, not for the market: {told}." if told else said


def _figure(row: PointRow) -> Figure:
    return Figure(row.lineage, row.point, row.gbp, row.native, row.currency)
