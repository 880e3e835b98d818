"""What a source is: a `fetch` that asks the network, a pure `parse`, and the bytes handed from one to the other."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from job_hunter.domain.company import Board
from job_hunter.domain.posting import Parsed
from job_hunter.errors import SourceChanged
from job_hunter.sources.answer import Answer
from job_hunter.sources.http import Http, Validators


class Harvest:
    """What one fetch brought: the pages as bytes, and what the ledger wants to know of the requests.

    A plain class and not a dataclass, so that an engine that walks through the values it passes on leaves the pages
    alone. `release` drops the pages as soon as they are decoded; the figures stay.
    """

    __slots__ = (
        "body_bytes",
        "etag",
        "label",
        "last_modified",
        "not_modified",
        "pages",
        "seconds",
        "status",
        "tries",
        "wire_bytes",
    )

    def __init__(
        self,
        label: str,
        pages: list[bytes],
        *,
        status: int = 200,
        tries: int = 1,
        seconds: float = 0.0,
        wire_bytes: int = 0,
        etag: str | None = None,
        last_modified: str | None = None,
        not_modified: bool = False,
    ) -> None:
        self.label = label
        self.pages = pages
        self.status = status
        self.tries = tries
        self.seconds = seconds
        self.wire_bytes = wire_bytes
        self.body_bytes = sum(map(len, pages))
        self.etag = etag
        self.last_modified = last_modified
        self.not_modified = not_modified

    def __repr__(self) -> str:
        return f"Harvest({self.label!r}, status={self.status}, pages={len(self.pages)}, body_bytes={self.body_bytes})"

    def release(self) -> None:
        """Drop the pages."""
        self.pages = []


class Ats(NamedTuple):
    """One source of boards. `fetch` raises the `SourceError` family; `parse` is pure and raises only `SourceChanged`.

    `parse(payload, board, known)` takes the decoded answer and, by external id, the payload hashes we hold.
    """

    fetch: Callable[[Http, Board, Validators | None], Awaitable[Harvest]]
    parse: Callable[[Any, Board, Mapping[str, bytes]], Parsed]


def label_of(board: Board) -> str:
    """How messages name a board: `greenhouse board acme`."""
    return f"{board.source} board {board.token}"


def harvest_of(board: Board, answers: Sequence[Answer]) -> Harvest:
    """The harvest of `board` from its answers, in the order of the pages.

    An answer's validators stand for that answer alone, so they are kept only when it is the whole harvest.
    """
    last = answers[-1]
    whole = answers[0] if len(answers) == 1 else None
    return Harvest(
        label_of(board),
        [answer.body for answer in answers if not answer.not_modified],
        status=last.status,
        seconds=sum(answer.seconds for answer in answers),
        wire_bytes=sum(answer.wire_bytes for answer in answers),
        etag=whole.etag if whole else None,
        last_modified=whole.last_modified if whole else None,
        not_modified=last.not_modified,
    )


def decode(harvest: Harvest) -> Any:
    """The decoded answer: the page's JSON, or the lists of several pages as one list.

    Raises `SourceChanged` when a page is not JSON, is cut off, or one of several pages is no list; a harvest that was
    not modified has nothing to decode and is a mistake of the caller.
    """
    if not harvest.pages:
        raise ValueError(f"{harvest.label} has no pages to decode")
    pages = [decode_page(page, harvest.label) for page in harvest.pages]
    if len(pages) == 1:
        return pages[0]
    joined: list[Any] = []
    for page in pages:
        joined += records_of(page, harvest.label)
    return joined


def decode_page(page: bytes, label: str) -> Any:
    """One page as JSON. Raises `SourceChanged` that tells an empty, a cut off and a foreign body apart."""
    try:
        return orjson.loads(page)
    except orjson.JSONDecodeError:
        pass
    try:
        # Half an emoji is valid JSON to its writer and no text to anybody else: keep the record, lose the character.
        return orjson.loads(json.dumps(json.loads(page), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        start = page[:200].lstrip()
        if not start:
            problem = "with nothing"
        elif start[:1] in b"[{":
            problem = f"with JSON that is cut off or broken ({len(page)} bytes)"
        elif start[:1] == b"<":
            problem = "with a web page instead of JSON"
        else:
            problem = "with something that is not JSON"
        raise SourceChanged(f"{label} answered {problem}: see whether the source changed") from error


def records_of(value: Any, label: str, field: str | None = None) -> list[Any]:
    """`value`, or its `field`, as the list of records it must be. Raises `SourceChanged` naming what came instead."""
    if field is not None:
        if not isinstance(value, dict):
            raise SourceChanged(f"{label} answered with {kind(value)} where an object with {field!r} belongs")
        if field not in value:
            raise SourceChanged(f"{label} answered with an object that has no {field!r}")
        value = value[field]
    if not isinstance(value, list):
        what = f"{field!r} as " if field else ""
        raise SourceChanged(f"{label} answered with {what}{kind(value)} where a list belongs")
    return value


def kind(value: Any) -> str:
    """The JSON kind of a value, for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"
