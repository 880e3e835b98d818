"""Self-reported pay by company and level, as levels.fyi publishes it: Markdown, and pages with their data inside.

Every amount in a page's data is in US dollars whatever it prints; the Markdown is in the currency it names.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson

from job_hunter.sandbox.model import SandboxCompany, rng
from job_hunter.sandbox.rates import Rates
from job_hunter.sandbox.world import World

Json = dict[str, Any]

FAMILIES = {
    "software-engineer": "Software Engineer",
    "quantitative-researcher": "Quantitative Researcher",
    "product-manager": "Product Manager",
}
# Slug of a place: its name, the country at the end of its samples, and its currency.
PLACES = {
    "london": ("London, United Kingdom", "United Kingdom", "GBP"),
    "london-metro-area": ("London Metro Area", "United Kingdom", "GBP"),
    "london-gbr": ("London, United Kingdom", "United Kingdom", "GBP"),
    "greater-london-area": ("Greater London Area", "United Kingdom", "GBP"),
    "united-kingdom": ("United Kingdom", "United Kingdom", "GBP"),
    "united-states": ("United States", "United States", "USD"),
}
_CITIES = {"United Kingdom": "London, EN, United Kingdom", "United States": "New York, NY, United States"}
_SIGNS = {"GBP": "£", "USD": "$"}
_RUNGS = (
    ("L3", "Software Engineer I", "junior", 0.7),
    ("L4", "Software Engineer II", "mid", 1.0),
    ("L5", "Senior Software Engineer", "senior", 1.4),
    ("L6", "Staff Software Engineer", "staff", 1.9),
    ("L7", "Principal Software Engineer", "principal", 2.5),
)
_BY_SECTOR = {"hft_quant": 190, "big_tech": 120, "ai": 150, "fintech": 95, "bank": 90, "other": 75}


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of a company's ladder at a place: means of total, base, stock and bonus in pounds, 0 unpublished.

    `level` is the level on the generic ladder, None where the site knows none ("False"); `count` is submissions.
    """

    name: str
    title: str
    level: str | None
    total: float
    base: float
    stock: float
    bonus: float
    count: int


@dataclass(frozen=True, slots=True)
class Page:
    """What one address is about, and where its figures really come from.

    `served` differs from `asked` where the site fell back to another country for want of submissions there.
    """

    company: SandboxCompany
    family: str
    asked: str | None
    served: str
    rungs: tuple[Rung, ...]
    updated: date


