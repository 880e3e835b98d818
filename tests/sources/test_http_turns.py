"""How the client takes turns at a host: cool-downs, the breaker, and what several clients know together."""

from __future__ import annotations

import asyncio

import pytest
from pytest_httpx import HTTPXMock

from job_hunter.domain.politeness import PATIENCE, PROBE_EVERY
from job_hunter.errors import SourceGone, SourceLeftAlone, SourceUnavailable
from job_hunter.sources.hosts import OwnHosts
from job_hunter.sources.http import INTERVALS, Http

URL = "https://boards.example/v1/acme"
OTHER = "https://elsewhere.example/v1/acme"


class Time:
    """A clock that moves while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def clock(self) -> float:
        """Seconds so far."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.waits.append(seconds)
        self.now += seconds


async def test_a_429_of_one_board_lets_the_next_wait(httpx_mock: HTTPXMock) -> None:
    """The host asked for four seconds: whoever comes next waits for them, and another host is asked at once."""
    httpx_mock.add_response(url=URL, status_code=429, headers={"Retry-After": "4"})
    httpx_mock.add_response(url=URL)
    httpx_mock.add_response(url=OTHER)
    time = Time()
    async with Http(clock=time.clock, sleep=time.sleep) as http:
        with pytest.raises(SourceUnavailable):
            await http.get("greenhouse", URL)
        assert (await http.get("ashby", OTHER)).status == 200
        assert time.waits == []
        assert (await http.get("greenhouse", URL)).status == 200
    assert time.waits == [4.0]


async def test_a_cool_down_holds_for_every_client_that_shares_the_hosts(httpx_mock: HTTPXMock) -> None:
    """Tasks have clients of their own and know the same of a host, from whatever event loop they ask."""
    httpx_mock.add_response(status_code=429, headers={"Retry-After": "9"})
    httpx_mock.add_response()
    time = Time()
    hosts = OwnHosts(time.clock)

    async def ask() -> int:
        async with Http(hosts=hosts, sleep=time.sleep) as http:
            return (await http.get("greenhouse", URL)).status

    with pytest.raises(SourceUnavailable):
        await asyncio.to_thread(asyncio.run, ask())
    assert await ask() == 200
    assert time.waits == [9.0]


async def test_a_failing_host_is_probed_and_then_asked_as_before(httpx_mock: HTTPXMock) -> None:
    """After three failures in a row the fourth request waits and goes as a probe; its success closes the breaker."""
    for _ in range(3):
        httpx_mock.add_response(status_code=503)
    httpx_mock.add_response(is_reusable=True)
    time = Time()
    async with Http(failures_to_open=3, clock=time.clock, sleep=time.sleep) as http:
        for _ in range(3):
            with pytest.raises(SourceUnavailable):
                await http.get("greenhouse", URL)
        await http.get("greenhouse", URL)
        assert time.now == PROBE_EVERY
        await http.get("greenhouse", URL)
        assert time.now == PROBE_EVERY


async def test_a_dead_host_is_left_alone_and_the_others_are_not(httpx_mock: HTTPXMock) -> None:
    """Past the patience requests are turned away without being sent, in a sentence that says what to do."""
    httpx_mock.add_response(url=URL, status_code=500, is_reusable=True)
    httpx_mock.add_response(url=OTHER)
    time = Time()
    async with Http(failures_to_open=3, clock=time.clock, sleep=time.sleep) as http:
        outcomes = []
        while time.now < PATIENCE:
            with pytest.raises(SourceUnavailable):
                await http.get("greenhouse", URL)
        sent = len(httpx_mock.get_requests())
        for _ in range(50):
            with pytest.raises((SourceLeftAlone, SourceUnavailable)) as caught:
                await http.get("greenhouse", URL)
            outcomes.append(caught.value)
        assert (await http.get("ashby", OTHER)).status == 200
    assert sum(isinstance(error, SourceLeftAlone) for error in outcomes) >= 49
    assert len(httpx_mock.get_requests(url=URL)) - sent <= 1
    assert "boards.example failed again and again" in str(outcomes[-1])
    assert "--only-missing" in str(outcomes[-1])


async def test_an_answer_that_refuses_is_no_failure_of_its_host(httpx_mock: HTTPXMock) -> None:
    """A thousand unknown boards don't open the breaker, and one 404 among failures starts the count anew."""
    httpx_mock.add_response(status_code=500)
    httpx_mock.add_response(status_code=500)
    httpx_mock.add_response(status_code=404)
    httpx_mock.add_response(status_code=500)
    httpx_mock.add_response(status_code=500)
    httpx_mock.add_response()
    time = Time()
    async with Http(failures_to_open=3, clock=time.clock, sleep=time.sleep) as http:
        for expected in (SourceUnavailable, SourceUnavailable, SourceGone, SourceUnavailable, SourceUnavailable):
            with pytest.raises(expected):
                await http.get("greenhouse", URL)
        await http.get("greenhouse", URL)
    assert time.now == 0


async def test_lever_is_asked_once_a_second(httpx_mock: HTTPXMock) -> None:
    """Its robots.txt asks for a delay of a second, which both of its hosts get."""
    httpx_mock.add_response(is_reusable=True)
    time = Time()
    async with Http(clock=time.clock, sleep=time.sleep) as http:
        for _ in range(5):
            await http.get("lever", "https://api.lever.co/v0/postings/acme")
    assert INTERVALS["lever_eu"] == INTERVALS["lever"] == 1.0
    assert 4.0 <= time.now <= 6.0
