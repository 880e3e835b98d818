"""levels.fyi: self-reported pay by company, job family and place; the Markdown of a page, else its embedded data.

Markdown states medians of total pay by level, in the currency it names. The page's data states means by level, in US
dollars whatever the page prints: they are turned back by the page's own rate. Never the signed API. The site is asked
slowly, one page at a time, and not at all any more in a run once it turns us away. Credit: "Data: Levels.fyi".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import orjson

from job_hunter.errors import SourceBlocked, SourceChanged, SourceGone
from job_hunter.sources.answer import Answer
from job_hunter.sources.contract import kind
from job_hunter.sources.http import Http, Validators
from job_hunter.sources.records import figure

CREDIT = "Data: Levels.fyi"
URL = "https://www.levels.fyi/companies/{company}/salaries/{family}/locations/{place}"
MAX_PAGE = 16_000_000

# 405 and 503 mean throttled here as well, so they are no failure to be tried again.
BLOCKED = frozenset({401, 403, 405, 429, 503})
_CHALLENGE = re.compile(
    rb"human verification|verify you are human|just a moment|cf-challenge|challenge-running|captcha", re.IGNORECASE
)
_FIELD = re.compile(r"^\*\*(?P<name>[A-Za-z ]+):\*\*\s*(?P<value>.+?)\s*$", re.MULTILINE)
_UPDATED = re.compile(r"^-\s*Last Updated:\s*(?P<value>[A-Z][a-z]+ \d{1,2}, \d{4})", re.MULTILINE)
_ROW = re.compile(r"^\|\s*(?P<level>[^|]+?)\s*\|\s*(?P<pay>[^|]+?)\s*\|\s*$", re.MULTILINE)
_MONEY = re.compile(r"^[^\d-]{0,6}(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<unit>[KkMm]?)$")
_SCRIPT = re.compile(rb"<script[^>]{0,200}\bid=[\"']?__NEXT_DATA__\b[^>]{0,200}>")
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
_SAME = 0.03


@dataclass(frozen=True, slots=True)
class Reported:
    """What is reported of one level, yearly, in the page's currency; None is "not published".

    `level` is the company's own name of it (None where the site knows none), `title` the title that goes with it.
    """

    level: str | None
    title: str | None
    total: float | None
    base: float | None = None
    stock: float | None = None
    bonus: float | None = None
    count: int | None = None

    @property
    def key(self) -> str:
        """What names this rung in either form of the page."""
        return " ".join((self.title or self.level or "").casefold().split())


@dataclass(frozen=True, slots=True)
class PayPage:
    """A page: the place it says it is about, its currency, what its figures are, and the levels it publishes.

    `sample_places` are where the submissions shown come from.
    """

    place: str | None
    currency: str
    statistic: str
    updated: date | None
    levels: tuple[Reported, ...]
    sample_places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one page came to: `page` is None when it is not modified."""

    page: PayPage | None
    answer: Answer


async def fetch_page(http: Http, *, company: str, family: str, place: str, validators: Validators | None) -> Fetched:
    """The page of `company` (its slug there) by one request, or two where its Markdown has no levels.

    Raises `SourceBlocked` when the site turns us away, `SourceGone` when there is no such page (too few submissions),
    else the `SourceError` family.
    """
    url = URL.format(company=quote(company, safe=""), family=quote(family, safe=""), place=quote(place, safe=""))
    answer = await _get(http, url + ".md", validators)
    if answer.not_modified:
        return Fetched(None, answer)
    if answer.status == 200:
        page = parse_markdown(answer.body.decode("utf-8", "replace"))
        if page is not None:
            return Fetched(page, answer)
    answer = await _get(http, url, validators)
    if answer.not_modified:
        return Fetched(None, answer)
    if answer.status == 404:
        raise SourceGone(f"levels.fyi has no page for {company} in {place}: too few submissions", status=404)
    return Fetched(parse_html(answer.body), answer)