class LevelsFyi:
    """The site over a world. Figures change once a month; `page_bytes` pads pages to the size of real ones."""

    def __init__(self, world: World, rates: Rates, page_bytes: int = 40_000) -> None:
        self.world, self.rates, self.page_bytes = world, rates, page_bytes

    def find(self, slug: str) -> SandboxCompany | None:
        """The company with a page under this slug; one with too few submissions has none at all."""
        return next((company for company in self.world.companies if company.levels_fyi == slug), None)

    def reported(self, on: date, family: str = "software-engineer", place: str = "london") -> list[tuple[Page, Rung]]:
        """What is really known about a place: published rungs of pages that are about it and not about another."""
        pages = [self.page(c.levels_fyi, family, place, on) for c in self.world.companies if c.levels_fyi]
        own = [page for page in pages if page is not None and page.served == place]
        return [(page, rung) for page in own for rung in page.rungs if rung.total]

    def page(self, slug: str, family: str, place: str | None, on: date) -> Page | None:
        """What is behind an address that day; None where there is no page. Without a place it is the visitor's own."""
        company = self.find(slug)
        if company is None or family not in FAMILIES or (place is not None and place not in PLACES):
            return None
        falls_back = company.index % 6 == 5
        served = "united-states" if falls_back or place is None else place
        rungs = () if company.index % 7 == 6 else self._rungs(company, family, served, on)
        return Page(company, family, place, served, rungs, on.replace(day=1))

    def _rungs(self, company: SandboxCompany, family: str, place: str, on: date) -> tuple[Rung, ...]:
        country = PLACES[place][1]
        r = rng(self.world.seed, "levels", company.slug, family, country)
        level = _BY_SECTOR[company.sector] * r.uniform(0.85, 1.2) * (1.7 if country == "United States" else 1.0)
        drift = 1 + 0.004 * ((on.year * 12 + on.month) % 24)
        rungs = []
        for n, (name, title, generic, times) in enumerate(_RUNGS[: r.randint(3, 5)]):
            total = round(level * times * drift * r.uniform(0.95, 1.05), 1) * 1000
            base = round(total * r.uniform(0.55, 0.8), -3)
            stock = 0.0 if company.sector in ("hft_quant", "bank") else round((total - base) * 0.7, -2)
            count = r.choice((0, 1, 2, 3, 5, 9, 14, 30))
            if count == 0:
                total = base = stock = 0.0
            title = title.replace("Software Engineer", FAMILIES[family])
            odd = company.index % 9 == 3 and n == 0
            rungs.append(
                Rung("False" if odd else name, title, None if odd else generic, total, base, stock,
                     max(0.0, total - base - stock), count)
            )  # fmt: skip
        return tuple(rungs)

    def rate(self, day: date) -> float:
        """Pounds a dollar as the site rounds it: two decimals."""
        found = self.rates.cross("USD", day) or self.rates.cross("USD", day - timedelta(14))
        return round(found[1], 2) if found else 0.75

    def markdown(self, page: Page) -> str:
        """The page as Markdown: medians of total pay by level, in the currency it names."""
        name, _, currency = PLACES[page.served]
        title, sign = FAMILIES[page.family], _SIGNS[currency]
        times = 1.0 if currency == "GBP" else 1 / self.rate(page.updated)
        published = [rung for rung in page.rungs if rung.total]
        place = f"/locations/{page.asked}" if page.asked else ""
        url = f"https://www.levels.fyi/companies/{page.company.slug}/salaries/{page.family}{place}"
        head = [
            f"# Levels.fyi – {page.company.display_name} {title} Salaries",
            "",
            f"**URL:** {url}  ",
            f"**Generated:** {page.updated}T17:55:08.482Z  ",
            f"**Scope:** {title} roles at {page.company.display_name} in {name}  ",
            f"**Location:** {name}  ",
            f"**Currency:** {currency} ({sign})",
            "",
            "---",
            "## Summary",
            f"{title} compensation at {page.company.display_name} is summarised from self-reported submissions.",
            "",
            "---",
            "## Aggregate Highlights",
        ]
        if published:
            middle = sorted(rung.total for rung in published)[len(published) // 2]
            head.append(f"- Median Total Compensation: {sign}{middle * times:,.0f}  ")
        head += [f"- Last Updated: {page.updated:%B} {page.updated.day}, {page.updated.year}", ""]
        if published and page.company.index % 8 != 7:
            head += ["---", "## Key Breakdowns", "", "### Levels Breakdown"]
            head += ["| Level | Median Total Compensation |", "| --- | --- |"]
            head += [f"| {rung.title} | {sign}{rung.total * times:,.0f} |" for rung in published]
            head.append("")
        return "\n".join([*head, *_LICENCE])

    def props(self, page: Page) -> Json:
        """`props.pageProps` of the page: every amount in US dollars, whatever currency it prints."""
        name, country, currency = PLACES[page.served]
        rate = self.rate(page.updated) if currency == "GBP" else 1.0
        to_usd = 1 / self.rate(page.updated)
        totals = sorted(rung.total * to_usd for rung in page.rungs if rung.total)
        asked = PLACES[page.asked][0] if page.asked else None
        return {
            "company": {"name": page.company.display_name, "slug": page.company.slug},
            "jobFamily": FAMILIES[page.family],
            "averages": [self._average(page, rung, to_usd) for rung in page.rungs],
            "median": self._median(page, to_usd, rate),
            "percentiles": {
                "locationName": name,
                "count": sum(rung.count for rung in page.rungs),
                "base_salary": _quartiles([total * 0.7 for total in totals]),
                "tc": _quartiles(totals),
            },
            "locationCurrency": "GBP" if asked and "United States" not in asked else currency,
            "locationExchangeRate": self.rate(page.updated) if asked and "United States" not in asked else rate,
            # It only repeats the address, also where the figures are another country's.
            "locationMeta": {"name": asked or name, "slug": page.asked or page.served},
            "generatedOccupationSchema": {"sampleSize": sum(r.count for r in page.rungs) or 812, "estimatedSalary": []},
            "lastUpdated": f"{page.updated}T00:00:00.000Z",
            "country": country,
        }

    def _average(self, page: Page, rung: Rung, to_usd: float) -> Json:
        country = PLACES[page.served][1]
        r = rng(self.world.seed, "samples", page.company.slug, page.family, country, rung.name)
        abroad = "Dublin, DN, Ireland"
        city = _CITIES[country]
        raw = {name: round(getattr(rung, name) * to_usd, 2) for name in ("total", "base", "stock", "bonus")}
        return {
            "level": rung.name,
            "primaryLevelName": rung.name,
            "secondaryLevelName": rung.title,
            "titles": [rung.title],
            "count": rung.count,
            "base": raw["base"],
            "total": raw["total"],
            "rawValues": raw,
            "samples": [
                {
                    "uuid": f"{r.getrandbits(64):016x}",
                    "location": abroad if r.random() < 0.1 else city,
                    "level": rung.name,
                    "yearsOfExperience": r.choice((3, 7, "5-10", "11+")),
                    "offerDate": f"{page.updated - timedelta(r.randint(5, 300))}T09:12:00.000Z",
                    "baseSalary": round(raw["base"] * r.uniform(0.9, 1.1), 2),
                    "totalCompensation": round(raw["total"] * r.uniform(0.9, 1.1), 2),
                    "baseSalaryCurrency": "GBP" if country == "United Kingdom" else "USD",
                }
                for _ in range(min(rung.count, 20))
            ],
        }

    def _median(self, page: Page, to_usd: float, rate: float) -> Json | None:
        published = [rung for rung in page.rungs if rung.total]
        if not published:
            return None
        rung = published[len(published) // 2]
        return {
            "level": rung.name,
            "location": _CITIES[PLACES[page.served][1]],
            "baseSalary": round(rung.base * to_usd, 2),
            "totalCompensation": round(rung.total * to_usd, 2),
            "baseSalaryCurrency": PLACES[page.served][2],
            "exchangeRate": rate * 1.00137,
            "offerDate": "Sat Mar 21 2026 00:58:35 GMT+0000 (Coordinated Universal Time)",
        }

    def html(self, page: Page) -> str:
        """The page as a browser gets it: a table to look at, its data in a script, and a lot of the rest."""
        title = f"{page.company.display_name} {FAMILIES[page.family]} Salary"
        rows = "".join(
            f"<tr><td><p>{rung.name}</p><span>{rung.title}</span></td><td>{_short(rung.total)}</td>"
            f"<td>{_short(rung.base)}</td><td>{_short(rung.stock)}</td><td>{_short(rung.bonus)}</td></tr>"
            for rung in page.rungs
        )
        props = orjson.dumps({"props": {"pageProps": self.props(page)}, "page": "/companies/[slug]/salaries"}).decode()
        filler = "<div class='similar'><a href='/companies/elsewhere'>Elsewhere</a></div>\n"
        script = props.replace("</", "<\\u002f")
        padding = filler * max(0, (self.page_bytes - len(props)) // len(filler))
        return (
            f"<!DOCTYPE html><html><head><title>{html.escape(title)}</title></head><body><h1>{html.escape(title)}</h1>"
            f"<table><tr><th>Level</th><th>Total</th><th>Base</th><th>Stock (/yr)</th><th>Bonus</th></tr>{rows}</table>"
            f'{padding}<script id="__NEXT_DATA__" type="application/json">{script}</script>'
            "</body></html>"
        )


_CREDIT = "Data source: Levels.fyi (https://www.levels.fyi)"
_LICENCE = (
    "---",
    "## Attribution",
    f"Use of this data requires attribution to **Levels.fyi**. Include: '{_CREDIT}' in any derived work.",
    "",
    "## Data License",
    "Data in this file is subject to the Levels.fyi Data License, see https://www.levels.fyi/offerings/data/.",
    "",
)


def _quartiles(values: list[float]) -> Json:
    """Quartiles as the site has them: 0 where it publishes none."""
    if not values:
        return {"p25": 0, "p50": 0, "p75": 0}
    last = len(values) - 1
    return {name: round(values[round(last * q)], 2) for name, q in (("p25", 0.25), ("p50", 0.5), ("p75", 0.75))}


def _short(amount: float) -> str:
    return f"£{amount / 1000:.1f}K" if amount else "£ --"
