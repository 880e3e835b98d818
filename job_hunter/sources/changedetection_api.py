"""The part of changedetection.io's API that seeding and catching up need. Every failure is one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from job_hunter.errors import SourceChanged, SourceError, SourceGone, SourceUnavailable
from job_hunter.sources.answer import Answer
from job_hunter.sources.contract import decode_page
from job_hunter.sources.http import Http

OLDEST = (0, 60)
"""The oldest version whose tags, formats and tokens are known to work as seeding needs them."""
RECEIVER_PATH = "/webhook/cdio"


@dataclass(frozen=True, slots=True)
class Api:
    """Where changedetection.io is and the key to it; neither shows the key."""

    http: Http
    base_url: str
    key: str

    def __repr__(self) -> str:
        return f"Api({self.base_url!r})"

    async def call(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, str | int] | None = None
    ) -> Answer:
        """One request. Raises the `SourceError` family, each with the sentence an operator needs."""
        try:
            return await self.http.request(
                method,
                "changedetection",
                f"{self.base_url}/api/v1{path}",
                json=json,
                params=params,
                headers={"x-api-key": self.key},
                accept=frozenset({400, 401, 403, 404, 429}),
            )
        except SourceError as error:
            if error.status is None:
                raise SourceUnavailable(
                    f"changedetection.io at {self.base_url} cannot be reached: check CDIO_BASE_URL and that it runs"
                ) from error
            raise SourceUnavailable(
                f"changedetection.io at {self.base_url} answered HTTP {error.status}: see its log", status=error.status
            ) from error

    async def read(self, path: str, *, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON of a GET."""
        answer = self._checked(await self.call("GET", path, params=params), path)
        return decode_page(answer.body, f"changedetection.io at {self.base_url}{path}")

    async def text(self, path: str) -> str:
        """The text of a GET."""
        return self._checked(await self.call("GET", path), path).body.decode("utf-8", "replace")

    async def write(self, method: str, path: str, json: Any) -> Any:
        """The answer to a POST or PUT."""
        answer = self._checked(await self.call(method, path, json=json), path)
        return decode_page(answer.body, "changedetection.io") if answer.body[:1] in (b"{", b"[", b'"') else None

    def _checked(self, answer: Answer, path: str) -> Answer:
        if answer.status < 400:
            return answer
        if answer.status in (401, 403):
            raise SourceGone(
                f"changedetection.io at {self.base_url} refuses CDIO_API_KEY (HTTP {answer.status}): copy the key from "
                "its Settings > API",
                status=answer.status,
            )
        if answer.status == 404:
            raise SourceGone(f"changedetection.io at {self.base_url} has no {path}: check CDIO_BASE_URL", status=404)
        said = " ".join(answer.body.decode("utf-8", "replace").split())[:200]
        raise SourceGone(f"changedetection.io refuses {path} (HTTP {answer.status}): {said}", status=answer.status)


async def check_version(api: Api) -> str:
    """The version that runs. Raises `SourceGone` when it is too old, `SourceChanged` when it is something else."""
    try:
        info = await api.read("/systeminfo")
    except SourceChanged:
        info = None
    version = info.get("version") if isinstance(info, dict) else None
    if not isinstance(version, str):
        raise SourceChanged(f"What answers at {api.base_url} is no changedetection.io: check CDIO_BASE_URL")
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise SourceGone(
            f"changedetection.io at {api.base_url} is version {version}: version {oldest} or newer is needed"
        )
    return version


async def fetch_tags(api: Api) -> dict[str, str]:
    """The tags: uuid by title."""
    found = await api.read("/tags")
    return {str(tag.get("title")): uuid for uuid, tag in _objects(found).items()}


async def fetch_watch_list(api: Api) -> dict[str, dict[str, Any]]:
    """All watches in short: by uuid."""
    return _objects(await api.read("/watch"))


async def fetch_one(api: Api, kind: str, uuid: str) -> dict[str, Any]:
    """A watch or a tag with all its settings."""
    found = await api.read(f"/{kind}/{quote(uuid, safe='')}")
    if not isinstance(found, dict):
        raise SourceChanged(f"changedetection.io at {api.base_url} gave no object for a {kind}: see its version")
    return found


async def fetch_history(api: Api, uuid: str) -> list[int]:
    """The moments, in Unix seconds, of a watch's snapshots, oldest first."""
    found = await api.read(f"/watch/{quote(uuid, safe='')}/history")
    return sorted(int(key) for key in found if str(key).isdigit()) if isinstance(found, dict) else []


async def fetch_snapshot(api: Api, uuid: str, moment: int) -> str:
    """The text of a page as it was at `moment`."""
    return await api.text(f"/watch/{quote(uuid, safe='')}/history/{moment}")


def _objects(found: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(found, dict):
        raise SourceChanged("changedetection.io gave a list where an object belongs: see its version")
    return {str(uuid): value for uuid, value in found.items() if isinstance(value, dict)}


def notification_url(webhook_url: str, token: str) -> str:
    """The address that makes changedetection.io post the rendered body to the receiver, with the token as a header.

    The token is encoded twice, as changedetection.io and apprise each decode it once.
    """
    parts = urlsplit(webhook_url)
    path = parts.path.rstrip("/")
    if not path.endswith(RECEIVER_PATH):
        path += RECEIVER_PATH
    scheme = "posts" if parts.scheme == "https" else "post"
    return f"{scheme}://{parts.netloc}{path}?+Authorization=Bearer%20{quote(quote(token, safe=''), safe='')}"


def points_to(url: str, webhook_url: str) -> bool:
    """Whether a notification address, of whatever scheme and token, leads to the receiver."""
    parts, ours = urlsplit(url), urlsplit(notification_url(webhook_url, "x"))
    return (parts.hostname, parts.port, parts.path.rstrip("/")) == (ours.hostname, ours.port, ours.path)
