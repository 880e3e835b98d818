"""Invented euro reference rates, published as the European Central Bank publishes its own.

Units of a currency per 1 EUR, on working days of the TARGET calendar. A rate depends on the seed, the currency and
the day alone, so any day can be asked for without computing the days before it.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from hashlib import blake2b

LEVELS = {
    "USD": 1.13, "JPY": 171.0, "BGN": 1.9558, "CZK": 24.4, "DKK": 7.46, "GBP": 0.845, "HUF": 372.0, "PLN": 4.31,
    "RON": 5.21, "SEK": 11.02, "CHF": 0.934, "ISK": 138.0, "NOK": 10.6, "TRY": 51.0, "AUD": 1.64, "BRL": 6.1,
    "CAD": 1.57, "CNY": 7.6, "HKD": 8.8, "IDR": 19900.0, "ILS": 3.66, "INR": 103.0, "KRW": 1510.0, "MXN": 21.0,
    "MYR": 4.6, "NZD": 1.97, "PHP": 69.0, "SGD": 1.46, "THB": 37.4, "ZAR": 19.1,
}  # fmt: skip
"""Where each currency hovers; BGN is fixed and ends."""

ENDED = {"BGN": date(2025, 12, 31)}
"""Currencies whose last rate has been published (Bulgaria took the euro in 2026)."""

LOOK_BACK = 7
"""Days a rate may be old and still be used."""

# Columns of the full history that stopped before this history starts: always N/A.
_EXTINCT = ("CYP", "EEK", "LTL", "LVL", "MTL", "ROL", "SIT", "SKK", "HRK", "RUB", "TRL")
_COLUMNS = [
    "USD",
    "JPY",
    "BGN",
    "CYP",
    "CZK",
    "DKK",
    "EEK",
    "GBP",
    "HUF",
    "LTL",
    "LVL",
    "MTL",
    "PLN",
    "ROL",
    "RON",
    "SEK",
    "SIT",
    "SKK",
    "CHF",
    "ISK",
    "NOK",
    "HRK",
    "RUB",
    "TRL",
    "TRY",
    "AUD",
    "BRL",
    "CAD",
    "CNY",
    "HKD",
    "IDR",
    "ILS",
    "INR",
    "KRW",
    "MXN",
    "MYR",
    "NZD",
    "PHP",
    "SGD",
    "THB",
    "ZAR",
]


@lru_cache(maxsize=64)
def _easter(year: int) -> date:
    """Easter Sunday (the anonymous Gregorian computation)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    el = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * el) // 451
    month, day = divmod(h + el - 7 * m + 114, 31)
    return date(year, month, day + 1)


def is_working_day(day: date) -> bool:
    """Whether the ECB publishes that day: no weekends, New Year, Good Friday, Easter Monday, 1 May, 25-26 December."""
    if day.weekday() >= 5 or (day.month, day.day) in ((1, 1), (5, 1), (12, 25), (12, 26)):
        return False
    return (day - _easter(day.year)).days not in (-2, 1)


_GESMES = "http://www.gesmes.org/xml/2002-08-01"
_VOCABULARY = "http://www.ecb.int/vocabulary/2002-08-01/eurofxref"


