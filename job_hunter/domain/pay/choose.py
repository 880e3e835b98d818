"""The one band a posting pays, among the candidates found in its text."""

from __future__ import annotations

from collections.abc import Sequence

from job_hunter.domain.money import Basis, Period, annualise
from job_hunter.domain.pay.prose import Found
from job_hunter.domain.pay.types import Band
from job_hunter.domain.pay.zones import own_currency


def width(band: Band) -> float:
    """How far a band reaches in a year's money; 0 for a single figure or an open end."""
    if band.min is None or band.max is None:
        return 0.0
    return annualise(band.max - band.min, band.period)


def choose(found: Sequence[Found], countries: tuple[str, ...]) -> tuple[Found | None, dict[int, str]]:
    """The chosen candidate and, by position in `found`, why each other pay candidate was not chosen.

    In turn: the surest kind of evidence, base before OTE and total, the posting's own place, its currency, a yearly
    figure before a rate, the header over all roles, the widest single band (the first on a tie). Bands are never
    spanned.
    """
    pool = {i: f for i, f in enumerate(found) if f.band and f.rank}
    passed: dict[int, str] = {}
    if len(pool) < 2:
        return next(iter(pool.values()), None), passed

    def keep(wanted: dict[int, Found], reason: str) -> None:
        nonlocal pool
        if wanted:
            passed.update({i: reason for i in pool if i not in wanted})
            pool = wanted

    best = max(f.rank for f in pool.values())
    keep({i: f for i, f in pool.items() if f.rank >= min(best, 3)}, "less_sure")
    for basis in (Basis.BASE, Basis.OTE, Basis.TOTAL):
        if any(f.band and f.band.basis is basis for f in pool.values()):
            keep({i: f for i, f in pool.items() if f.band and f.band.basis is basis}, "base_first")
            break
    zone = max(f.zone for f in pool.values())
    if zone and len({(f.band.min, f.band.max) for f in pool.values() if f.band}) > 1:
        keep({i: f for i, f in pool.items() if f.zone == zone}, "another_place")
    stated = [f.band.currency for f in pool.values() if f.band]
    currency = own_currency(countries)
    currency = currency if currency in stated else stated[0]
    keep({i: f for i, f in pool.items() if f.band and f.band.currency == currency}, "another_currency")
    keep({i: f for i, f in pool.items() if f.band and f.band.period is Period.YEAR}, "another_period")
    keep({i: f for i, f in pool.items() if f.is_header}, "header_first")
    widest = max(pool, key=lambda i: (width(pool[i].band), -i))  # type: ignore[arg-type]
    chosen = pool[widest]
    for i, f in pool.items():
        if i != widest:
            passed[i] = (
                "same_band"
                if f.band and chosen.band and (f.band.min, f.band.max) == (chosen.band.min, chosen.band.max)
                else "narrower_band"
            )
    return chosen, passed
