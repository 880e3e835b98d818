"""A report that is hard to show: long and hostile names, every mark and caveat, a long history with gaps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from job_hunter.domain.alerts import Opening
from job_hunter.domain.leaders import Comparison, Leader, LeadersReport, MissingBoard, Mover, OwnComp, Question
from job_hunter.domain.level import Family, Level
from job_hunter.domain.trends import DeltaSplit

ON = date(2026, 11, 22)
HOSTILE = (
    "<script>alert('x')</script> | **Bold** [x](javascript:alert(1)) `code` \x1b[31m=HYPERLINK(1) "
    "https://x.example a@x.example"
)
NAMES = (
    "Wolverhampton International Quantitative Research and Electronic Market Making Partners (Europe) Limited",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    HOSTILE,
    "Acme",
    "Müller & Söhne <b>GmbH</b>",
    "株式会社ロンドン支店",
    "Q",
    "Northwind Trading",
    "Harbour & Vale Capital",
    "Zeta",
)


def _leader(rank: int, name: str) -> Leader:
    weeks = 13
    p50 = 1_250_000.0 / rank
    gap = rank % 4
    trend = tuple(None if week == gap else p50 * (0.9 + 0.01 * ((week * rank) % 11)) for week in range(weeks))
    return Leader(
        rank=rank,
        slug=f"company-{rank}",
        name=name,
        sector="hft_quant" if rank < 4 else "other",
        p50=p50,
        p25=p50 * 0.8 if rank % 3 else None,
        p75=p50 * 1.3 if rank % 3 else None,
        n=58 if rank % 3 else 2,
        distinct=1 if rank == 4 else 12,
        n_posted=40 if rank % 3 else 1,
        n_points_reported=18 if rank % 3 else 1,
        n_reported=1234,
        open_roles=1000 // rank,
        open_before=None if rank == 5 else 1000 // rank + rank - 4,
        states_pay=600 // rank,
        trend=(*trend[:-1], p50),
        openings=tuple(None if week == gap else (week * rank) % 17 for week in range(weeks)),
    )


def _comparison(weeks: int) -> Comparison:
    movers = tuple(
        Mover(
            f"company-{n}",
            name,
            1_000_000.0,
            1_000_000.0 + sign * n * 31_000,
            DeltaSplit(sign * n * 20_000.0, sign * n * 10_000.0, sign * n * 1_500.0, -sign * n * 500.0),
            40,
            58,
        )
        for n, (name, sign) in enumerate(zip(NAMES, (1, -1) * 5, strict=True), 1)
    )
    return Comparison(weeks, ON - timedelta(weeks=weeks), weeks > 1, movers, NAMES[:3], NAMES[5:])


def stress_report() -> LeadersReport:
    """The report."""
    return LeadersReport(
        question=Question("london", "senior", ("engineering", "trading", "research"), 10, 12),
        snapshot_date=ON,
        generated_at=datetime(2026, 11, 22, 6, tzinfo=UTC),
        leaders=tuple(_leader(rank, name) for rank, name in enumerate(NAMES, 1)),
        n_companies=31,
        market_p50=180_000.0,
        comparisons=(_comparison(1), _comparison(12)),
        dates=tuple(ON - timedelta(weeks=week) for week in reversed(range(13))),
        evidence={"posted": 812, "reported": 96},
        open_roles=2931,
        states_pay=1204,
        missing=(
            MissingBoard(
                "Acme", "greenhouse", "skipped", ON - timedelta(weeks=3), "HTTP 404 from the board " + "x" * 90
            ),
            MissingBoard(HOSTILE, "lever", "quarantined", None, HOSTILE),
        ),
        boards_covered=33,
        rate_date=ON - timedelta(days=2),
        parser_version="pay-7 level-3 place-4",
        run_id="0b0d2a06-0f7c-4a71-9d5a-6f7c1a2b3c4d",
        you=(
            OwnComp("realised gross, including the deferred part of last year's grant", 312_000.0),
            OwnComp("package", 1e6),
        ),
        caveats=("The posted base of a quant or trading firm is a floor: the bonus, most of its pay, is not posted.",)
        * 2,
        notes=("The history reaches back 13 weeks, to 2026-08-30: trends are measured from there.",),
    )


def stress_roles() -> list[Opening]:
    """New roles of the week."""
    titles = ("Staff Engineer", HOSTILE, "Senior " + "Very " * 30 + "Long Title", "A" * 120)
    return [
        Opening(
            n, NAMES[n % len(NAMES)], titles[n % len(titles)], Level.STAFF if n % 2 else None, Family.ENGINEERING,
            "London, United Kingdom; New York; Singapore", "london", 250_000.0 if n % 3 else None, ON,
            f"https://example.org/apply/{n}" if n % 5 else None,
        )
        for n in range(12)
    ]  # fmt: skip
