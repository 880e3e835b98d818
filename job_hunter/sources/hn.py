"""Hacker News' "Who is hiring" by Algolia: the monthly threads, and the top-level comments of each.

`/items/<id>` gives a thread whole. When it does not, the thread is read by searches sliced by time, since only the
first 1,000 hits of a search can be reached; replies come along there and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from job_hunter.errors import SourceChanged, SourceGone, SourceUnavailable
from job_hunter.sources.answer import Answer
from job_hunter.sources.contract import Harvest, decode_page, kind, records_of
from job_hunter.sources.http import Http

API = "https://hn.algolia.com/api/v1"
HITS = 1000
MOST_SLICES = 20

_TITLE = re.compile(r"^Ask HN: Who is hiring\? \((?P<month>\w+ \d{4})\)$")


@dataclass(frozen=True, slots=True, order=True)
class Thread:
    """One monthly thread; ids grow with time."""

    id: int
    month: str

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"hn thread {self.id} ({self.month})"


@dataclass(frozen=True, slots=True)
class Comment:
    """One top-level comment: its HTML, when it was written (UTC), and the record as received."""

    id: int
    html: str
    created_at: datetime | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Comments:
    """What a thread holds: readable comments, the number of deleted ones, and the ids of records without sense.

    `is_whole` is False when the answer says that there are more.
    """

    comments: tuple[Comment, ...]
    deleted: int = 0
    broken: tuple[str, ...] = ()
    is_whole: bool = True


async def fetch_threads(http: Http) -> list[Thread]:
    """The monthly threads that are found, newest first. Raises the `SourceError` family."""
    answer = await http.get(
        "hn", f"{API}/search_by_date", params={"tags": "story,author_whoishiring", "hitsPerPage": 20}
    )
    return parse_threads(decode_page(answer.body, "hn thread search"))


def parse_threads(payload: Any) -> list[Thread]:
    """The threads in a search's answer, newest first; other stories of the author are left out.

    Raises `SourceChanged` when it is no such answer or holds no monthly thread at all.
    """
    threads = set()
    for hit in records_of(payload, "hn thread search", "hits"):
        title = hit.get("title") if isinstance(hit, dict) else None
        found = _TITLE.match(" ".join(title.split())) if isinstance(title, str) else None
        number = _whole(hit.get("objectID")) if found else None
        if found and number is not None:
            threads.add(Thread(number, found["month"]))
    if not threads:
        raise SourceChanged("hn thread search: no title reads `Ask HN: Who is hiring? (Month YYYY)`; see what changed")
    return sorted(threads, reverse=True)


async def fetch_comments(http: Http, thread: Thread) -> Harvest:
    """The thread by its item, else by sliced searches. Raises the `SourceError` family."""
    try:
        answer = await http.get("hn", f"{API}/items/{thread.id}")
        if answer.body.lstrip()[:1] == b"{" and answer.body.rstrip()[-1:] == b"}":
            return _harvest(thread, [answer])
    except SourceUnavailable as error:
        # A server that is down or asks for patience gets it; one that chokes on the whole tree has searches left.
        if error.status is None or error.status == 429:
            raise
    except SourceGone as error:
        if error.status != 404:
            raise
    except SourceChanged:
        pass
    return _harvest(thread, await _fetch_slices(http, thread))


async def _fetch_slices(http: Http, thread: Thread) -> list[Answer]:
    answers: list[Answer] = []
    before: int | None = None
    for _ in range(MOST_SLICES):
        params: dict[str, str | int] = {"tags": f"comment,story_{thread.id}", "hitsPerPage": HITS, "page": 0}
        if before is not None:
            params["numericFilters"] = f"created_at_i<={before}"
        answer = await http.get("hn", f"{API}/search_by_date", params=params)
        answers.append(answer)
        hits = records_of(decode_page(answer.body, thread.label), thread.label, "hits")
        times = [_whole(hit.get("created_at_i")) for hit in hits if isinstance(hit, dict)]
        stamps = [stamp for stamp in times if stamp]
        if len(hits) < HITS or not stamps or min(stamps) == before:
            return answers
        before = min(stamps)
    return answers


def _harvest(thread: Thread, answers: list[Answer]) -> Harvest:
    return Harvest(
        thread.label,
        [answer.body for answer in answers],
        status=answers[-1].status,
        seconds=sum(answer.seconds for answer in answers),
        wire_bytes=sum(answer.wire_bytes for answer in answers),
    )


def parse_comments(pages: Iterable[Any], thread: Thread) -> Comments:
    """The top-level comments in an item's tree, or in the pages of searches. Raises `SourceChanged`."""
    pages = list(pages)
    first = pages[0] if pages else None
    if isinstance(first, dict) and "children" in first:
        if _whole(first.get("id")) != thread.id:
            raise SourceChanged(f"{thread.label} answered with another item ({first.get('id')!r}); see what changed")
        return _comments(records_of(first, thread.label, "children"), thread, text="text", ident="id")
    hits: dict[Any, Any] = {}
    total = 0
    for page in pages:
        found = records_of(page, thread.label, "hits")
        total = max(total, _whole(page.get("nbHits")) or 0)
        hits.update((_hit_key(hit), hit) for hit in found)
    top = [hit for hit in hits.values() if not isinstance(hit, dict) or _whole(hit.get("parent_id")) == thread.id]
    read = _comments(top, thread, text="comment_text", ident="objectID")
    return Comments(read.comments, read.deleted, read.broken, is_whole=len(hits) >= total)


def _hit_key(hit: Any) -> tuple[str, int]:
    """What tells a hit from the others: its id, or for one without any that it is another object."""
    number = _whole(hit.get("objectID")) if isinstance(hit, dict) else None
    return ("broken", id(hit)) if number is None else ("comment", number)


def _comments(records: Iterable[Any], thread: Thread, *, text: str, ident: str) -> Comments:
    comments: dict[int, Comment] = {}
    deleted = 0
    broken: list[str] = []
    for record in records:
        number = _whole(record.get(ident)) if isinstance(record, dict) else None
        if number is None:
            broken.append(f"a comment of {thread.id} is {kind(record)} without an id")
            continue
        html = record.get(text)
        if html is None or record.get("author") is None:
            deleted += 1
        elif not isinstance(html, str):
            broken.append(f"{number}: {text} is {kind(html)} where a text belongs")
        else:
            own = {key: value for key, value in record.items() if key not in ("children", "_highlightResult")}
            try:
                raw = orjson.dumps(own)
            except TypeError as error:  # half an emoji, or a number beyond 64 bits
                broken.append(f"{number}: the record cannot be kept ({error})")
                continue
            comments.setdefault(number, Comment(number, html.replace("\x00", ""), _time(record), raw))
    return Comments(tuple(comments.values()), deleted, tuple(broken))


def _time(record: Mapping[str, Any]) -> datetime | None:
    seconds = _whole(record.get("created_at_i"))
    if seconds is not None and 0 < seconds < 4_000_000_000:
        return datetime.fromtimestamp(seconds, UTC)
    try:
        when = datetime.fromisoformat(str(record.get("created_at")))
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16 else None
