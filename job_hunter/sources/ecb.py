"""The ECB's euro reference rates: one day, 90 days or the whole history since 1999, as XML or zipped CSV."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from math import isfinite

from lxml import etree

from job_hunter.domain.fx import LOOK_BACK_DAYS, Rate
from job_hunter.errors import SourceChanged
from job_hunter.sources.http import Http

URL = "https://www.ecb.europa.eu/stats/eurofxref/"
CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"
MAX_CSV_BYTES = 32_000_000
MAX_BYTES = 16_000_000

# What the zip reader raises for archives that are cut off, scrambled, encrypted or packed in a way it does not know.
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
)

# The 90-day file's span, less a margin: it counts from the last publication and not from today.
NINETY_DAYS = 85

MONTHS = {
    name: number
    for number, name in enumerate(
        (
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ),
        start=1,
    )
}


async def fetch_rates(http: Http, *, since: date, today: date) -> list[Rate]:
    """The rates needed to price figures from `since` to `today`, oldest first, from the smallest file that holds them.

    Rates of the 7 days before `since` come along, since a figure of that day may need them. Raises the `SourceError`
    family.
    """
    first = since - timedelta(days=LOOK_BACK_DAYS)
    if since >= today:
        answer = await http.get("ecb", URL + "eurofxref-daily.xml", max_bytes=MAX_BYTES)
        rates = parse_xml(answer.body)
    elif (today - first).days <= NINETY_DAYS:
        answer = await http.get("ecb", URL + "eurofxref-hist-90d.xml", max_bytes=MAX_BYTES)
        rates = parse_xml(answer.body)
    else:
        answer = await http.get("ecb", URL + "eurofxref-hist.zip", max_bytes=MAX_BYTES)
        rates = parse_zip(answer.body, since=first)
    return sorted(rate for rate in rates if first <= rate.rate_date <= today)


def parse_xml(body: bytes) -> list[Rate]:
    """The rates of a daily or 90-day file. Raises `SourceChanged` when it is no such file or holds no rate."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceChanged("ECB rates: the answer is not whole XML; see whether the file moved") from error
    rates: list[Rate] = []
    for day in root.iter(CUBE):
        if (stamp := day.get("time")) is None:
            continue
        when = _date(stamp)
        for cube in day.iterchildren(CUBE):
            rate = _rate(when, cube.get("currency") or "", cube.get("rate") or "")
            if rate is not None:
                rates.append(rate)
    if not rates:
        raise SourceChanged("ECB rates: the XML holds no rate; see whether its shape changed")
    return rates


def parse_zip(body: bytes, *, since: date = date.min) -> list[Rate]:
    """The rates from `since` on in a zipped CSV. Raises `SourceChanged` when it is broken or unpacks beyond reason."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            name = next((name for name in archive.namelist() if name.lower().endswith(".csv")), None)
            if name is None:
                raise SourceChanged("ECB rates: the zip holds no CSV file; see whether its shape changed")
            with archive.open(name) as member:
                unpacked = member.read(MAX_CSV_BYTES + 1)
    except BROKEN_ZIP as error:
        raise SourceChanged("ECB rates: the zip cannot be unpacked; see whether the file moved") from error
    if len(unpacked) > MAX_CSV_BYTES:
        raise SourceChanged(f"ECB rates: the CSV unpacks to more than {MAX_CSV_BYTES // 1_000_000} MB; it was dropped")
    return parse_csv(unpacked, since=since)


def parse_csv(body: bytes, *, since: date = date.min) -> list[Rate]:
    """The rates from `since` on in a CSV file of either form: the history's or the one-day file's spaced one.

    A cell that is empty or `N/A` is no rate. Raises `SourceChanged` when the header or a line is no such file's.
    """
    rows = (line.split(",") for line in body.decode("utf-8-sig", "replace").splitlines())  # nothing is ever quoted
    header = [cell.strip() for cell in next(rows, [])]
    if not header or header[0] != "Date" or "USD" not in header:
        raise SourceChanged("ECB rates: the CSV does not start with Date and currencies; see whether its shape changed")
    rates = list(_csv_rates(rows, header, since))
    if not rates and since == date.min:
        raise SourceChanged("ECB rates: the CSV holds no rate; see whether its shape changed")
    return rates


def _csv_rates(rows: Iterator[list[str]], header: list[str], since: date) -> Iterator[Rate]:
    for row in rows:
        if not row or not row[0].strip():
            continue
        when = _date(row[0])
        if when < since:
            continue
        for code, value in zip(header[1:], row[1:], strict=False):
            rate = _rate(when, code, value)
            if rate is not None:
                yield rate


def _rate(when: date, currency: str, value: str) -> Rate | None:
    value = value.strip()
    if not currency or value.upper() in ("", "-", "N/A"):
        return None
    try:
        per_eur = float(value)
    except ValueError as error:
        raise SourceChanged(f"ECB rates: {value[:20]!r} for {currency[:5]} on {when} is no rate") from error
    return Rate(when, currency, per_eur) if isfinite(per_eur) and per_eur > 0 else None


def _date(stamp: str) -> date:
    """`2026-10-30`, or `30 October 2026` as the one-day CSV writes it, whatever the machine's language."""
    try:
        if stamp.strip()[:4].isdigit():
            return date.fromisoformat(stamp.strip())
        day, month, year = stamp.split()
        return date(int(year), MONTHS[month.casefold()], int(day))
    except (ValueError, KeyError) as error:
        raise SourceChanged(f"ECB rates: {stamp[:30]!r} is no date; see whether the file's shape changed") from error
