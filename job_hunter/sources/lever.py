"""Lever's postings API: a bare list, on one of two hosts, with the text of a posting spread over several fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from job_hunter.domain.company import Board
from job_hunter.domain.money import Period
from job_hunter.domain.posting import Parsed, Posting, StatedPay
from job_hunter.errors import SourceGone
from job_hunter.sources.answer import Answer
from job_hunter.sources.contract import Harvest, decode_page, harvest_of, label_of, records_of
from job_hunter.sources.http import Http, Validators
from job_hunter.sources.records import (
    Record,
    Seed,
    currency,
    distinct,
    epoch_ms_time,
    figure,
    objects,
    parse_records,
    plain,
    required_text,
    text,
    web_url,
)

HOSTS = {"lever": "https://api.lever.co", "lever_eu": "https://api.eu.lever.co"}
PAGE = 100

FIELDS = frozenset(
    {
        "additional",
        "additionalPlain",
        "applyUrl",
        "categories",
        "country",
        "createdAt",
        "description",
        "descriptionBody",
        "descriptionBodyPlain",
        "descriptionPlain",
        "hostedUrl",
        "id",
        "lists",
        "opening",
        "openingPlain",
        "salaryDescription",
        "salaryDescriptionPlain",
        "salaryRange",
        "text",
        "workplaceType",
    }
)

PERIODS = {
    "per-year-salary": Period.YEAR,
    "per-month-salary": Period.MONTH,
    "per-week-salary": Period.WEEK,
    "per-day-wage": Period.DAY,
    "per-hour-wage": Period.HOUR,
}


async def fetch(http: Http, board: Board, validators: Validators | None = None) -> Harvest:
    """Fetch the site from the host that knows it, US first, and go on to further pages while they bring new postings.

    The whole site is said to come at once, and also that answers end at 100: a first answer of 100 or more is
    therefore followed by a question for the rest. Raises `SourceUnavailable`, `SourceGone` (neither host knows the
    site) or `SourceChanged`.
    """
    service, first = await _first_page(http, board, validators)
    # A record has an "id", so fewer of these than a page mean a short page, without decoding it.
    if first.not_modified or first.body.count(b'"id"') < PAGE:
        return harvest_of(board, [first])
    answers = [first]
    seen = set(_ids(first.body, board))
    received = last = len(seen)
    while last >= PAGE:
        page = await _ask(http, service, board, {"skip": received, "limit": PAGE})
        ids = _ids(page.body, board)
        if seen.issuperset(ids):
            break
        answers.append(page)
        seen.update(ids)
        last = len(ids)
        received += last
    return harvest_of(board, answers)


async def _first_page(http: Http, board: Board, validators: Validators | None) -> tuple[str, Answer]:
    odd: Answer | None = None
    for service in HOSTS:
        if service == "lever_eu" and http.is_redirected("lever") and not http.is_redirected("lever_eu"):
            break  # with a replica in place of one host, the other live one is not asked
        try:
            answer = await _ask(http, service, board, {}, validators)
        except SourceGone as error:
            if error.status != 404:
                raise
            continue
        if answer.not_modified or _is_list(answer.body):
            return service, answer
        odd = odd or answer
    if odd is not None:
        page = decode_page(odd.body, label_of(board))
        if not (isinstance(page, dict) and page.get("ok") is False):
            records_of(page, label_of(board))
    # Some sites that don't exist answer {"ok": false} with status 200: it is the 404 it stands for.
    message = f"{label_of(board)} is unknown to both of Lever's hosts: `job-hunter probe` shows where the board is now"
    raise SourceGone(message, status=404)


async def _ask(
    http: Http, service: str, board: Board, window: Mapping[str, int], validators: Validators | None = None
) -> Answer:
    url = f"{HOSTS[service]}/v0/postings/{quote(board.token, safe='')}"
    return await http.get(service, url, params={"mode": "json", **window}, validators=validators)


def _is_list(body: bytes) -> bool:
    return body[:100].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _ids(body: bytes, board: Board) -> list[str]:
    records = records_of(decode_page(body, label_of(board)), label_of(board))
    return [str(record.get("id")) if isinstance(record, dict) else "" for record in records]


def parse(payload: Any, board: Board, known: Mapping[str, bytes] | None = None) -> Parsed:
    """Read the list of postings. Raises `SourceChanged` when it is no list."""
    return parse_records(
        records_of(payload, label_of(board)),
        board,
        known or {},
        fields=FIELDS,
        essence=lambda record: record,  # nothing in a record moves by itself: there is no time of change
        read=_posting,
    )


def _posting(record: Record, seed: Seed) -> Posting:
    categories = record.get("categories")
    if not isinstance(categories, dict):
        categories = {}
    places = categories.get("allLocations")
    location = text(categories.get("location"), "categories.location")
    workplace = text(record.get("workplaceType"), "workplaceType")
    department = categories.get("department") or categories.get("team")
    country = text(record.get("country"), "country")
    return Posting(
        source=seed.board.source,
        external_id=seed.external_id,
        board=seed.board.token,
        title=required_text(record, "text"),
        location=location,
        content=_content(record, seed),
        payload_hash=seed.payload_hash,
        raw=seed.raw,
        department=text(department, "categories.department") or None,
        country=country.upper() if len(country) == 2 else None,
        workplace=None if workplace in ("", "unspecified") else workplace,
        places=distinct([location, *(places if isinstance(places, list) else ())]),
        posted_at=epoch_ms_time(record, "createdAt", seed),
        apply_url=web_url(record.get("applyUrl"), record.get("hostedUrl")),
        stated_pay=tuple(_stated_pay(record)),
    )


def _content(record: Record, seed: Seed) -> str:
    """The whole text as HTML: opening and body, the lists (requirements, often pay), the closing, the pay note."""
    opening = _html(record, "description") or "\n".join(
        filter(None, (_html(record, "opening"), _html(record, "descriptionBody")))
    )
    parts = [opening]
    for section in objects(record, "lists", seed):
        title, items = text(section.get("text"), "lists.text"), text(section.get("content"), "lists.content")
        parts.append(f"<h3>{escape(title, quote=False)}</h3>\n<ul>{items}</ul>")
    parts += [_html(record, "additional"), _html(record, "salaryDescription")]
    return "\n".join(filter(None, parts))


def _html(record: Record, field: str) -> str:
    """The HTML of a text field, from its plain twin when only that one is filled."""
    return text(record.get(field), field) or escape(text(record.get(f"{field}Plain"), f"{field}Plain"), quote=False)


def _stated_pay(record: Record) -> Iterator[StatedPay]:
    """`salaryRange`; the description beside it may turn it into on-target earnings, so it goes along as the note."""
    salary = record.get("salaryRange")
    if not isinstance(salary, dict):
        return
    low, high = figure(salary.get("min")), figure(salary.get("max"))
    if low is None and high is None:
        return
    interval = text(salary.get("interval"), "salaryRange.interval")
    period = PERIODS.get(interval)
    yield StatedPay(
        min=low,
        max=high,
        currency=currency(salary.get("currency")),
        period=period,
        basis=None,
        origin="salaryRange",
        label=None if period else interval or None,
        note=plain(record.get("salaryDescriptionPlain")) or plain(record.get("salaryDescription")),
    )
