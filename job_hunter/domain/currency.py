"""Currencies as job postings write them: marks, codes, words, the bare `$` by country, and what a wage can be.

Bounds are wide on purpose: they separate "cannot be a yearly wage" from "may be one", they don't judge a wage. The
annual floor of a currency sits under the lowest full-time pay of its main country in the last ten years (a PhD stipend
in the UK was £14,000 in 2016) and, where pay is by habit quoted per month (PLN, CZK, ILS …), above the monthly pay of
a senior engineer, so that size alone tells the two apart. The ceiling is above the highest figure posted as pay.
"""

from __future__ import annotations

from job_hunter.domain.money import PERIODS_A_YEAR, Period

# currency: (lowest, highest) plausible yearly pay
ANNUAL_BOUNDS: dict[str, tuple[float, float]] = {
    "AED": (70_000, 6_000_000),
    "ARS": (600_000, 2_000_000_000),
    "AUD": (20_000, 2_500_000),
    "BGN": (7_000, 1_000_000),
    "BRL": (50_000, 4_000_000),
    "CAD": (15_000, 2_500_000),
    "CHF": (20_000, 2_500_000),
    "CLP": (4_000_000, 900_000_000),
    "CNY": (90_000, 10_000_000),
    "COP": (12_000_000, 3_000_000_000),
    "CZK": (350_000, 20_000_000),
    "DKK": (200_000, 10_000_000),
    "EGP": (40_000, 20_000_000),
    "EUR": (9_000, 2_500_000),
    "GBP": (10_000, 2_500_000),
    "HKD": (200_000, 20_000_000),
    "HUF": (4_000_000, 200_000_000),
    "IDR": (60_000_000, 10_000_000_000),
    "ILS": (80_000, 6_000_000),
    "INR": (250_000, 100_000_000),
    "ISK": (3_000_000, 200_000_000),
    "JPY": (2_000_000, 300_000_000),
    "KES": (200_000, 60_000_000),
    "KRW": (20_000_000, 2_000_000_000),
    "MXN": (150_000, 15_000_000),
    "MYR": (30_000, 3_000_000),
    "NGN": (600_000, 600_000_000),
    "NOK": (250_000, 10_000_000),
    "NZD": (25_000, 2_500_000),
    "PHP": (250_000, 30_000_000),
    "PKR": (250_000, 100_000_000),
    "PLN": (60_000, 4_000_000),
    "QAR": (36_000, 6_000_000),
    "RON": (40_000, 4_000_000),
    "RSD": (1_500_000, 100_000_000),
    "RUB": (600_000, 100_000_000),
    "SAR": (36_000, 6_000_000),
    "SEK": (200_000, 10_000_000),
    "SGD": (20_000, 3_000_000),
    "THB": (300_000, 30_000_000),
    "TRY": (200_000, 50_000_000),
    "TWD": (400_000, 30_000_000),
    "UAH": (300_000, 20_000_000),
    "USD": (12_000, 3_000_000),
    "VND": (60_000_000, 20_000_000_000),
    "ZAR": (120_000, 15_000_000),
}

