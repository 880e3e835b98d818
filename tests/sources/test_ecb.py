"""The ECB's files in all their forms, and which of them is asked for."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpx import HTTPXMock

from job_hunter.domain.fx import Rate
from job_hunter.errors import SourceChanged, SourceUnavailable
from job_hunter.sources import ecb
from job_hunter.sources.http import Http

FRIDAY = date(2026, 3, 6)
THURSDAY = date(2026, 3, 5)


def zipped(body: bytes, name: str = "eurofxref-hist.csv") -> bytes:
    """A zip with one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 3, 6, 16, 0, 0)), body, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def test_a_daily_file(recorded) -> None:
    """Single quotes, three levels of Cube, and no euro."""
    rates = ecb.parse_xml(recorded("ecb/daily.xml"))
    assert rates == [Rate(FRIDAY, "USD", 1.15), Rate(FRIDAY, "GBP", 0.8625), Rate(FRIDAY, "JPY", 170.5)]


def test_a_90_day_file(recorded) -> None:
    """Several days, without an XML declaration."""
    rates = ecb.parse_xml(recorded("ecb/hist-90d.xml"))
    assert [rate.rate_date for rate in rates if rate.currency == "GBP"] == [FRIDAY, THURSDAY, date(2026, 1, 5)]


def test_the_history(recorded) -> None:
    """A trailing comma is no currency, N/A is no rate, and a series may have ended."""
    rates = ecb.parse_zip(zipped(recorded("ecb/hist.csv")))
    assert len(rates) == 7
    assert Rate(date(2022, 3, 1), "RUB", 117.201) in rates
    assert {rate.currency for rate in rates} == {"USD", "RUB", "GBP"}
    assert len(ecb.parse_csv(recorded("ecb/hist.csv"), since=THURSDAY)) == 4


def test_the_one_day_csv(recorded) -> None:
    """Blanks after commas and the month in words mean the same."""
    assert set(ecb.parse_csv(recorded("ecb/daily.csv"))) == set(ecb.parse_xml(recorded("ecb/daily.xml")))


@pytest.mark.parametrize("cell", [b"", b" ", b"N/A", b"n/a", b"-"])
def test_a_cell_without_a_rate(cell: bytes) -> None:
    """However it is written that a currency has no rate on a day, the others of the day have theirs."""
    assert ecb.parse_csv(b"Date,USD,ISK,\n2026-03-06,1.1," + cell + b",\n") == [Rate(FRIDAY, "USD", 1.1)]


ENTITIES = b"""<!DOCTYPE x [<!ENTITY a "1.1"><!ENTITY file SYSTEM "file:///etc/hostname">]>
<e xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><Cube><Cube time="2026-03-06">&file;&a;
<Cube currency="USD" rate="1.15"/></Cube></Cube></e>"""


def test_entities_are_not_resolved() -> None:
    """A document type that names files of this machine reads none of them."""
    assert ecb.parse_xml(ENTITIES) == [Rate(FRIDAY, "USD", 1.15)]


NAMESPACE = b'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"'

BAD_XML = [
    (b"", "not whole XML"),
    (b"<html><body>down</body></html>", "holds no rate"),
    (b"<e " + NAMESPACE + b"><Cube><Cube time='2026-03-06'>", "not whole XML"),
    (b"<e " + NAMESPACE + b"><Cube time='someday'><Cube currency='USD' rate='1'/></Cube></e>", "'someday' is no date"),
    (
        b"<e " + NAMESPACE + b"><Cube time='2026-03-06'><Cube currency='USD' rate='x'/></Cube></e>",
        "'x' for USD on 2026-03-06",
    ),
    (b"<e " + NAMESPACE + b"><Cube time='2026-03-06'><Cube currency='USD' rate='0'/></Cube></e>", "holds no rate"),
]


@pytest.mark.parametrize(("body", "problem"), BAD_XML)
def test_xml_that_is_no_rates_file(body: bytes, problem: str) -> None:
    """A rate is read or the file is refused: never half of it."""
    with pytest.raises(SourceChanged, match=problem):
        ecb.parse_xml(body)


BAD_ZIPS = [
    (b"PK nothing", "cannot be unpacked"),
    (b"", "cannot be unpacked"),
    (zipped(b"Date,USD,\n", "readme.txt"), "holds no CSV file"),
    (zipped(bytes(ecb.MAX_CSV_BYTES + 1)), "more than 32 MB"),
    (zipped(b"Date,USD,\n" + b"2026-03-06,1.1,\n" * 500)[:-120], "cannot be unpacked"),
    (zipped(b"<html>"), "does not start with Date"),
    (zipped(b"Date,USD,\n"), "holds no rate"),
    (zipped(b"Date,USD,\n2026-03-06,1.1.1,\n"), "'1.1.1' for USD"),
    (zipped(b"Date,USD,\n6 Brumaire 2026,1.1,\n"), "is no date"),
]