async def _get(http: Http, url: str, validators: Validators | None) -> Answer:
    answer = await http.get("levels_fyi", url, validators=validators, max_bytes=MAX_PAGE, accept=BLOCKED | {404})
    if answer.status in BLOCKED:
        raise SourceBlocked(f"levels.fyi turned us away with HTTP {answer.status}", status=answer.status)
    if answer.status == 200 and not answer.not_modified and is_challenge(answer.body):
        raise SourceBlocked("levels.fyi asks whether we are human instead of answering", status=answer.status)
    return answer


def is_challenge(body: bytes) -> bool:
    """Whether a page that came with status 200 turns us away: it is empty, or asks for a human."""
    if body.lstrip()[:2] == b"# ":
        return False  # the Markdown of a page, whatever company it is about
    return not body.strip() or (len(body) < 100_000 and b"__NEXT_DATA__" not in body and bool(_CHALLENGE.search(body)))


def parse_markdown(text: str) -> PayPage | None:
    """A salary page's Markdown; None when it has no table of levels. Raises `SourceChanged` for anything else."""
    if not text.lstrip("\ufeff \t\r\n").startswith("# "):
        if "__NEXT_DATA__" in text:
            return None
        raise SourceChanged("levels.fyi answered a Markdown request with something else; see whether its shape changed")
    fields = {found["name"].strip().casefold(): found["value"] for found in _FIELD.finditer(text)}
    _, heading, table = text.partition("### Levels Breakdown")
    if not heading:
        return None
    currency = fields.get("currency", "")[:3]
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise SourceChanged("levels.fyi: the Markdown names no currency; see whether its shape changed")
    levels = tuple(_markdown_levels(re.split(r"\n(?:---|#)", table)[0]))
    updated = _UPDATED.search(text)
    stamp = updated["value"] if updated else fields.get("generated")
    return PayPage(fields.get("location"), currency, "median", _day(stamp), levels)


def _markdown_levels(table: str) -> Iterator[Reported]:
    for row in _ROW.finditer(table):
        name = row["level"]
        if name.casefold() == "level" or not name.strip("-: ") or _name(name) is None:
            continue
        total = _money(row["pay"])
        if total:
            yield Reported(None, name, total)


def parse_html(body: bytes) -> PayPage:
    """The data inside a salary page. Only the script's own bytes are decoded, whatever the page's size.

    Raises `SourceChanged` when there is none, or it lacks what a figure needs to be understood.
    """
    found = _SCRIPT.search(body)
    end = body.find(b"</script", found.end()) if found else -1
    if found is None or end < 0:
        raise SourceChanged("levels.fyi: the page holds no __NEXT_DATA__; see whether its shape changed")
    try:
        data = orjson.loads(memoryview(body)[found.end() : end])
    except orjson.JSONDecodeError as error:
        raise SourceChanged("levels.fyi: the page's data is no JSON; see whether its shape changed") from error
    props = data.get("props") if isinstance(data, dict) else None
    props = props.get("pageProps") if isinstance(props, dict) else None
    if not isinstance(props, dict) or "averages" not in props:
        raise SourceChanged("levels.fyi: the page's data has no `averages`; see whether its shape changed")
    averages = props["averages"]
    if averages is None:
        averages = []
    if not isinstance(averages, list):
        raise SourceChanged(f"levels.fyi: `averages` is {kind(averages)} where a list belongs")
    rows = [row for row in averages if isinstance(row, dict)]
    currency = _currency(props)
    rate = _rate(props, currency)
    samples = tuple(
        place
        for row in rows
        for sample in _objects(row.get("samples"))
        if isinstance(place := sample.get("location"), str) and place.strip()
    )
    percentiles = props.get("percentiles")
    stated = percentiles.get("locationName") if isinstance(percentiles, dict) else None
    return PayPage(
        place=stated if isinstance(stated, str) else None,
        currency=currency,
        statistic="mean",
        updated=_day(props.get("lastUpdated")),
        levels=tuple(level for row in rows if (level := _average(row, rate)) is not None),
        sample_places=samples,
    )