class Rates:
    """The rates of one seed. `suspend` takes days out, as if the bank had not published on them."""

    def __init__(self, seed: int = 1, *, history_days: int = 1300) -> None:
        self.seed = seed
        self.history_days = history_days
        self._suspended: set[date] = set()
        self._phases: dict[str, tuple[float, float, float]] = {}

    def suspend(self, first: date, days: int) -> None:
        """Publish nothing on the `days` calendar days from `first` on."""
        self._suspended |= {first + timedelta(n) for n in range(days)}

    def restore(self) -> None:
        """Publish every working day again."""
        self._suspended.clear()

    @property
    def suspended(self) -> frozenset[date]:
        """The days taken out."""
        return frozenset(self._suspended)

    def is_published(self, day: date) -> bool:
        """Whether there are rates for that very day."""
        return is_working_day(day) and day not in self._suspended

    def rate(self, currency: str, day: date) -> float | None:
        """Units of `currency` per 1 EUR published on that very day, None if there was nothing."""
        if currency not in LEVELS or not self.is_published(day) or day > ENDED.get(currency, date.max):
            return None
        level = LEVELS[currency]
        if currency in ENDED:
            return level
        slow, middle, noise = self._waves(currency, day)
        return float(f"{level * (1 + slow + middle + noise):.5g}")

    def _waves(self, currency: str, day: date) -> tuple[float, float, float]:
        if currency not in self._phases:
            digest = blake2b(f"{self.seed}/{currency}".encode(), digest_size=12).digest()
            a, b, c = (int.from_bytes(digest[n : n + 4], "big") / 2**32 for n in (0, 4, 8))
            self._phases[currency] = (a * math.tau, b * math.tau, 0.5 + c)
        first, second, size = self._phases[currency]
        n = day.toordinal()
        jitter = blake2b(f"{self.seed}/{currency}/{n}".encode(), digest_size=2).digest()
        noise = (int.from_bytes(jitter, "big") / 65535 - 0.5) * 0.006
        return 0.03 * size * math.sin(n / 140 + first), 0.012 * math.sin(n / 23 + second), noise

    def cross(self, currency: str, on: date) -> tuple[date, float] | None:
        """GBP per unit of `currency`, through EUR, on the newest day up to `on` that has both, within `LOOK_BACK`."""
        for back in range(LOOK_BACK + 1):
            day = on - timedelta(back)
            pound, other = self.rate("GBP", day), 1.0 if currency == "EUR" else self.rate(currency, day)
            if pound is not None and other is not None:
                return day, pound / other
        return None

    def to_gbp(self, amount: float, currency: str, on: date) -> tuple[float | None, date | None]:
        """`amount` of `currency` in GBP, to the penny, and the day of its rate; (None, None) without a rate."""
        if currency == "GBP":
            return round(amount, 2), None
        found = self.cross(currency, on)
        return (None, None) if found is None else (round(amount * found[1], 2), found[0])

    def days(self, until: date, back: int) -> Iterator[date]:
        """The days with rates from `back` days before `until` on, newest first."""
        return (day for n in range(back + 1) if self.is_published(day := until - timedelta(n)))

    def daily_xml(self, today: date) -> bytes:
        """`eurofxref-daily.xml`: the newest day."""
        return _xml([(day, self._row(day)) for day in list(self.days(today, 30))[:1]])

    def ninety_days_xml(self, today: date) -> bytes:
        """`eurofxref-hist-90d.xml`: the last 90 days, newest first."""
        return _xml([(day, self._row(day)) for day in self.days(today, 89)])

    def history_xml(self, today: date) -> bytes:
        """`eurofxref-hist.xml`: everything, in the shape of the 90-day file."""
        return _xml([(day, self._row(day)) for day in self.days(today, self.history_days)])

    def history_csv(self, today: date) -> bytes:
        """`eurofxref-hist.csv`: everything, newest first, N/A where there is none, a comma at each line's end."""
        lines = ["Date," + ",".join(_COLUMNS) + ","]
        for day in self.days(today, self.history_days):
            row = self._row(day)
            lines.append(f"{day}," + ",".join(row.get(code, "N/A") for code in _COLUMNS) + ",")
        return ("\n".join(lines) + "\n").encode()

    def history_zip(self, today: date) -> bytes:
        """`eurofxref-hist.zip`: the csv, zipped, with the day as its time stamp."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            stamp = (today.year, today.month, today.day, 15, 56, 0)
            archive.writestr(zipfile.ZipInfo("eurofxref-hist.csv", stamp), self.history_csv(today))
        return target.getvalue()

    def daily_zip(self, today: date) -> bytes:
        """`eurofxref.zip`: one day as csv, with blanks after the commas and the date in words."""
        day = next(self.days(today, 30))
        row = self._row(day)
        head = "Date, " + ", ".join(row) + ", "
        body = f"{day.day:02d} {day:%B %Y}, " + ", ".join(row.values()) + ", "
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            stamp = (day.year, day.month, day.day, 15, 56, 0)
            archive.writestr(zipfile.ZipInfo("eurofxref.csv", stamp), f"{head}\n{body}\n")
        return target.getvalue()

    def _row(self, day: date) -> dict[str, str]:
        rates = ((code, self.rate(code, day)) for code in LEVELS)
        return {code: f"{rate:.10g}" for code, rate in rates if rate is not None}


def _xml(days: list[tuple[date, dict[str, str]]]) -> bytes:
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<gesmes:Envelope xmlns:gesmes="{_GESMES}" xmlns="{_VOCABULARY}">',
        "\t<gesmes:subject>Reference rates</gesmes:subject>",
        "\t<gesmes:Sender>",
        "\t\t<gesmes:name>European Central Bank</gesmes:name>",
        "\t</gesmes:Sender>",
        "\t<Cube>",
    ]
    for day, row in days:
        lines.append(f"\t\t<Cube time='{day}'>")
        lines += [f"\t\t\t<Cube currency='{code}' rate='{rate}'/>" for code, rate in row.items()]
        lines.append("\t\t</Cube>")
    return ("\n".join([*lines, "\t</Cube>", "</gesmes:Envelope>"])).encode()
