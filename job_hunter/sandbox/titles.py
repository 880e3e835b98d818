"""Titles of jobs with the level and family a careful reader gives them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

TEAMS = (
    "Payments", "Core Platform", "Risk", "Pricing", "Market Data", "Identity", "Search", "Growth", "Infrastructure",
    "Developer Tools", "Observability", "Data Platform", "Onboarding", "Settlement", "Connectivity", "Fraud",
    "Inference", "Checkout", "Treasury", "Mobile", "Storage", "Networking", "Compliance Tooling", "Reporting",
    "Ledger", "Low Latency", "Equities", "Commodities", "Rates Desk", "Forecasting", "Evaluation", "Pre-training",
    "Subscriptions", "Messaging", "Logistics", "Catalogue", "Personalisation", "Security", "Edge", "Billing",
)  # fmt: skip

_TRADES = {
    "engineering": (
        "Software Engineer", "Backend Engineer", "Frontend Engineer", "Site Reliability Engineer", "Data Engineer",
        "Machine Learning Engineer", "Platform Engineer", "Security Engineer", "C++ Engineer", "iOS Engineer",
    ),
    "trading": ("Quantitative Trader", "Trader", "Options Trader"),
    "research": ("Quantitative Researcher", "Research Scientist"),
    "product": ("Product Manager",),
    "sales": ("Account Executive", "Account Manager", "Sales Development Representative"),
    "other": ("Legal Counsel", "Accountant", "People Partner", "Technical Recruiter", "Compliance Officer"),
}  # fmt: skip
_DEPARTMENTS = {
    "engineering": "Engineering", "trading": "Trading", "research": "Research", "product": "Product",
    "sales": "Sales", "other": "Corporate",
}  # fmt: skip
_PREFIXES = {
    "junior": ("Junior", "Graduate"),
    "mid": ("Mid-Level",),
    "senior": ("Senior", "Senior", "Senior", "Sr."),
    "staff": ("Staff",),
    "principal": ("Principal",),
}
# How often each level is drawn; None is a title without a mark of level.
_LEVELS: dict[str, tuple[tuple[str | None, int], ...]] = {
    "engineering": (
        (None, 34), ("senior", 30), ("staff", 10), ("principal", 5), ("junior", 6), ("mid", 4), ("manager", 6),
        ("director", 2), ("intern", 3),
    ),
    "trading": ((None, 60), ("senior", 20), ("junior", 12), ("intern", 8)),
    "research": ((None, 50), ("senior", 28), ("staff", 8), ("intern", 14)),
    "product": ((None, 50), ("senior", 35), ("principal", 8), ("director", 7)),
    "sales": ((None, 70), ("senior", 25), ("director", 5)),
    "other": ((None, 65), ("senior", 30), ("junior", 5)),
}  # fmt: skip
_FAMILIES = {
    "hft_quant": (("engineering", 50), ("trading", 16), ("research", 20), ("product", 2), ("other", 12)),
    "ai": (("engineering", 50), ("research", 22), ("product", 8), ("sales", 10), ("other", 10)),
}
_COMMON = (("engineering", 55), ("product", 12), ("sales", 17), ("other", 16))


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of job: its title and the truth about it."""

    title: str
    level: str | None
    family: str
    team: str
    department: str


def _weighted(r: Random, choices: tuple[tuple[Any, int], ...]) -> Any:
    return r.choices([value for value, _ in choices], [weight for _, weight in choices])[0]


def draw_job(r: Random, sector: str) -> Job:
    """A job as an employer of this sector offers it."""
    family = _weighted(r, _FAMILIES.get(sector, _COMMON))
    level = _weighted(r, _LEVELS[family])
    team = r.choice(TEAMS)
    return Job(_title(r, family, level, team), level, family, team, _DEPARTMENTS[family])


def _title(r: Random, family: str, level: str | None, team: str) -> str:
    trade = r.choice(_TRADES[family])
    if level == "manager":
        return f"{r.choice(('', 'Senior '))}Engineering Manager, {team}"
    if level == "director":
        return f"Director of {_DEPARTMENTS[family]}, {team}"
    if level == "intern":
        return f"{trade} Intern, {team}"
    if level == "mid" and r.random() < 0.4:
        return f"{trade} II, {team}"
    if level is None:
        return f"{trade}, {team}" if trade != "Account Executive" or r.random() < 0.6 else f"{trade}, Mid-Market {team}"
    return f"{r.choice(_PREFIXES[level])} {trade}, {team}"