@pytest.mark.parametrize(("body", "problem"), BAD_ZIPS, ids=range(len(BAD_ZIPS)))
def test_a_zip_that_is_no_rates_file(body: bytes, problem: str) -> None:
    """Broken archives, foreign ones and bombs are refused."""
    with pytest.raises(SourceChanged, match=problem):
        ecb.parse_zip(body)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    """Whatever comes is rates or `SourceChanged`."""
    for parse in (ecb.parse_xml, ecb.parse_zip, ecb.parse_csv):
        try:
            assert parse(body)
        except SourceChanged:
            pass


FILES = [
    ("today", FRIDAY, "eurofxref-daily.xml", "ecb/daily.xml", 3),
    ("from yesterday", THURSDAY, "eurofxref-hist-90d.xml", "ecb/hist-90d.xml", 4),
    ("two months", date(2026, 1, 7), "eurofxref-hist-90d.xml", "ecb/hist-90d.xml", 6),
    ("four years", date(2022, 3, 3), "eurofxref-hist.zip", "ecb/hist.csv", 7),
    ("four years less", date(2022, 3, 9), "eurofxref-hist.zip", "ecb/hist.csv", 4),
]


@pytest.mark.parametrize(
    ("since", "file", "body", "count"), [case[1:] for case in FILES], ids=[case[0] for case in FILES]
)
async def test_the_smallest_file_that_holds_the_days(httpx_mock: HTTPXMock, recorded, since, file, body, count) -> None:
    """One request for what is needed, and the look-back's days before it; the oldest rate first."""
    content = zipped(recorded(body)) if file.endswith("zip") else recorded(body)
    httpx_mock.add_response(url=f"https://www.ecb.europa.eu/stats/eurofxref/{file}", content=content)
    async with Http() as http:
        rates = await ecb.fetch_rates(http, since=since, today=FRIDAY)
    assert (len(rates), rates) == (count, sorted(rates))


async def test_rates_of_later_days_are_left(httpx_mock: HTTPXMock, recorded) -> None:
    """A run for a past day sees the rates of that day."""
    httpx_mock.add_response(content=recorded("ecb/hist-90d.xml"))
    async with Http() as http:
        rates = await ecb.fetch_rates(http, since=date(2026, 3, 4), today=THURSDAY)
    assert {rate.rate_date for rate in rates} == {THURSDAY}


async def test_trouble_is_passed_on(httpx_mock: HTTPXMock) -> None:
    """The run decides what to do without rates."""
    httpx_mock.add_response(status_code=503)
    async with Http() as http:
        with pytest.raises(SourceUnavailable):
            await ecb.fetch_rates(http, since=FRIDAY, today=FRIDAY)


# Counted in the files with grep and awk: days, currencies, rates; the first and the last day; a rate to look up.
CAPTURES = {
    "eurofxref-daily_currency.xml": (1, 31, 31, "2016-01-29", "2016-01-29", Rate(date(2016, 1, 29), "GBP", 0.7641)),
    "eurofxref-hist-90d.xml": (64, 32, 2048, "2019-08-14", "2019-11-11", Rate(date(2019, 11, 11), "GBP", 0.85743)),
    "eurofxref-hist.zip": (7126, 41, 221_702, "1999-01-04", "2026-10-30", Rate(date(2026, 10, 30), "GBP", 0.8338)),
}


@pytest.mark.real
@pytest.mark.parametrize("name", CAPTURES)
def test_the_captured_files(real, name: str) -> None:
    """Every rate of the real files arrives, and nothing else."""
    days, currencies, rates, first, last, known = CAPTURES[name]
    body = (real / "ecb" / name).read_bytes()
    found = ecb.parse_zip(body) if name.endswith(".zip") else ecb.parse_xml(body)
    assert (len({rate.rate_date for rate in found}), len({rate.currency for rate in found})) == (days, currencies)
    assert (len(found), len(set(found))) == (rates, rates)
    assert (str(min(found).rate_date), str(max(found).rate_date)) == (first, last)
    assert known in found


@pytest.mark.real
def test_no_captured_file_is_left_out(real) -> None:
    """The table above names each file there is."""
    assert {path.name for path in (real / "ecb").iterdir()} == set(CAPTURES)


ENDS = [("RUB", "2022-03-01"), ("HRK", "2022-12-30"), ("BGN", "2025-12-31"), ("USD", "2026-10-30")]


@pytest.mark.real
@pytest.mark.parametrize(("currency", "last"), ENDS)
def test_series_end_where_they_ended(real, currency: str, last: str) -> None:
    """A currency's last rate is that of its last day with a figure, and no N/A after it is read as one."""
    history = ecb.parse_zip((real / "ecb/eurofxref-hist.zip").read_bytes(), since=date(2022, 1, 1))
    assert str(max(rate.rate_date for rate in history if rate.currency == currency)) == last
