"""changedetection.io made equal to config/cdio_watches.yaml, and told where it differs.

One tag, `job-hunter`, marks the watches that are ours and owns the notification address and body for all of them, so
that a rotated token is one change. Nothing is ever deleted: what left the file is paused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from job_hunter.domain.watch import Watch
from job_hunter.sources.changedetection import NOTIFICATION_BODY, NOTIFICATION_TITLE
from job_hunter.sources.changedetection_api import (
    Api,
    check_version,
    fetch_one,
    fetch_tags,
    fetch_watch_list,
    notification_url,
    points_to,
)

TAG = "job-hunter"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which changedetection.io differs from the file. `action` is what seeding does about it."""

    action: str
    subject: str
    details: tuple[str, ...] = ()

    def sentence(self) -> str:
        """One line; it names the fields that differ, never a token."""
        return f"{self.action} {self.subject}" + (f" ({', '.join(self.details)})" if self.details else "")


@dataclass(frozen=True, slots=True)
class WatchState:
    """How a watch of ours fares: when it was checked last (Unix seconds), and the error it met."""

    slug: str
    uuid: str
    last_checked: int
    last_changed: int
    last_error: str | None
    is_paused: bool


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How changedetection.io compares with the file. `problems` are what seeding cannot mend."""

    version: str
    differences: tuple[Difference, ...]
    states: tuple[WatchState, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Write:
    """One request that removes a difference."""

    difference: Difference
    kind: str
    uuid: str | None
    fields: Mapping[str, Any]


async def reconcile(api: Api, watches: Sequence[Watch], *, webhook_url: str, token: str) -> Reconciliation:
    """Compare changedetection.io with the file; nothing is changed. Raises the `SourceError` family."""
    reconciliation, _ = await _compare(api, watches, webhook_url=webhook_url, token=token)
    return reconciliation


async def seed_watches(
    api: Api, watches: Sequence[Watch], *, webhook_url: str, token: str, dry_run: bool = False
) -> Reconciliation:
    """Make changedetection.io equal to the file; returns what was done, or with `dry_run` what would be.

    Safe to repeat: a second run finds nothing to do. Raises the `SourceError` family.
    """
    reconciliation, writes = await _compare(api, watches, webhook_url=webhook_url, token=token)
    if dry_run:
        return reconciliation
    tags = await fetch_tags(api)
    for title in _tag_titles(watches):
        if title not in tags:
            fields = _tag_fields([], webhook_url, token) if title == TAG else {}
            made = await api.write("POST", "/tag", {"title": title, **fields})
            tags[title] = str(made["uuid"])
    for write in writes:
        fields = dict(write.fields)
        if "tags" in fields:
            fields["tags"] = [tags.get(tag, tag) for tag in fields["tags"]]
        if write.kind == "tag" and write.uuid is None:
            continue
        if write.uuid is None:
            await api.write("POST", f"/{write.kind}", fields)
        else:
            await api.write("PUT", f"/{write.kind}/{write.uuid}", fields)
    return reconciliation


async def _compare(
    api: Api, watches: Sequence[Watch], *, webhook_url: str, token: str
) -> tuple[Reconciliation, list[_Write]]:
    version = await check_version(api)
    tags = await fetch_tags(api)
    listed = await fetch_watch_list(api)
    missing = [title for title in _tag_titles(watches) if title not in tags]
    writes = [_Write(Difference("create", f"tag {title}"), "tag", None, {}) for title in missing]
    own_tag = tags.get(TAG)
    if own_tag is not None:
        found = await fetch_one(api, "tag", own_tag)
        wanted = _tag_fields(found.get("notification_urls") or [], webhook_url, token)
        if changed := _changed(found, wanted):
            writes.append(_Write(Difference("update", f"tag {TAG}", changed), "tag", own_tag, wanted))
    problems: list[str] = []
    states: list[WatchState] = []
    ours: set[str] = set()
    for watch in watches:
        uuid = _find(listed, watch.url, own_tag)
        if uuid is None:
            fields = _watch_fields(watch, {}, tags, webhook_url)
            difference = Difference("create", f"watch {watch.slug}")
            writes.append(_Write(difference, "watch", None, {"url": watch.url, **fields}))
            continue
        ours.add(uuid)
        found = await fetch_one(api, "watch", uuid)
        wanted = _watch_fields(watch, found, tags, webhook_url)
        if changed := _changed(found, _with_uuids(wanted, tags)):
            action = "update" if own_tag in (found.get("tags") or []) else "adopt"
            writes.append(_Write(Difference(action, f"watch {watch.slug}", changed), "watch", uuid, wanted))
        states.append(_state(watch.slug, uuid, found))
        problems += await _problems(api, watch, wanted, found, own_tag)
    for uuid, short in sorted(listed.items()):
        if own_tag in (short.get("tags") or []) and uuid not in ours:
            found = await fetch_one(api, "watch", uuid)
            if not found.get("paused"):
                subject = f"watch {short.get('url', uuid)}"
                pause = Difference("pause", subject, ("no longer in cdio_watches.yaml",))
                writes.append(_Write(pause, "watch", uuid, {"paused": True}))
    return Reconciliation(version, tuple(w.difference for w in writes), tuple(states), tuple(problems)), writes


def _tag_titles(watches: Sequence[Watch]) -> list[str]:
    return [TAG, *sorted({tag for watch in watches for tag in watch.tags} - {TAG})]


def _tag_fields(urls: Sequence[str], webhook_url: str, token: str) -> dict[str, Any]:
    """The tag as it must be; addresses on it that lead elsewhere are its owner's and stay."""
    others = [url for url in urls if not points_to(url, webhook_url)]
    return {
        "notification_urls": [notification_url(webhook_url, token), *others],
        "notification_title": NOTIFICATION_TITLE,
        "notification_body": NOTIFICATION_BODY,
        "notification_format": "text",
        "notification_muted": False,
    }


