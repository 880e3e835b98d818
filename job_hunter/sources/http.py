"""The one HTTP client: every byte that comes from outside passes here, capped, timed and with its failures named.

Nothing is retried here: whoever owns the run owns the retry. The error class says what to do next
(`SourceUnavailable` try again, `SourceGone` edit the configuration, `SourceChanged` fix the parser).
"""

from __future__ import annotations

import asyncio
import random
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import monotonic, perf_counter
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

import httpx

from job_hunter import __version__
from job_hunter.errors import SourceChanged, SourceGone, SourceUnavailable
from job_hunter.sources.body import capped, gunzipped, too_large

USER_AGENT = f"job-hunter/{__version__} (self-hosted tracker of openings and pay)"

MAX_BYTES = 64_000_000
MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})

# Hosts a source may send us on to beside the one asked; a leading dot stands for any host below it.
REDIRECT_HOSTS: Mapping[str, tuple[str, ...]] = {
    "lever": ("api.lever.co", "api.eu.lever.co"),
    "lever_eu": ("api.lever.co", "api.eu.lever.co"),
    "levels_fyi": ("levels.fyi", "www.levels.fyi"),
    "linkedin": (".linkedin.com",),
    "ecb": ("ecb.europa.eu", ".ecb.europa.eu"),
}

# Seconds between two requests to a source that asks for patience; a replica of it is asked without pause.
INTERVALS: Mapping[str, float] = {"levels_fyi": 3.0, "linkedin": 3.0}


Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Validators(NamedTuple):
    """What a source said of the version we hold; sent back, an unchanged answer costs a 304 and no body."""

    etag: str | None = None
    last_modified: str | None = None


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


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates costs 20 ms, and each task of a flow opens a client of its own."""
    return httpx.create_ssl_context()


class _Gate:
    """The turns at one host: so many at once, and so many seconds between two."""

    __slots__ = ("clock", "interval", "lock", "next_at", "sleep", "slots")

    def __init__(self, connections: int, interval: float, clock: Clock, sleep: Sleep) -> None:
        self.clock, self.sleep = clock, sleep
        self.slots = asyncio.Semaphore(connections)
        self.lock = asyncio.Lock()
        self.interval = interval
        self.next_at = 0.0

    async def turn(self) -> None:
        """Wait until the host may be asked again; intervals are jittered so that requests don't march in step."""
        if not self.interval:
            return
        async with self.lock:
            await self.sleep(max(0.0, self.next_at - self.clock()))
            self.next_at = self.clock() + self.interval * random.uniform(1.0, 1.5)  # noqa: S311 not for secrets


