"""changedetection.io: its notifications in all their wrappings, and the part of its API that seeding needs.

Verified against 0.60.10. Rules that follow from it:

- `post(s)://` sends the rendered template as the body, `json(s)://` the same as a string in `message`, `form(s)://` in
  a form's field `message`. A Content-Type comes only when the body happens to be JSON, so none is asked for.
- Notices (a filter that was not found, a browser step that failed) come through the same channel as plain text.
- Its clock is local to the server; our template asks for the offset, the plain form is read when it says UTC or GMT.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from job_hunter.domain.page_change import Kind, Notification
from job_hunter.errors import SourceChanged
from job_hunter.sources.contract import decode_page

TEXTS = (
    "diff",
    "diff_full",
    "diff_patch",
    "diff_added",
    "diff_removed",
    "current_snapshot",
    "prev_snapshot",
    "message",
    "title",
    "watch_title",
)
"""The texts of a notification that are kept."""

NOTIFICATION_TITLE = "{{ watch_title }}"
NOTIFICATION_BODY = (
    '{"watch_url": {{ watch_url|tojson }}, "watch_uuid": {{ watch_uuid|tojson }}, '
    '"watch_title": {{ watch_title|tojson }}, "change_datetime": '
    "{{ (change_datetime(format='%Y-%m-%dT%H:%M:%S%z') if change_datetime else none)|tojson }}, "
    '"diff": {{ diff|tojson }}, "prev_snapshot": {{ prev_snapshot|tojson }}, '
    '"current_snapshot": {{ current_snapshot|tojson }}}'
)
"""The body that seeding sets on the tag. Every value is `tojson`, so quotes and line breaks of a page break nothing."""

NO_JSON = "the body is no JSON: give every value of the template through |tojson, without quotes around it"

_DEFAULT = re.compile(r"^(\S{1,5000}) had a change\.\s*\n-{3,}\s*\n?(.*?)\n?-{3,}\s*$", re.DOTALL)
_DEFAULT_HTML = re.compile(r"^(\S{1,5000}) had a change\.\s*<br\s*/?>\s*", re.IGNORECASE)
_NOTICE = re.compile(
    r"did not appear on the page after|filter was not present|could not be run|browser step at position|"
    r"notification service (?:test|is working)|omniscient changedetection\.io",
    re.IGNORECASE,
)
_NOTICE_URL = re.compile(r"(?:for|web page watch) (https?://\S+) did not appear")
_NOTICE_UUID = re.compile(r"/edit/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_TEST = re.compile(r"Example text: change detection is (?:cool|fantastic)|WATCH-PLACE-HOLDER")
_FORM = re.compile(rb"^[A-Za-z_][\w.%+-]{0,60}=[^\s{]*$")
_BREAKING = {ord("\0"): None, **dict.fromkeys(range(0xD800, 0xE000))}


def parse_notification(body: bytes) -> Notification:
    """A notification from the bytes of one request, in any of its wrappings.

    Raises `SourceChanged` with one clause: not UTF-8, cut off, nested too deep, no notification at all.
    """
    if not body.strip():
        raise SourceChanged("the body is empty")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise SourceChanged("the body is not UTF-8 text") from None
    if text.lstrip()[:1] in ("{", "["):
        return _of_json(body)
    if _FORM.match(body.strip()[:100_000].split(b"&", 1)[0]) and b"message=" in body:
        try:
            return _of_fields(dict(parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=40)))
        except ValueError:
            raise SourceChanged("the form holds more fields than any notification") from None
    return _of_text(text, {})


def _of_json(body: bytes) -> Notification:
    try:
        fields = decode_page(body, "the body")
    except SourceChanged:
        raise SourceChanged(NO_JSON) from None
    if not isinstance(fields, dict):
        raise SourceChanged("the body is JSON, but no object")
    return _of_fields(fields)


def _of_fields(fields: Mapping[str, Any]) -> Notification:
    message = fields.get("message")
    if isinstance(message, str) and "watch_url" not in fields:
        if message.lstrip().startswith("{"):
            try:
                inner = decode_page(message.encode("utf-8", "replace"), "the message")
            except SourceChanged:
                raise SourceChanged(NO_JSON) from None
            if isinstance(inner, dict) and "message" not in inner:
                return _of_fields(inner)
            raise SourceChanged("the message within the message is no notification")
        return _of_text(message, {"title": fields.get("title")})
    texts = {name: _clean(value) for name in TEXTS if isinstance(value := fields.get(name), str)}
    url, uuid = _string(fields, "watch_url"), _string(fields, "watch_uuid")
    if not url and not uuid:
        raise SourceChanged("the body names neither watch_url nor watch_uuid")
    if not any(name in texts for name in TEXTS[:7]):
        raise SourceChanged("the body holds no diff and no snapshot: see the template that cdio-seed sets")
    is_test = any(_TEST.search(text) for text in (url or "", *texts.values()))
    return Notification(
        Kind.TEST if is_test else Kind.CHANGE, texts, _uuid(uuid), url, parse_time(_string(fields, "change_datetime"))
    )


def _of_text(text: str, fields: Mapping[str, Any]) -> Notification:
    title = fields.get("title")
    texts = {"message": _clean(text), **({"title": _clean(title)} if isinstance(title, str) else {})}
    whole = f"{texts.get('title', '')}\n{texts['message']}"
    if _NOTICE.search(whole):
        url, uuid = _NOTICE_URL.search(whole), _NOTICE_UUID.search(whole)
        return Notification(Kind.NOTICE, texts, uuid[1] if uuid else None, url[1] if url else None)
    if found := _DEFAULT.match(texts["message"].strip()):
        return Notification(_kind(found[2]), {**texts, "message": found[2]}, None, found[1])
    if found := _DEFAULT_HTML.match(texts["message"].lstrip()):
        return Notification(_kind(whole), texts, None, found[1])
    raise SourceChanged("the body is neither JSON nor a notification of changedetection.io")


def _kind(text: str) -> Kind:
    return Kind.TEST if _TEST.search(text) else Kind.CHANGE


def _clean(text: str) -> str:
    """Without what Postgres cannot hold (NUL) and what is no character (half an emoji)."""
    return text.translate(_BREAKING)


def _string(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 5000:
        raise SourceChanged(f"{name} is no text of a usable length")
    return _clean(value)


def _uuid(text: str | None) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None


def parse_time(text: str | None) -> datetime | None:
    """The moment that `text` names, in UTC: with an offset, or as changedetection.io writes it in UTC."""
    if not text:
        return None
    text = re.sub(r" (?:UTC|GMT|Z)$", "+0000", text.strip())
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
