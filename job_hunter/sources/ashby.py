"""Ashby's posting API: the whole board in one answer, pay as tiers of components."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from job_hunter.domain.company import Board
from job_hunter.domain.money import Period
from job_hunter.domain.posting import Parsed, Posting, StatedPay
from job_hunter.sources.contract import Harvest, harvest_of, label_of, records_of
from job_hunter.sources.http import Http, Validators
from job_hunter.sources.records import (
    Record,
    Seed,
    currency,
    distinct,
    figure,
    iso_time,
    name_of,
    objects,
    parse_records,
    plain,
    required_text,
    text,
    web_url,
)

URL = "https://api.ashbyhq.com/posting-api/job-board/{token}"

FIELDS = frozenset(
    {
        "address",
        "applyUrl",
        "compensation",
        "department",
        "descriptionHtml",
        "descriptionPlain",
        "employmentType",
        "id",
        "isListed",
        "isRemote",
        "jobUrl",
        "location",
        "publishedAt",
        "secondaryLocations",
        "shouldDisplayCompensationOnJobPostings",
        "team",
        "title",
        "workplaceType",
    }
)

UNITS = {
    "YEAR": Period.YEAR,
    "MONTH": Period.MONTH,
    "WEEK": Period.WEEK,
    "DAY": Period.DAY,
    "HOUR": Period.HOUR,
}

# Countries as companies type them into an address; anything else stays unknown rather than guessed.
COUNTRIES: Mapping[str, str] = {
    "argentina": "AR",
    "australia": "AU",
    "austria": "AT",
    "belgium": "BE",
    "brazil": "BR",
    "bulgaria": "BG",
    "canada": "CA",
    "chile": "CL",
    "china": "CN",
    "colombia": "CO",
    "cyprus": "CY",
    "czech republic": "CZ",
    "czechia": "CZ",
    "denmark": "DK",
    "england": "GB",
    "estonia": "EE",
    "finland": "FI",
    "france": "FR",
    "germany": "DE",
    "great britain": "GB",
    "greece": "GR",
    "hong kong": "HK",
    "hungary": "HU",
    "iceland": "IS",
    "india": "IN",
    "indonesia": "ID",
    "ireland": "IE",
    "israel": "IL",
    "italy": "IT",
    "japan": "JP",
    "latvia": "LV",
    "lithuania": "LT",
    "luxembourg": "LU",
    "malaysia": "MY",
    "malta": "MT",
    "mexico": "MX",
    "netherlands": "NL",
    "new zealand": "NZ",
    "northern ireland": "GB",
    "norway": "NO",
    "philippines": "PH",
    "poland": "PL",
    "portugal": "PT",
    "romania": "RO",
    "scotland": "GB",
    "serbia": "RS",
    "singapore": "SG",
    "south africa": "ZA",
    "south korea": "KR",
    "spain": "ES",
    "sweden": "SE",
    "switzerland": "CH",
    "taiwan": "TW",
    "thailand": "TH",
    "the netherlands": "NL",
    "turkey": "TR",
    "uae": "AE",
    "uk": "GB",
    "ukraine": "UA",
    "united arab emirates": "AE",
    "united kingdom": "GB",
    "united states": "US",
    "united states of america": "US",
    "us": "US",
    "usa": "US",
    "vietnam": "VN",
    "wales": "GB",
}


async def fetch(http: Http, board: Board, validators: Validators | None = None) -> Harvest:
    """Fetch the board: one request. Raises `SourceUnavailable`, `SourceGone` (no such board) or `SourceChanged`."""
    url = URL.format(token=quote(board.token, safe=""))
    answer = await http.get("ashby", url, params={"includeCompensation": "true"}, validators=validators)
    return harvest_of(board, [answer])


def parse(payload: Any, board: Board, known: Mapping[str, bytes] | None = None) -> Parsed:
    """Read `{"jobs": […]}`; jobs with `isListed: false` are only counted. Raises `SourceChanged` without a list."""
    return parse_records(
        records_of(payload, label_of(board), "jobs"),
        board,
        known or {},
        fields=FIELDS,
        essence=_essence,
        read=_posting,
        is_unlisted=lambda record: record.get("isListed") is False,
    )


def _essence(record: Record) -> Record:
    """The record with its further places in a fixed order: the board sends them in a changing one."""
    further = record.get("secondaryLocations")
    if isinstance(further, list) and len(further) > 1:
        return {**record, "secondaryLocations": sorted(further, key=str)}
    return record


def _posting(record: Record, seed: Seed) -> Posting:
    location = name_of(record.get("location")) or _locality(record)
    further = [place.get("location") for place in objects(record, "secondaryLocations", seed)]
    workplace = text(record.get("workplaceType"), "workplaceType")
    return Posting(
        source=seed.board.source,
        external_id=seed.external_id,
        board=seed.board.token,
        title=required_text(record, "title"),
        location=location,
        content=text(record.get("descriptionHtml"), "descriptionHtml")
        or text(record.get("descriptionPlain"), "descriptionPlain"),
        payload_hash=seed.payload_hash,
        raw=seed.raw,
        department=text(record.get("department"), "department") or text(record.get("team"), "team") or None,
        country=_country(record),
        workplace=workplace or ("Remote" if record.get("isRemote") is True else None),
        places=distinct([location, *further]),
        posted_at=iso_time(record, "publishedAt", seed),
        apply_url=web_url(record.get("applyUrl"), record.get("jobUrl")),
        stated_pay=tuple(_stated_pay(record, seed)),
    )


def _address(record: Record, field: str) -> Any:
    address = record.get("address")
    postal = address.get("postalAddress") if isinstance(address, dict) else None
    return postal.get(field) if isinstance(postal, dict) else None


def _locality(record: Record) -> str:
    """The city of the address, for a job whose location is blank."""
    return name_of(_address(record, "addressLocality")) or ""


def _country(record: Record) -> str | None:
    country = _address(record, "addressCountry")
    if not isinstance(country, str):
        return None
    name = country.strip().casefold()
    if name.upper() in COUNTRIES.values():
        return name.upper()
    return COUNTRIES.get(name)


def _stated_pay(record: Record, seed: Seed) -> Iterator[StatedPay]:
    """The salaries of all tiers. The summary over tiers drops currencies and merges zones: it only stands in for none.

    Equity, bonus and commission are no salary. What is written beside a tier can turn its salary into on-target
    earnings or an hourly rate, so all of it goes along as the note.
    """
    compensation = record.get("compensation")
    if not isinstance(compensation, dict):
        return
    found = False
    for tier in objects(compensation, "compensationTiers", seed):
        for part in objects(tier, "components", seed):
            words = _words(tier.get("tierSummary"), part.get("summary"), tier.get("additionalInformation"))
            for pay in _salary(part, "compensationTiers", tier.get("title"), words):
                found = True
                yield pay
    if not found:
        words = _words(compensation.get("compensationTierSummary"))
        for part in objects(compensation, "summaryComponents", seed):
            yield from _salary(part, "summaryComponents", None, words)


def _words(*values: Any) -> tuple[str, ...]:
    """The texts beside a figure, without those another one already says."""
    words = distinct(values)
    return tuple(word for word in words if not any(word in other for other in words if other != word))


def _salary(part: Record, origin: str, title: Any, words: tuple[str, ...]) -> Iterator[StatedPay]:
    low, high = figure(part.get("minValue")), figure(part.get("maxValue"))
    if part.get("compensationType") != "Salary" or (low is None and high is None):
        return
    period, count = _interval(part.get("interval"))
    if period and count > 1:
        words = (*words, f"stated per {count} {period}s")
    yield StatedPay(
        min=None if low is None else low / count,
        max=None if high is None else high / count,
        currency=currency(part.get("currencyCode")),
        period=period,
        basis=None,
        origin=origin,
        label=plain(title),
        note=" | ".join(words) or None,
    )


def _interval(value: Any) -> tuple[Period | None, int]:
    """`1 YEAR` or `2 WEEK` as the period and how many of them the figure covers; (None, 1) for `NONE`."""
    match = re.fullmatch(r"([1-9]\d?) ([A-Z]+?)S?", value.strip().upper()) if isinstance(value, str) else None
    period = UNITS.get(match[2]) if match else None
    return (period, int(match[1])) if match and period else (None, 1)
