"""Greenhouse's job board API: the whole board in one answer, texts escaped once more than usual, pay in cents.

`content` is passed on as received: HTML whose tags and entities are escaped once again, to be unescaped before its
tags are looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from job_hunter.domain.company import Board
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

URL = "https://boards-api.greenhouse.io/v1/boards/{token}/jobs"

# What a record may hold; anything else is counted, so that a new field is noticed.
FIELDS = frozenset(
    {
        "absolute_url",
        "ai_disclaimer",
        "ai_opt_out_request_url",
        "application_deadline",
        "company_name",
        "content",
        "data_compliance",
        "departments",
        "education",
        "employment",
        "first_published",
        "id",
        "include_ai_disclaimer",
        "internal_job_id",
        "language",
        "location",
        "metadata",
        "offices",
        "pay_input_ranges",
        "requisition_id",
        "title",
        "updated_at",
    }
)

# `updated_at` moves without any visible change on most postings of a board; the others are legal boilerplate.
VOLATILE = frozenset(
    {"updated_at", "data_compliance", "ai_disclaimer", "include_ai_disclaimer", "ai_opt_out_request_url"}
)


async def fetch(http: Http, board: Board, validators: Validators | None = None) -> Harvest:
    """Fetch the board: one request. Raises `SourceUnavailable`, `SourceGone` (no such board) or `SourceChanged`."""
    url = URL.format(token=quote(board.token, safe=""))
    answer = await http.get(
        "greenhouse", url, params={"content": "true", "pay_transparency": "true"}, validators=validators
    )
    return harvest_of(board, [answer])


def parse(payload: Any, board: Board, known: Mapping[str, bytes] | None = None) -> Parsed:
    """Read `{"jobs": […], "meta": {"total": n}}`. Raises `SourceChanged` when there is no list of jobs."""
    records = records_of(payload, label_of(board), "jobs")
    meta = payload.get("meta")
    total = meta.get("total") if isinstance(meta, dict) else None
    return parse_records(
        records,
        board,
        known or {},
        fields=FIELDS,
        essence=_essence,
        read=_posting,
        declared_total=total if isinstance(total, int) and not isinstance(total, bool) else None,
    )


def _essence(record: Record) -> Record:
    """The record without its noise; of departments and offices only the names, as their trees change by themselves."""
    essence = {key: value for key, value in record.items() if key not in VOLATILE}
    for branch in ("departments", "offices"):
        if isinstance(nodes := essence.get(branch), list):
            essence[branch] = [name_of(node) for node in nodes]
    return essence


def _posting(record: Record, seed: Seed) -> Posting:
    metadata = [entry for entry in objects(record, "metadata", seed) if entry.get("value") is not None]
    departments = distinct([name_of(node) for node in objects(record, "departments", seed)])
    internal_id = record.get("internal_job_id")
    return Posting(
        source=seed.board.source,
        external_id=seed.external_id,
        board=seed.board.token,
        title=required_text(record, "title"),
        location=name_of(record.get("location")) or "",
        content=text(record.get("content"), "content"),
        payload_hash=seed.payload_hash,
        raw=seed.raw,
        department=", ".join(departments) or None,
        workplace=_workplace(metadata),
        posted_at=iso_time(record, "first_published", seed),
        apply_url=web_url(record.get("absolute_url")),
        internal_id=None if internal_id is None else str(internal_id),
        stated_pay=(*_input_ranges(record, seed), *_metadata_pay(metadata)),
    )


def _workplace(metadata: list[Record]) -> str | None:
    for entry in metadata:
        if isinstance(entry["value"], str) and (name_of(entry) or "").casefold() == "workplace type":
            return entry["value"].strip() or None
    return None


def _input_ranges(record: Record, seed: Seed) -> Iterator[StatedPay]:
    """The published ranges, in cents; only their titles say whether one is hourly, OTE, a level or a zone."""
    for entry in objects(record, "pay_input_ranges", seed):
        low, high = figure(entry.get("min_cents")), figure(entry.get("max_cents"))
        if low is None and high is None:
            continue
        yield StatedPay(
            None if low is None else low / 100,
            None if high is None else high / 100,
            currency(entry.get("currency_type")),
            None,
            None,
            "pay_input_ranges",
            plain(entry.get("title")),
            plain(entry.get("blurb")),
        )


def _metadata_pay(metadata: list[Record]) -> Iterator[StatedPay]:
    """The company's own fields of a currency type, placeholders included: the field's name tells what it is about."""
    for entry in metadata:
        if entry.get("value_type") not in ("currency", "currency_range"):
            continue
        value = entry["value"]
        if not isinstance(value, dict):
            value = {"amount": value}
        low = _filled(value, "min_value", "min", "amount")
        high = _filled(value, "max_value", "max", "amount")
        if low is None and high is None:
            continue
        yield StatedPay(low, high, currency(value.get("unit")), None, None, "metadata", name_of(entry))


def _filled(value: Record, *names: str) -> float | None:
    """The first of the fields that holds a figure: a range may carry an empty `amount` too, and the other way round."""
    return next((found for name in names if (found := figure(value.get(name))) is not None), None)
