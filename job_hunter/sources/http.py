"""The one HTTP client: every byte that comes from outside passes here, capped, timed and with its failures named.

Nothing is retried here: whoever owns the run owns the retry. The error class says what to do next
(`SourceUnavailable` try again, `SourceGone` edit the configuration, `SourceChanged` fix the parser).
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import monotonic, perf_counter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from job_hunter import __version__
from job_hunter.domain.politeness import Pace, ask, failed, succeeded
from job_hunter.errors import SourceError, SourceGone, SourceLeftAlone, SourceUnavailable
from job_hunter.sources.answer import Answer, read_answer, where
from job_hunter.sources.hosts import Hosts, OwnHosts

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
INTERVALS: Mapping[str, float] = {"levels_fyi": 3.0, "linkedin": 3.0, "lever": 1.0, "lever_eu": 1.0}


Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Validators(NamedTuple):
    """What a source said of the version we hold; sent back, an unchanged answer costs a 304 and no body."""

    etag: str | None = None
    last_modified: str | None = None


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates costs 20 ms, and each task of a flow opens a client of its own."""
    return httpx.create_ssl_context()


class _Gate:
    """One service at one host: so many requests at once, and the line of those who wait for their turn."""

    __slots__ = ("line", "name", "pace", "slots")

    def __init__(self, name: str, pace: Pace, slots: asyncio.Semaphore) -> None:
        self.name = name
        self.pace = pace
        self.slots = slots
        self.line = asyncio.Lock()


class Http:
    """An async context manager around one connection pool.

    `base_urls` maps a service (`greenhouse`, `lever`, `lever_eu`, `ashby`, `hn`, `levels_fyi`, `linkedin`, `ecb`) to
    the replica that stands in for its scheme and host. `timeout` bounds one whole request, `read_timeout` the silence
    within it, both in seconds: large boards take over 25 s to begin. `connections` is the bound per host, `intervals`
    the least seconds between two requests to a service, `failures_to_open` how many failures in a row open a host's
    breaker (None: it has none). What is known of hosts is kept in `hosts`, by default in this client alone, with
    `clock` (seconds); turns are waited for with `sleep`.
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
        failures_to_open: int | None = None,
        hosts: Hosts | None = None,
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
        self._failures_to_open = failures_to_open
        self._hosts = hosts or OwnHosts(clock)
        self._sleep = sleep
        self._slots: dict[tuple[str, str], asyncio.Semaphore] = {}
        self._gates: dict[str, _Gate] = {}
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
        foreign host), `SourceChanged` (larger than `max_bytes`, an encoding nobody asked for, a broken gzip body) and
        `SourceLeftAlone` (the host has failed so often that it is not asked any more).
        """
        if self._client is None:
            raise RuntimeError("Http is used outside its `async with`")
        target = self._target(service, url, params)
        gate = self._gate(service, target)
        async with gate.slots:
            is_troubled = await self._turn(gate, target)
            try:
                request = self._client.build_request(method, target, headers=headers, json=json)
                answer = await self._send(service, request, max_bytes or self._max_bytes, accept)
            except SourceUnavailable as error:
                throttled, wait = error.status == 429, error.retry_after
                await self._hosts.change(
                    gate.name,
                    lambda state, at: (
                        failed(state, at, gate.pace, is_throttled=throttled, retry_after=wait),
                        None,
                    ),
                )
                raise
            except SourceError:
                await self._clear(gate, is_troubled)
                raise
            await self._clear(gate, is_troubled)
            return answer

    async def _turn(self, gate: _Gate, target: httpx.URL) -> bool:
        """Wait until the host may be asked; whether it is in trouble. Jitter keeps askers from marching in step."""
        async with gate.line:
            while True:
                jitter = random.uniform(0.0, 0.5)  # noqa: S311 not for secrets
                turn = await self._hosts.change(gate.name, partial(ask, pace=gate.pace, jitter=jitter))
                if turn.is_refused:
                    raise SourceLeftAlone(
                        f"{target.host} failed again and again and is left alone: "
                        f"`job-hunter refresh --only-missing` asks for what is missing"
                    )
                if not turn.wait:
                    return turn.is_troubled
                await self._sleep(turn.wait)

    async def _clear(self, gate: _Gate, is_troubled: bool) -> None:
        if is_troubled:
            await self._hosts.change(gate.name, lambda state, _: (succeeded(state), None))

    async def _send(self, service: str, request: httpx.Request, max_bytes: int, accept: frozenset[int]) -> Answer:
        asked, began = where(request.url), perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                return await self._follow(service, request, max_bytes, accept, began)
        except TimeoutError as error:
            message = f"{asked} did not answer within {self._timeout:g} seconds; the next run tries again"
            raise SourceUnavailable(message) from error
        except httpx.TimeoutException as error:
            seconds = perf_counter() - began
            message = f"{asked} went silent after {seconds:.0f} seconds; the next run tries again"
            raise SourceUnavailable(message) from error
        except httpx.HTTPError as error:
            message = f"{asked} broke the connection ({type(error).__name__}); the next run tries again"
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
        host = f"{target.host}:{target.port}" if target.port else target.host
        name = f"{service} at {host}"
        gate = self._gates.get(name)
        if gate is None:
            slots = self._slots.setdefault(
                (service if service in intervals else "", host), asyncio.Semaphore(self._connections)
            )
            pace = Pace(intervals.get(service, 0.0), self._failures_to_open)
            gate = self._gates[name] = _Gate(name, pace, slots)
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
                    return await read_answer(response, max_bytes, accept, began)
                if not self._is_own(service, request.url, step.url):
                    message = f"{where(request.url)} redirects to another host ({step.url.host}): check the board"
                    raise SourceGone(message, status=response.status_code)
                request = step
            finally:
                await response.aclose()
        message = f"{where(request.url)} redirects without end: check the board"
        raise SourceGone(message, status=response.status_code)

    def _is_own(self, service: str, asked: httpx.URL, target: httpx.URL) -> bool:
        if target.netloc == asked.netloc:
            return target.scheme == asked.scheme or target.scheme == "https"
        if self.is_redirected(service) or target.scheme != "https":
            return False
        host = target.host
        return any(host.endswith(own) if own[0] == "." else host == own for own in REDIRECT_HOSTS.get(service, ()))
