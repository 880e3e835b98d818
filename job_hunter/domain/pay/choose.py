"""The one band a posting pays, among the candidates found in its text."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from job_hunter.domain.money import Basis, Period, annualise
from job_hunter.domain.pay.prose import Found
from job_hunter.domain.pay.types import Band
from job_hunter.domain.pay.zones import own_currency


def width(band: Band) -> float:
    """How far a band reaches in a year's money; 0 for a single figure or an open end."""
    if band.min is None or band.max is None:
        return 0.0
    return annualise(band.max - band.min, band.period)


def _is_own(found: Found, own: str | None) -> bool:
    """Whether a less sure band is the posting's all the same: of its own place, or region, in its own currency."""
    band = found.band
    return band is not None and band.currency == own and found.zone >= 2 and width(band) > 0


def _is_base_of(found: Found, others: Collection[Found]) -> bool:
    """Whether a band is followed at once by what one may earn with it: "£40,000 - £45,000 (OTE £80,000)"."""
    band = found.band
    return (
        band is not None
        and band.basis is Basis.BASE
        and width(band) > 0
        and any(
            other.band is not None
            and other.band.basis is Basis.OTE
            and other.band.currency == band.currency
            and 0 < other.figure.start - found.figure.end <= 8
            for other in others
        )
    )


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
    own = own_currency(countries)
    keep(
        {i: f for i, f in pool.items() if f.rank >= min(best, 3) or _is_own(f, own) or _is_base_of(f, pool.values())},
        "less_sure",
    )
    for basis in (Basis.BASE, Basis.OTE, Basis.TOTAL):
        if any(f.band and f.band.basis is basis for f in pool.values()):
            keep({i: f for i, f in pool.items() if f.band and f.band.basis is basis}, "base_first")
            break
    zone = max(f.zone for f in pool.values())
    if zone and len({(f.band.min, f.band.max) for f in pool.values() if f.band}) > 1:
        keep({i: f for i, f in pool.items() if f.zone == zone}, "another_place")
    stated = [f.band.currency for f in pool.values() if f.band]
    currency = own if own in stated else stated[0]
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