CODES = frozenset(ANNUAL_BOUNDS)
DOLLARS = frozenset(["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "COP", "CLP", "ARS", "BRL"])
"""Currencies whose figures are written with a dollar sign."""

# Pay in these is commonly written in millions ("¥8M - ¥12M"); a million of any other is money of a company.
WRITTEN_IN_MILLIONS = frozenset(c for c, (low, _) in ANNUAL_BOUNDS.items() if low >= 400_000) | {"INR"}

# A mark that says one currency wherever it stands.
SYMBOLS: dict[str, str] = {
    "£": "GBP",
    "€": "EUR",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "₺": "TRY",
    "₴": "UAH",
    "₪": "ILS",
    "₦": "NGN",
    "฿": "THB",
    "₫": "VND",
    "₱": "PHP",
    "US$": "USD",
    "U.S.$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "CAN$": "CAD",
    "CDN$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "S$": "SGD",
    "SG$": "SGD",
    "HK$": "HKD",
    "NT$": "TWD",
    "R$": "BRL",
    "MX$": "MXN",
    "zł": "PLN",
    "zl": "PLN",
    "Kč": "CZK",
    "Ft": "HUF",
    "Fr.": "CHF",
    "SFr.": "CHF",
    "RM": "MYR",
    "Rp": "IDR",
    "Ksh": "KES",
    "KSh": "KES",
    "Rs.": "INR",
    "Rs": "INR",
}

# Words and unofficial codes, matched without regard to case.
WORDS: dict[str, str] = {
    "euro": "EUR",
    "euros": "EUR",
    "pounds": "GBP",
    "pounds sterling": "GBP",
    "sterling": "GBP",
    "quid": "GBP",
    "ukp": "GBP",
    "yen": "JPY",
    "rmb": "CNY",
    "yuan": "CNY",
    "nis": "ILS",
    "shekels": "ILS",
    "rupees": "INR",
    "swiss francs": "CHF",
    "sfr": "CHF",
    "zloty": "PLN",
    "zlotys": "PLN",
    "us dollars": "USD",
    "canadian dollars": "CAD",
    "cdn": "CAD",
    "australian dollars": "AUD",
    "singapore dollars": "SGD",
    "hong kong dollars": "HKD",
    "new zealand dollars": "NZD",
    "lei": "RON",
    "ntd": "TWD",
    "tl": "TRY",
    "円": "JPY",
}

# An adjective before "base salary", "dollars", "pay range": "annual Canadian base salary range is $160,000".
ADJECTIVES: dict[str, str] = {
    "canadian": "CAD",
    "australian": "AUD",
    "us": "USD",
    "u.s.": "USD",
    "american": "USD",
}

# A mark whose currency the job's country decides; the value under None is taken elsewhere (None: refuse).
BY_COUNTRY: dict[str, dict[str | None, str]] = {
    "$": {
        None: "USD",
        "US": "USD",
        "CA": "CAD",
        "AU": "AUD",
        "NZ": "NZD",
        "SG": "SGD",
        "HK": "HKD",
        "TW": "TWD",
        "MX": "MXN",
    },
    "¥": {None: "JPY", "CN": "CNY"},
    "kr": {"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK"},
    "dollars": {None: "USD", "US": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "HK": "HKD"},
    "crowns": {"SE": "SEK", "NO": "NOK", "DK": "DKK", "CZ": "CZK"},
    "francs": {None: "CHF"},
    "R": {"ZA": "ZAR"},
}

_EURO_COUNTRIES = [
    "AT",
    "BE",
    "CY",
    "DE",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MC",
    "MT",
    "NL",
    "PT",
    "SI",
    "SK",
]

COUNTRY_CURRENCY: dict[str, str] = {
    **dict.fromkeys(_EURO_COUNTRIES, "EUR"),
    **dict.fromkeys(("GB", "IM", "JE", "GG"), "GBP"),
    "AE": "AED",
    "AR": "ARS",
    "AU": "AUD",
    "BG": "EUR",
    "BR": "BRL",
    "CA": "CAD",
    "CH": "CHF",
    "CL": "CLP",
    "CN": "CNY",
    "CO": "COP",
    "CZ": "CZK",
    "DK": "DKK",
    "EG": "EGP",
    "HK": "HKD",
    "HU": "HUF",
    "ID": "IDR",
    "IL": "ILS",
    "IN": "INR",
    "IS": "ISK",
    "JP": "JPY",
    "KE": "KES",
    "KR": "KRW",
    "LI": "CHF",
    "MX": "MXN",
    "MY": "MYR",
    "NG": "NGN",
    "NO": "NOK",
    "NZ": "NZD",
    "PH": "PHP",
    "PK": "PKR",
    "PL": "PLN",
    "QA": "QAR",
    "RO": "RON",
    "RS": "RSD",
    "RU": "RUB",
    "SA": "SAR",
    "SE": "SEK",
    "SG": "SGD",
    "TH": "THB",
    "TR": "TRY",
    "TW": "TWD",
    "UA": "UAH",
    "US": "USD",
    "VN": "VND",
    "ZA": "ZAR",
}

_WORDS_AND_CODES = {**WORDS, **{code.lower(): code for code in CODES}}


def currency_of_mark(mark: str, countries: tuple[str, ...]) -> str | None:
    """The ISO code a mark stands for in a job of these countries (first named first), or None when no table knows it.

    A code written onto a sign ("CAD$", "USD $") is the code.
    """
    mark = mark.strip()
    if mark in SYMBOLS:
        return SYMBOLS[mark]
    table = BY_COUNTRY.get(mark) or BY_COUNTRY.get(mark.lower())
    if table:
        return next((table[c] for c in countries if c in table), table.get(None))
    bare = mark.rstrip("$£€. ").lower()
    return _WORDS_AND_CODES.get(bare) or _WORDS_AND_CODES.get(mark.lower())


def is_by_country(mark: str) -> bool:
    """Whether the mark leaves the currency to the country of the job ("$", "kr"), so that any code beats it."""
    return mark.strip() in BY_COUNTRY or mark.strip().lower() in BY_COUNTRY


def bounds(currency: str, period: Period) -> tuple[float, float]:
    """Lowest and highest plausible pay of a currency for a *stated* period, with room for part-time and contractors."""
    low, high = ANNUAL_BOUNDS[currency]
    n = PERIODS_A_YEAR[period]
    if period is Period.YEAR:
        return low * 0.3, high
    return low / n * 0.4, high / n * 2


def is_plausible(amount: float, currency: str, period: Period) -> bool:
    """Whether a person could be paid `amount` per `period`, when the posting says so itself."""
    low, high = bounds(currency, period)
    return low <= amount <= high
