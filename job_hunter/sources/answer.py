"""One answer: its status judged, its body read within a bound, and how messages name where it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import NoReturn

import httpx

from job_hunter.errors import SourceChanged, SourceGone, SourceUnavailable
from job_hunter.sources.body import capped, gunzipped, too_large


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `body` is decoded, `wire_bytes` is what came over the wire, `seconds` excludes waiting our turn.

    `location` is where a redirect points whose status was in `accept`.
    """

    status: int
    body: bytes
    url: str
    content_type: str | None
    etag: str | None
    last_modified: str | None
    not_modified: bool
    wire_bytes: int
    seconds: float
    retry_after: float | None = None
    location: str | None = None


async def read_answer(response: httpx.Response, max_bytes: int, accept: frozenset[int], began: float) -> Answer:
    status = response.status_code
    asked = where(response.url)
    headers = response.headers
    retry_after = _retry_after(headers.get("retry-after"), headers.get("date"))
    sent = response.request.headers
    not_modified = status == 304 and ("if-none-match" in sent or "if-modified-since" in sent)
    if not (200 <= status < 300 or not_modified or status in accept):
        _refuse(asked, status, retry_after)
    body, wire_bytes = await _read(response, max_bytes, asked)
    return Answer(
        status=status,
        body=body,
        url=str(response.url),
        content_type=headers.get("content-type"),
        etag=headers.get("etag"),
        last_modified=headers.get("last-modified"),
        not_modified=not_modified,
        wire_bytes=wire_bytes,
        seconds=perf_counter() - began,
        retry_after=retry_after,
        location=headers.get("location"),
    )


def _refuse(asked: str, status: int, retry_after: float | None) -> NoReturn:
    if status == 429 or status >= 500:
        message = f"{asked} answered HTTP {status}; the next run tries again"
        raise SourceUnavailable(message, status=status, retry_after=retry_after)
    raise SourceGone(f"{asked} answered HTTP {status}: check the board's name and whether it moved", status=status)


async def _read(response: httpx.Response, max_bytes: int, asked: str) -> tuple[bytes, int]:
    """The decoded body and its size on the wire; a body that grows over `max_bytes` is dropped as soon as it does."""
    if response.is_stream_consumed:  # transports that hand over a finished body
        if len(response.content) > max_bytes:
            raise too_large(asked, max_bytes)
        return response.content, len(response.content)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        chunks = capped(response.aiter_raw(), max_bytes, asked)
    elif encoding in {"gzip", "x-gzip"}:
        chunks = gunzipped(response.aiter_raw(), max_bytes, asked)
    else:
        raise SourceChanged(f"{asked} answered in an encoding nobody asked for ({encoding[:20]})")
    body = b"".join([chunk async for chunk in chunks])
    return body, response.num_bytes_downloaded


def _retry_after(value: str | None, date: str | None) -> float | None:
    """Seconds from either form of a Retry-After header (RFC 9110, 10.2.3), a date counted from the answer's own."""
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value, re.ASCII):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        return max(0.0, (until - parsedate_to_datetime(date or "")).total_seconds())
    except (ValueError, TypeError):
        return None


def where(url: httpx.URL) -> str:
    """Host and path of `url`: never its credentials or its query, which may hold keys."""
    port = f":{url.port}" if url.port else ""
    return f"{url.host}{port}{url.raw_path.partition(b'?')[0].decode('ascii', 'replace')}"[:160]
