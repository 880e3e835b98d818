"""From a list of records to `Parsed`: the loop every board source shares, and the readers of single values.

One bad record costs one record: whatever is wrong with it becomes a `Reject` that names the field.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from html import unescape
from typing import Any, NamedTuple

import orjson

from job_hunter.domain.company import Board
from job_hunter.domain.posting import Parsed, Posting, Reject
from job_hunter.sources.contract import kind

Record = dict[str, Any]

_WEB_URL = re.compile(r"https?://[^\s\x00-\x1f<>\"]+", re.IGNORECASE)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLAUSIBLE_YEARS = range(2000, 2100)


class BadRecord(ValueError):
    """A record cannot become a posting; the message is one clause that names the field."""


class Seed(NamedTuple):
    """What the loop knows of a record before its source reads it. `unread` counts fields whose value made no sense."""

    external_id: str
    payload_hash: bytes
    raw: bytes
    board: Board
    unread: Counter[str]


def parse_records(
    records: Iterable[Any],
    board: Board,
    known: Mapping[str, bytes],
    *,
    fields: frozenset[str],
    essence: Callable[[Record], Record],
    read: Callable[[Record, Seed], Posting],
    is_unlisted: Callable[[Record], bool] | None = None,
    declared_total: int | None = None,
) -> Parsed:
    """Read every record once.

    `fields` are the keys the source is known to send, `essence` is the part of a record that matters (a change
    elsewhere is noise), `read` makes the posting. A record whose essence hashes to what `known` holds is listed as
    unchanged and not read. An id that comes twice is kept once and leaves the declared total too, so that a harvest
    with a repeated record still counts as complete.
    """
    postings: list[Posting] = []
    unchanged: list[str] = []
    rejects: list[Reject] = []
    unread: Counter[str] = Counter()
    seen: set[str] = set()
    unlisted = repeated = 0
    for record in records:
        external_id = None
        try:
            external_id = _external_id(record)
            if external_id in seen:
                repeated += 1
                continue
            seen.add(external_id)
            if not fields.issuperset(record):
                unread.update(record.keys() - fields)
            if is_unlisted is not None and is_unlisted(record):
                unlisted += 1
                continue
            digest = payload_hash(essence(record))
            if known.get(external_id) == digest:
                unchanged.append(external_id)
                continue
            raw = orjson.dumps(record)
            if raw.rfind(b"\\u0000") >= 0:  # valid JSON, but no text that a database takes; `in` looks twice as long
                record = _without_nul(record)
            postings.append(read(record, Seed(external_id, digest, raw, board, unread)))
        except BadRecord as error:
            rejects.append(Reject(external_id, str(error)))
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
            rejects.append(Reject(external_id, f"the shape is unknown ({type(error).__name__}: {error})"[:200]))
    return Parsed(
        postings=tuple(postings),
        unchanged=tuple(unchanged),
        rejects=tuple(rejects),
        declared_total=None if declared_total is None else declared_total - repeated,
        unlisted=unlisted,
        unread_fields=dict(unread),
    )


def payload_hash(essence: Mapping[str, Any]) -> bytes:
    """16 bytes that stay the same as long as `essence` says the same, whatever the order of its keys."""
    return blake2b(orjson.dumps(essence, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def text(value: Any, field: str) -> str:
    """`value` without surrounding blanks; null is empty. Raises `BadRecord` when it is no text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRecord(f"{field} is {kind(value)} where a text belongs")
    return value.strip()


def required_text(record: Record, field: str) -> str:
    """The text of a field no posting can do without. Raises `BadRecord` when it is missing or blank."""
    value = text(record.get(field), field)
    if not value:
        raise BadRecord(f"{field} is {'blank' if field in record else 'missing'}")
    return value


def name_of(value: Any) -> str | None:
    """The `name` of an object, or the text that stands in its place; None when there is neither."""
    if isinstance(value, dict):
        value = value.get("name")
    return value.strip() or None if isinstance(value, str) else None


def objects(record: Record, field: str, seed: Seed) -> list[Record]:
    """The objects in a list the posting can do without; null is empty, anything else in it is counted as unread."""
    values = record.get(field)
    if values is None:
        return []
    if not isinstance(values, list):
        seed.unread[field] += 1
        return []
    found = [value for value in values if isinstance(value, dict)]
    if len(found) < len(values):
        seed.unread[field] += 1
    return found


def distinct(values: Iterable[Any]) -> tuple[str, ...]:
    """The non-blank texts among `values`, stripped, each once, in the order they came."""
    found = {value.strip(): None for value in values if isinstance(value, str)}
    found.pop("", None)
    return tuple(found)


def web_url(*values: Any) -> str | None:
    """The first of `values` that is an http or https address: nothing else may become a link in a report."""
    for value in values:
        if isinstance(value, str) and _WEB_URL.fullmatch(address := value.strip()):
            return address
    return None


def figure(value: Any) -> float | None:
    """A finite number, given as a number or as a text that holds nothing else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def currency(value: Any) -> str | None:
    """A currency code as stated, in capitals; None when blank or absent. Whether it is one is read later."""
    return value.strip().upper() or None if isinstance(value, str) else None


def plain(html: Any) -> str | None:
    """A short note without its markup, on one line; None when nothing is left."""
    if not isinstance(html, str):
        return None
    return " ".join(unescape(re.sub(r"<[^<>]*>", " ", unescape(html))).split()) or None


def iso_time(record: Record, field: str, seed: Seed) -> datetime | None:
    """An ISO 8601 stamp of any offset in UTC (none stands for UTC); an unreadable one is None and counted."""
    value = record.get(field)
    if value is None or value == "":
        return None
    try:
        when = datetime.fromisoformat(value)
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        when = EPOCH
    return _plausible(when, field, seed)


def epoch_ms_time(record: Record, field: str, seed: Seed) -> datetime | None:
    """Milliseconds since 1970 as a time in UTC; an unreadable value is None and counted."""
    value = record.get(field)
    if value is None:
        return None
    number = figure(value)
    try:
        when = EPOCH + timedelta(milliseconds=number or 0)
    except OverflowError:
        when = EPOCH
    return _plausible(when, field, seed)


def _plausible(when: datetime, field: str, seed: Seed) -> datetime | None:
    if when.year in PLAUSIBLE_YEARS:
        return when
    seed.unread[field] += 1
    return None


def _external_id(record: Any) -> str:
    if not isinstance(record, dict):
        raise BadRecord(f"the record is {kind(record)} where an object belongs")
    value = record.get("id")
    if isinstance(value, str) and value.strip():
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise BadRecord(f"id is {kind(value) if 'id' in record else 'missing'}")


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return value
