"""What the sandbox's jobs pay, and in how many ways a posting says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

from job_hunter.sandbox.model import Band, Location, Pay, SandboxCompany, Spot
from job_hunter.sandbox.places import LONDON, NEW_YORK
from job_hunter.sandbox.titles import Job

UNITS_PER_POUND = {
    "GBP": 1.0, "USD": 1.34, "EUR": 1.18, "CHF": 1.11, "PLN": 5.1, "SGD": 1.74, "CAD": 1.86, "BGN": 2.31, "AED": 4.9,
}  # fmt: skip
"""Rough worth of a pound, to set wages abroad; conversions use the dated rates instead."""

_MONTHLY = {"PLN", "BGN", "AED"}
_BY_LEVEL = {
    None: 78, "intern": 46, "junior": 52, "mid": 70, "senior": 104, "staff": 138, "principal": 168, "manager": 132,
    "director": 178,
}  # fmt: skip
_BY_SECTOR = {"hft_quant": 1.7, "big_tech": 1.25, "ai": 1.35, "fintech": 1.05, "bank": 1.0, "other": 0.85}
_BY_FAMILY = {"engineering": 1.0, "trading": 1.15, "research": 1.2, "product": 0.95, "sales": 0.8, "other": 0.65}

_STYLES: dict[str, tuple[tuple[str, int], ...]] = {
    "greenhouse": (("ranges", 30), ("ranges_block", 12), ("block", 15), ("metadata", 13), ("prose", 30)),
    "lever": (("salary_range", 55), ("prose", 45)),
    "ashby": (("tiers", 60), ("prose", 40)),
}
# What a style of its own can say; anything else is said in prose.
_PERIODS = {
    "ranges": ("year", "hour"), "ranges_block": ("year",), "block": ("year",), "metadata": ("year",),
    "salary_range": ("year", "month", "week", "day", "hour"), "tiers": ("year", "month", "hour"),
}  # fmt: skip


def draw_pay(r: Random, company: SandboxCompany, job: Job, where: Location, factor: float, *, prose: bool) -> Pay:
    """How a job of `company` states its pay. `factor` is how well the company pays; `prose` allows free wording."""
    spot = where.home
    if spot is LONDON and company.sector in ("hft_quant", "ai") and r.random() < 0.12:
        spot = replace(spot, currency=r.choice(("USD", "EUR")))
    band = _band(r, company, job, spot, factor)
    weights = [(style, weight) for style, weight in _STYLES[company.source] if prose or style != "prose"]
    style: str = r.choices([name for name, _ in weights], [weight for _, weight in weights])[0]
    band = _varied(r, job, band, prose=prose)
    if style != "prose" and (band.period not in _PERIODS[style] or _is_beyond(style, band)):
        style = (
            "prose" if prose else {"greenhouse": "ranges", "lever": "salary_range", "ashby": "tiers"}[company.source]
        )
        if not prose:
            band = _plain(band)
    if style == "prose" and band.period == "year" and band.basis == "base":
        band = _open_ended(r, band)
    others: tuple[tuple[str, Band], ...] = ()
    # Only where one place is named: of a job in two cities nobody could say which of two bands is its own.
    by_zone = style in ("ranges", "tiers") and band.period == "year" and len(where.spots) == 1
    if by_zone and spot in (LONDON, NEW_YORK) and r.random() < 0.4:
        abroad = LONDON if spot == NEW_YORK else NEW_YORK
        others = ((zone(abroad), replace(_band(r, company, job, abroad, factor), basis=band.basis)),)
    return Pay(date.min, band, style, r.randrange(1 << 16), others)


def zone(spot: Spot) -> str:
    """What a company that pays by zone calls the zone of this place."""
    return "London" if spot.country == "GB" else "US"


def _band(r: Random, company: SandboxCompany, job: Job, spot: Spot, factor: float) -> Band:
    middle = _BY_LEVEL[job.level] * _BY_SECTOR[company.sector] * _BY_FAMILY[job.family] * factor * r.uniform(0.92, 1.08)
    spread = r.choice((0.08, 0.1, 0.12, 0.15))
    units = UNITS_PER_POUND[spot.currency]
    low, high = (max(24, round(middle * (1 + side * spread) * units)) * 1000.0 for side in (-1, 1))
    if spot.currency in _MONTHLY:
        return Band(
            _rounded(low / 12, 500), max(_rounded(high / 12, 500), _rounded(low / 12, 500)), spot.currency, "month"
        )
    return Band(low, max(low, high), spot.currency)


def _rounded(amount: float, step: int) -> float:
    return float(max(step, round(amount / step) * step))


def _varied(r: Random, job: Job, band: Band, *, prose: bool) -> Band:
    """The same pay per month, week, hour or day, or as on-target earnings, where such jobs say it so."""
    if band.period != "year" or band.min is None or band.max is None:
        return band
    drawn = r.random()
    if job.level == "intern" and drawn < 0.7:
        period, times, step = ("month", 12, 100) if drawn < 0.4 or not prose else ("week", 52, 50)
        stipend = _rounded(band.mid / times, step)
        return Band(stipend, stipend, band.currency, period)
    if job.family == "sales" and drawn < 0.55:
        return Band(_rounded(band.min * 1.6, 1000), _rounded(band.max * 1.6, 1000), band.currency, "year", "ote")
    if drawn > 0.985:
        return Band(_rounded(band.min / 2080, 1), _rounded(band.max / 2080, 1), band.currency, "hour")
    if drawn > 0.96 and band.currency == "GBP" and prose:
        rate = _rounded(band.mid / 200, 25)
        return Band(rate, rate, band.currency, "day")
    return band


def _is_beyond(style: str, band: Band) -> bool:
    return band.basis == "ote" and style in ("block", "metadata", "ranges_block")


def _plain(band: Band) -> Band:
    """A band every structured field can say: yearly base pay."""
    times = {"year": 1, "month": 12, "week": 52, "day": 220, "hour": 1800}[band.period]
    ends = [None if end is None else _rounded(end * times, 1000) for end in (band.min, band.max)]
    return Band(ends[0], ends[1], band.currency)


def _open_ended(r: Random, band: Band) -> Band:
    drawn = r.random()
    if drawn < 0.1:
        return replace(band, min=None)
    if drawn < 0.17:
        return replace(band, max=None)
    return replace(band, max=band.min) if drawn < 0.22 else band


def raised(pay: Pay, by: float, since: date) -> Pay:
    """The same statement with every figure multiplied by `by`, valid from `since` on."""
    return replace(
        pay,
        since=since,
        band=_scaled(pay.band, by),
        others=tuple((title, _scaled(band, by)) for title, band in pay.others),
    )


def _scaled(band: Band, by: float) -> Band:
    step = {"year": 1000, "month": 100, "week": 50, "day": 25, "hour": 1}[band.period]
    ends = [None if end is None else _rounded(end * by, step) for end in (band.min, band.max)]
    return replace(band, min=ends[0], max=ends[1])


_MARKS = {"GBP": "£", "USD": "$", "EUR": "€", "SGD": "S$", "CAD": "C$"}
_PER = {"year": "per annum", "month": "per month", "week": "per week", "day": "per day", "hour": "per hour"}


def sentence(pay: Pay) -> str:
    """The pay in words, as a person in that country would write it."""
    band, form = pay.band, pay.form
    if band.period in ("day", "hour", "week", "month"):
        return _by_period(band, form)
    if band.basis == "ote":
        low, high = _money(band.min, band.currency), _money(band.max, band.currency)
        return (
            f"OTE {low} - {high}, uncapped, in your first year.",
            f"On-target earnings (OTE) of {low} to {high}, with a 60/40 split.",
        )[form % 2]
    if band.min is None:
        top = _money(band.max, band.currency)
        return (f"Salary: up to {top} per annum.", f"Salary up to {top} plus benefits, depending on experience.")[
            form % 2
        ]
    if band.max is None:
        bottom = _money(band.min, band.currency)
        return (f"Salary: from {bottom} per annum.", f"Salary: {bottom}+ depending on experience.")[form % 2]
    if band.min == band.max:
        return f"Salary: {'c. ' if form % 2 else ''}{_money(band.min, band.currency)} per annum plus benefits."
    return _yearly_range(band, form)


def _by_period(band: Band, form: int) -> str:
    low, high, per = _money(band.min, band.currency), _money(band.max, band.currency), _PER[band.period]
    if band.period == "day":
        return (f"Day rate: {low} per day, outside IR35.", f"The contract pays {low} daily rate.")[form % 2]
    if low == high:
        return f"The position pays {low} {per}."
    if band.currency == "PLN":
        return f"Salary: {band.min:,.0f} - {band.max:,.0f} PLN gross per month.".replace(",", " ")
    return f"Salary: {low} - {high} {per}."


def _yearly_range(band: Band, form: int) -> str:
    assert band.min is not None
    assert band.max is not None
    low, high = _money(band.min, band.currency), _money(band.max, band.currency)
    a, b, code = band.min / 1000, band.max / 1000, band.currency
    mark = _MARKS.get(code, f"{code} ")
    general = (
        f"The salary for this role is {low} - {high} per annum, depending on experience.",
        f"We pay between {low} and {high} a year, plus equity.",
        f"The annual base salary for this position ranges from {low} to {high}.",
        f"Salary: {band.min:,.0f} - {band.max:,.0f} {code} gross per year.",
    )
    special = {
        "GBP": (
            f"Salary: £{a:.0f}-{b:.0f}k plus bonus and benefits.",
            f"Base salary £{a:.0f}k–£{b:.0f}k + bonus.",
            f"Salary range: £{a:.0f}K to £{b:.0f}K DOE.",
            f"Salary: £{a:.0f}-£{b:.0f}k per annum + equity.",
        ),
        "EUR": (
            f"Salary: {_dotted(band.min)} – {_dotted(band.max)} gross per year.",
            f"Salary: €{a:.0f}k - €{b:.0f}k per year.",
            f"Salary: {band.min:,.0f} € – {band.max:,.0f} € per year.".replace(",", " "),
        ),
        "CHF": (f"Salary: CHF {band.min:,.0f} - CHF {band.max:,.0f} per year.".replace(",", "'"),),
        "USD": (
            f"The base salary range for this role is {mark}{band.min:,.0f} — {mark}{band.max:,.0f} USD per year.",
            f"Salary: {mark}{a:.0f}K – {mark}{b:.0f}K USD.",
        ),
    }.get(code, ())
    forms = (*general, *special, *special)
    return forms[form % len(forms)]


def _money(amount: float | None, currency: str) -> str:
    assert amount is not None
    mark = _MARKS.get(currency)
    text = f"{mark}{amount:,.0f}" if mark else f"{currency} {amount:,.0f}"
    return f"{text} USD" if currency == "USD" else text


def _dotted(amount: float) -> str:
    return f"€{amount:,.0f}".replace(",", ".")


def block(pay: Pay) -> tuple[str, str]:
    """The two ends of a rendered pay-range block, the code after the second: `£81,999`, `£110,940 GBP`."""
    band = pay.band
    if band.currency == "EUR":
        return _dotted(band.min or 0), f"{_dotted(band.max or 0)} EUR"
    mark = {"SGD": "$", "CAD": "$"}.get(band.currency, _MARKS.get(band.currency, ""))
    return f"{mark}{band.min:,.0f}", f"{mark}{band.max:,.0f} {band.currency}"