class Http:
    """An async context manager around one connection pool.

    `base_urls` maps a service (`greenhouse`, `lever`, `lever_eu`, `ashby`, `hn`, `levels_fyi`, `linkedin`, `ecb`) to
    the replica that stands in for its scheme and host. `timeout` bounds one whole request, `read_timeout` the silence
    within it, both in seconds: large boards take over 25 s to begin. `connections` is the bound per host, `intervals`
    the least seconds between two requests to a service; they are waited for with `clock` (seconds) and `sleep`.
    """

    def __init__(
        self,
        base_urls: Mapping[str, str] | None = None,
        *,
        user_agent: str = USER_AGENT,
        timeout: float = 120.0,
        read_timeout: float = 45.0,
        connect_timeout: float = 10.0,
        max_bytes: int = MAX_BYTES,
        connections: int = 8,
        intervals: Mapping[str, float] | None = None,
        clock: Clock = monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._base_urls = dict(base_urls or {})
        self._user_agent = user_agent
        self._timeout = timeout
        self._limits = httpx.Timeout(connect=connect_timeout, read=read_timeout, write=read_timeout, pool=None)
        self._max_bytes = max_bytes
        self._connections = connections
        self._intervals = intervals
        self._clock, self._sleep = clock, sleep
        self._gates: dict[tuple[str, str], _Gate] = {}
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Http:
        # Kept-alive HTTP/1.1: HTTP/2 in Python costs several times the CPU on bodies of megabytes.
        self._client = httpx.AsyncClient(
            verify=_tls(),
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip"},
            timeout=self._limits,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=4 * self._connections),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            # A replica on this machine is never asked through a proxy.
            mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def is_redirected(self, service: str) -> bool:
        """Whether a replica stands in for `service`."""
        return service in self._base_urls

    async def get(
        self,
        service: str,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        max_bytes: int | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Answer:
        """GET `url` from `service`; `request` says what is raised. Statuses in `accept` are handed back as they are."""
        asked = dict(headers or {})
        if validators and validators.etag and validators.etag.isascii():
            asked["If-None-Match"] = validators.etag
        if validators and validators.last_modified and validators.last_modified.isascii():
            asked["If-Modified-Since"] = validators.last_modified
        return await self.request("GET", service, url, params=params, headers=asked, max_bytes=max_bytes, accept=accept)

    async def request(
        self,
        method: str,
        service: str,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        max_bytes: int | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Answer:
        """Send one request and read its answer whole.

        Raises `SourceUnavailable` (5xx, 429, network, timeout), `SourceGone` (any other status, a redirect to a
        foreign host) and `SourceChanged` (larger than `max_bytes`, an encoding nobody asked for, a broken gzip body).
        """
        if self._client is None:
            raise RuntimeError("Http is used outside its `async with`")
        target = self._target(service, url, params)
        gate = self._gate(service, target)
        async with gate.slots:
            await gate.turn()
            began = perf_counter()
            try:
                async with asyncio.timeout(self._timeout):
                    request = self._client.build_request(method, target, headers=headers, json=json)
                    return await self._follow(service, request, max_bytes or self._max_bytes, accept, began)
            except TimeoutError as error:
                message = f"{_where(target)} did not answer within {self._timeout:g} seconds; the next run tries again"
                raise SourceUnavailable(message) from error
            except httpx.TimeoutException as error:
                seconds = perf_counter() - began
                message = f"{_where(target)} went silent after {seconds:.0f} seconds; the next run tries again"
                raise SourceUnavailable(message) from error
            except httpx.HTTPError as error:
                message = f"{_where(target)} broke the connection ({type(error).__name__}); the next run tries again"
                raise SourceUnavailable(message) from error

    def _target(self, service: str, url: str, params: Mapping[str, str | int] | None) -> httpx.URL:
        try:
            base = self._base_urls.get(service)
            if base is not None:
                parts = urlsplit(url)
                url = base.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")
            target = httpx.URL(url)
            if target.scheme not in ("http", "https") or not target.host:
                raise httpx.InvalidURL("no http or https address")
        except (httpx.InvalidURL, ValueError) as error:
            message = f"The address of {service} is no http or https address: correct it in the configuration"
            raise SourceGone(message) from error
        return target.copy_merge_params(params) if params else target

    def _gate(self, service: str, target: httpx.URL) -> _Gate:
        intervals = self._intervals
        if intervals is None:
            intervals = {} if self.is_redirected(service) else INTERVALS
        key = (service if service in intervals else "", f"{target.host}:{target.port}")
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = _Gate(self._connections, intervals.get(service, 0.0), self._clock, self._sleep)
        return gate

    async def _follow(
        self, service: str, request: httpx.Request, max_bytes: int, accept: frozenset[int], began: float
    ) -> Answer:
        assert self._client is not None
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                step = response.next_request
                redirects = response.status_code in REDIRECTS and request.method == "GET" and step is not None
                if step is None or not redirects or response.status_code in accept:
                    return await _answer(response, max_bytes, accept, began)
                if not self._is_own(service, request.url, step.url):
                    message = f"{_where(request.url)} redirects to another host ({step.url.host}): check the board"
                    raise SourceGone(message, status=response.status_code)
                request = step
            finally:
                await response.aclose()
        message = f"{_where(request.url)} redirects without end: check the board"
        raise SourceGone(message, status=response.status_code)

    def _is_own(self, service: str, asked: httpx.URL, target: httpx.URL) -> bool:
        if target.netloc == asked.netloc:
            return target.scheme == asked.scheme or target.scheme == "https"
        if self.is_redirected(service) or target.scheme != "https":
            return False
        host = target.host
        return any(host.endswith(own) if own[0] == "." else host == own for own in REDIRECT_HOSTS.get(service, ()))


async def _answer(response: httpx.Response, max_bytes: int, accept: frozenset[int], began: float) -> Answer:
    status = response.status_code
    where = _where(response.url)
    headers = response.headers
    retry_after = _retry_after(headers.get("retry-after"), headers.get("date"))
    asked = response.request.headers
    not_modified = status == 304 and ("if-none-match" in asked or "if-modified-since" in asked)
    if not (200 <= status < 300 or not_modified or status in accept):
        _refuse(where, status, retry_after)
    body, wire_bytes = await _read(response, max_bytes, where)
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


def _refuse(where: str, status: int, retry_after: float | None) -> NoReturn:
    if status == 429 or status >= 500:
        message = f"{where} answered HTTP {status}; the next run tries again"
        raise SourceUnavailable(message, status=status, retry_after=retry_after)
    raise SourceGone(f"{where} answered HTTP {status}: check the board's name and whether it moved", status=status)


async def _read(response: httpx.Response, max_bytes: int, where: str) -> tuple[bytes, int]:
    """The decoded body and its size on the wire; a body that grows over `max_bytes` is dropped as soon as it does."""
    if response.is_stream_consumed:  # transports that hand over a finished body
        if len(response.content) > max_bytes:
            raise too_large(where, max_bytes)
        return response.content, len(response.content)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        chunks = capped(response.aiter_raw(), max_bytes, where)
    elif encoding in {"gzip", "x-gzip"}:
        chunks = gunzipped(response.aiter_raw(), max_bytes, where)
    else:
        raise SourceChanged(f"{where} answered in an encoding nobody asked for ({encoding[:20]})")
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


def _where(url: httpx.URL) -> str:
    """Host and path of `url`: never its credentials or its query, which may hold keys."""
    port = f":{url.port}" if url.port else ""
    return f"{url.host}{port}{url.raw_path.partition(b'?')[0].decode('ascii', 'replace')}"[:160]