def _watch_fields(watch: Watch, found: Mapping[str, Any], tags: Mapping[str, str], webhook_url: str) -> dict[str, Any]:
    """The watch as it must be. Tags that were added by hand stay; addresses that lead to the receiver go."""
    minutes = int(watch.check_every.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    own = [TAG, *watch.tags]
    titles = {uuid: title for title, uuid in tags.items()}
    others = [uuid for uuid in found.get("tags") or [] if titles.get(uuid) not in own]
    return {
        "title": watch.display_name,
        "tags": [*own, *others],
        "include_filters": [watch.include_filter],
        "time_between_check": {"weeks": 0, "days": days, "hours": rest // 60, "minutes": rest % 60, "seconds": 0},
        "time_between_check_use_default": False,
        "fetch_backend": "html_webdriver" if watch.browser else "html_requests",
        "notification_urls": [url for url in found.get("notification_urls") or [] if not points_to(url, webhook_url)],
        "notification_title": None,
        "notification_body": None,
        "notification_format": "text",  # the tag's is not honoured
        "notification_muted": False,
        "paused": False,
    }


def _with_uuids(wanted: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    return {**wanted, "tags": [tags.get(tag, tag) for tag in wanted["tags"]]}


def _changed(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, value in wanted.items() if not _is_same(name, found.get(name), value))


def _is_same(name: str, found: Any, wanted: Any) -> bool:
    if name == "time_between_check":
        return {k: v for k, v in (found or {}).items() if v} == {k: v for k, v in wanted.items() if v}
    if name == "tags":
        return set(found or []) == set(wanted)
    if wanted in (None, False):
        return not found
    return bool(found == wanted)


def _find(listed: Mapping[str, Mapping[str, Any]], url: str, own_tag: str | None) -> str | None:
    """The watch of `url`: ours before somebody else's, the same one at each run."""
    same = [uuid for uuid, watch in listed.items() if str(watch.get("url", "")).rstrip("/") == url.rstrip("/")]
    return min(same, key=lambda uuid: (own_tag not in (listed[uuid].get("tags") or []), uuid), default=None)


def _state(slug: str, uuid: str, found: Mapping[str, Any]) -> WatchState:
    error = found.get("last_error")
    return WatchState(
        slug=slug,
        uuid=uuid,
        last_checked=int(found.get("last_checked") or 0),
        last_changed=int(found.get("last_changed") or 0),
        last_error=" ".join(str(error).split())[:300] if error else None,
        is_paused=bool(found.get("paused")),
    )


async def _problems(
    api: Api, watch: Watch, wanted: Mapping[str, Any], found: Mapping[str, Any], own_tag: str | None
) -> list[str]:
    """What keeps a watch's changes from reaching us and is not ours to change."""
    problems = []
    if wanted["notification_urls"]:
        problems.append(
            f"{watch.slug}: has notification addresses of its own, which hide the tag's; move them to the tag {TAG}"
        )
    for uuid in found.get("tags") or []:
        if uuid != own_tag and (tag := await fetch_one(api, "tag", uuid)).get("notification_urls"):
            title = tag.get("title")
            problems += [f"{watch.slug}: its tag {title} has notification addresses, which may hide those of {TAG}"]
    return problems
