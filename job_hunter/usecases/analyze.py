"""Who pays best, who moved, who is new, who is hiring, and how far each number can be trusted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.company import Sector
from job_hunter.domain.leaders import (
    REPORT_FAMILIES,
    SPREAD_FROM,
    Leader,
    LeadersReport,
    OwnComp,
    Question,
)
from job_hunter.domain.level import Family, Level
from job_hunter.domain.trends import quantile
from job_hunter.errors import UsageError
from job_hunter.storage import series
from job_hunter.storage.database import Database
from job_hunter.storage.series import CompanyName, Coverage, Filter, PointRow, UnpricedRow
from job_hunter.usecases.compare import WEEK, break_notes, compare, unread_notes

__all__ = ["REPORT_FAMILIES", "analyze"]

FAR_FUTURE = date(9999, 12, 31)
DAY = timedelta(days=1)


async def analyze(
    db: Database,
    *,
    location: str = "london",
    level: Level | None = None,
    families: Sequence[Family] = REPORT_FAMILIES,
    top_n: int = 10,
    trend_weeks: int = 12,
    on: date | None = None,
    at: datetime,
) -> LeadersReport:
    """The report on the newest snapshot date up to `on`, for one bucket, rung (None: all) and set of families.

    The p50 is Postgres' percentile_cont over COALESCE(total_gbp, base_gbp) of the canonical rows; everything is read
    from one state of the database. `at` is the time the report bears. Raises UsageError for an `on` before the first.
    """
    question = Question(location, level.value if level else None, tuple(f.value for f in families), top_n, trend_weeks)
    return await db.read(lambda connection: _analyze(connection, question, on=on, at=at))


async def _analyze(connection: AsyncConnection, question: Question, *, on: date | None, at: datetime) -> LeadersReport:
    top_n, trend_weeks = question.top_n, question.trend_weeks
    level_id = await series.read_level_id(connection, question.level) if question.level else None
    which = Filter(question.location, level_id, question.families)
    newest = await series.read_newest_date(connection, until=on or FAR_FUTURE)
    you = await series.read_own_comp(connection)
    if newest is None and on is not None and (first := await series.read_first_date(connection)) is not None:
        raise UsageError(f"there is no snapshot up to {on}: the first is of {first}")
    if newest is None:
        return _nothing(question, at, you=tuple(you))
    since = newest - WEEK * trend_weeks
    dates = await series.read_dates(connection, since=since, until=newest)
    if len(dates) < 2 and (earlier := await series.read_newest_date(connection, until=since - DAY)):
        since, dates = earlier, [earlier, *dates]  # nobody looked for longer than the window
    befores = _comparison_dates(dates, newest, trend_weeks)
    points = await series.read_points(connection, which, sorted({newest, *befores.values()}))
    medians = await series.read_medians(connection, which, since=since, until=newest)
    openings = await series.read_openings(connection, which, since=since, until=newest)
    covered = await series.read_covered_companies(connection, since=since, until=newest)
    unpriced = await series.read_unpriced(connection, which, sorted({newest, *befores.values()}))
    reread = {
        before: await series.read_reread_lineages(connection, after=before, until=newest)
        for before in set(befores.values())
    }
    versions = await series.read_parser_versions(connection, [newest, *reread])
    names = await series.read_company_names(connection)
    missing, boards_covered = await series.read_missing_boards(connection, on=newest)
    filled = await series.read_filled(connection, sorted({newest, *befores.values()}))
    run = await series.read_run_of(connection, on=newest)
    by_date: dict[date, dict[int, list[PointRow]]] = defaultdict(lambda: defaultdict(list))
    for point in points:
        by_date[point.on][point.company_id].append(point)
    now = by_date[newest]
    week_before = befores.get(1)
    leaders = [
        _leader(company, rows, names[company], newest, week_before, dates, medians, openings, covered)
        for company, rows in now.items()
    ]
    ranked = sorted(leaders, key=lambda leader: (-leader.p50, leader.name))
    compared = [
        compare(
            weeks,
            before,
            newest,
            by_date,
            names,
            covered,
            {(row.on, row.company_id) for row in unpriced},
            reread[before],
        )
        for weeks, before in befores.items()
    ]
    here = [counts for (day, _), counts in openings.items() if day == newest]
    return LeadersReport(
        question=question,
        snapshot_date=newest,
        generated_at=at,
        leaders=tuple(_ranked(ranked[:top_n])),
        n_companies=len(ranked),
        market_p50=quantile((point.gbp for rows in now.values() for point in rows), 0.5),
        comparisons=tuple(one.comparison for one in compared),
        dates=tuple(dates),
        evidence=dict(Counter(point.evidence for rows in now.values() for point in rows)),
        open_roles=sum(count for count, _ in here),
        states_pay=sum(pay for _, pay in here),
        missing=tuple(missing),
        boards_covered=boards_covered,
        rate_date=max((p.rate_date for rows in now.values() for p in rows if p.rate_date), default=None),
        parser_version=run[1] if run else None,
        run_id=run[0] if run else None,
        you=tuple(you),
        caveats=tuple(_caveats(ranked[:top_n], any(leader.n_points_reported for leader in ranked))),
        notes=(
            *_notes(dates, newest, trend_weeks),
            *unread_notes(compared),
            *_unpriced_notes(unpriced),
            *(
                f"Filled in afterwards on {day}: {count} openings, at what is known of them now."
                for day, count in filled.items()
            ),
            *break_notes(compared, versions, newest),
        ),
    )


def _comparison_dates(dates: Sequence[date], newest: date, trend_weeks: int) -> dict[int, date]:
    """Which earlier snapshot date stands for a week ago and for `trend_weeks` ago: the newest one at least that far
    back, else the earliest there is. Empty with a single date."""
    earlier = [day for day in dates if day < newest]
    if not earlier:
        return {}
    return {
        weeks: max((day for day in earlier if day <= newest - WEEK * weeks), default=earlier[0])
        for weeks in dict.fromkeys((1, trend_weeks))
    }


def _leader(
    company: int,
    rows: Sequence[PointRow],
    name: CompanyName,
    newest: date,
    week_before: date | None,
    dates: Sequence[date],
    medians: Mapping[tuple[date, int], float],
    openings: Mapping[tuple[date, int], tuple[int, int]],
    covered: Coverage,
) -> Leader:
    figures = [row.gbp for row in rows]
    has_spread = len(figures) >= SPREAD_FROM
    reported = [row for row in rows if row.evidence == "reported"]

    def roles(day: date) -> int | None:
        if covered.is_missing(day, company):
            return None
        if (day, company) in openings:
            return openings[day, company][0]
        return 0 if (day, company) in covered.read else None

    return Leader(
        rank=0,
        slug=name.slug,
        name=name.name,
        sector=name.sector,
        p50=medians[newest, company],
        p25=quantile(figures, 0.25) if has_spread else None,
        p75=quantile(figures, 0.75) if has_spread else None,
        n=len(figures),
        distinct=len({round(figure, 2) for figure in figures}),
        n_posted=len(rows) - len(reported),
        n_points_reported=len(reported),
        n_reported=_people(reported),
        open_roles=roles(newest),
        open_before=roles(week_before) if week_before else None,
        states_pay=openings.get((newest, company), (0, 0))[1],
        trend=tuple(medians.get((day, company)) for day in dates),
        openings=tuple(roles(day) for day in dates),
        is_unread=covered.is_missing(newest, company),
    )


def _people(reported: Sequence[PointRow]) -> int | None:
    counts = [row.n_reported for row in reported if row.n_reported is not None]
    return sum(counts) if counts else None


def _ranked(leaders: Sequence[Leader]) -> list[Leader]:
    """Number the leaders; equal medians share a rank."""
    numbered: list[Leader] = []
    for place, leader in enumerate(leaders, 1):
        tied = numbered and numbered[-1].p50 == leader.p50
        numbered.append(replace(leader, rank=numbered[-1].rank if tied else place))
    return numbered


def _caveats(leaders: Sequence[Leader], has_reported: bool) -> list[str]:
    """What an analyst must know of the rows shown, and of no others; the credit is due for any reported figure used."""
    said = []
    if any(leader.sector == Sector.HFT_QUANT.value and leader.n_posted for leader in leaders):
        said.append("The posted base of a quant or trading firm is a floor: the bonus, most of its pay, is not posted.")
    if has_reported:
        said.append(
            "Figures from levels.fyi are self-reported and lag the market by a quarter or two. Data: Levels.fyi"
        )
    unread = [leader.name for leader in leaders if leader.is_unread]
    if unread:
        said.append(
            f"The board of {', '.join(unread)} was not read: what stands there are figures from elsewhere, and its "
            f"openings are not known."
        )
    few = [leader.name for leader in leaders if leader.is_low_confidence]
    if few:
        said.append(f"Fewer than three figures stand behind {', '.join(few)}: read those medians as single data.")
    same = [leader.name for leader in leaders if not leader.is_low_confidence and leader.distinct < leader.n / 2]
    if same:
        said.append(f"{', '.join(same)} repeat one band over many openings: the number of different figures is small.")
    return said


def _unpriced_notes(unpriced: Sequence[UnpricedRow]) -> Iterator[str]:
    """A sentence for each day on which figures lack pounds."""
    days: dict[date, Counter[str]] = defaultdict(Counter)
    for row in unpriced:
        days[row.on][row.currency] += row.count
    for day, currencies in sorted(days.items()):
        named = ", ".join(f"{count} in {currency}" for currency, count in sorted(currencies.items()))
        yield f"Left out on {day}, having no exchange rate: figures {named}. `job-hunter backfill-fx` looks for it."


def _notes(dates: Sequence[date], newest: date, trend_weeks: int) -> list[str]:
    if len(dates) < 2:
        return ["This is the first snapshot: movers and trends begin with the second."]
    reach = (newest - dates[0]).days // 7
    if reach < trend_weeks:
        return [f"The history reaches back {reach} weeks, to {dates[0]}: trends are measured from there."]
    return []


def _nothing(question: Question, at: datetime, *, you: tuple[OwnComp, ...]) -> LeadersReport:
    return LeadersReport(
        question=question,
        snapshot_date=None,
        generated_at=at,
        leaders=(),
        n_companies=0,
        market_p50=None,
        comparisons=(),
        dates=(),
        evidence={},
        open_roles=0,
        states_pay=0,
        missing=(),
        boards_covered=0,
        rate_date=None,
        parser_version=None,
        run_id=None,
        you=you,
        caveats=(),
        notes=("There is no snapshot yet: run `job-hunter refresh` first.",),
    )