def _currency(props: Mapping[str, Any]) -> str:
    """The currency the page prints; dollars, in which its figures are, when it names none."""
    stated = props.get("locationCurrency") or "USD"
    code = stated.strip().upper() if isinstance(stated, str) else ""
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise SourceChanged("levels.fyi: `locationCurrency` is no currency code; see whether its shape changed")
    return code


def _average(row: Mapping[str, Any], rate: float) -> Reported | None:
    raw = row.get("rawValues")
    values: Mapping[str, Any] = {**row, **(raw if isinstance(raw, dict) else {})}

    def amount(name: str) -> float | None:
        value = figure(values.get(name))
        return (round(value * rate, 2) or None) if value and value > 0 else None

    titles = [row.get("secondaryLevelName"), *(row["titles"] if isinstance(row.get("titles"), list) else [])]
    level = _name(row.get("primaryLevelName")) or _name(row.get("level"))
    title = next((name for value in titles if (name := _name(value))), None)
    total, base = amount("total"), amount("base")
    if (total is None and base is None) or not (level or title):
        return None
    count = row.get("count")
    return Reported(
        level=level,
        title=title,
        total=total,
        base=base,
        stock=amount("stock"),
        bonus=amount("bonus"),
        count=count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else None,
    )


def _rate(props: Mapping[str, Any], currency: str) -> float:
    """What the page's figures are multiplied by to be in its currency: its own rate, or 1 when they are in it.

    They are in dollars as far as was ever seen; only a figure that the page also states with its currency, and that
    equals ours as it is, says otherwise.
    """
    if currency == "USD":
        return 1.0
    rate = figure(props.get("locationExchangeRate"))
    if not rate or rate <= 0:
        raise SourceChanged(f"levels.fyi: the page is in {currency} and states no exchange rate; it was dropped")
    percentiles = props.get("percentiles")
    total = percentiles.get("tc") if isinstance(percentiles, dict) else None
    ours = figure(total.get("p50")) if isinstance(total, dict) else None
    stated = _stated_median(props.get("generatedOccupationSchema"), currency)
    if ours and stated and abs(stated / ours - 1) < _SAME < abs(rate - 1):
        return 1.0
    return rate


def _stated_median(schema: Any, currency: str) -> float | None:
    """The median of total pay that the page's schema states in `currency`."""
    if isinstance(schema, str):
        try:
            schema = orjson.loads(schema)
        except orjson.JSONDecodeError:
            return None
    salaries = schema.get("estimatedSalary") if isinstance(schema, dict) else None
    for entry in _objects(salaries):
        if entry.get("currency") == currency and entry.get("name") in ("total", None):
            return figure(entry.get("median"))
    return None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _name(value: Any) -> str | None:
    """A level's name; the site writes "False" where it has none."""
    if not isinstance(value, str):
        return None
    name = " ".join(value.split())
    return name if name and name.casefold() not in ("false", "true", "none", "null") else None


def _money(text: str) -> float | None:
    """`£86,500`, `$38.6K`; nothing for `$ --` and for 0, which means that it is not published."""
    found = _MONEY.match(text.strip().strip("*"))
    if found is None:
        return None
    return float(found["number"].replace(",", "")) * _UNITS[found["unit"].lower()] or None


def _day(stamp: Any) -> date | None:
    if not isinstance(stamp, str):
        return None
    try:
        when = datetime.fromisoformat(stamp.strip())
        return (when if when.tzinfo is None else when.astimezone(UTC)).date()
    except (ValueError, OverflowError):
        pass
    for shown, form in ((stamp.strip(), "%B %d, %Y"), (stamp.strip()[:15], "%a %b %d %Y")):
        try:
            return datetime.strptime(shown, form).replace(tzinfo=UTC).date()
        except ValueError:
            pass
    return None
